//! Runs the steps that a step holds (`ready`, `each`): on a seat of their own, which meets nobody.
//!
//! Their keys are the outer step's path, then where they apply the loop's item and the pass, then `ready` or the number
//! of the message. A pass is one time that the outer step was begun from its beginning.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;

use super::attempt::Subject;
use super::meeting::Meetings;
use super::seat::{Position, Seat};
use super::walk::Flow;
use crate::cancel::{Cancel, Reason};
use crate::event::{History, Outcome, Segment, StepPath};
use crate::inventory::LOCALHOST;
use crate::plan::{Inside, Names, Node, awaited, awaited_result};
use crate::secret::Taint;
use crate::step::{Failure, FailureKind, Nested, Part, Results};
use crate::template::{Binding, Data, Scope};

/// The steps inside one attempt of a step.
pub struct InsideSteps {
    seat: Arc<Seat>,
    lists: Arc<Vec<Inside>>,
    /// How deep their segment stands.
    depth: usize,
    position: Position,
    /// They run once for all, as in a play without hosts.
    for_all: bool,
}

impl InsideSteps {
    /// Those of an attempt, where its step holds any.
    pub fn of(subject: &Subject<'_>, scope: &Scope) -> Option<Arc<dyn Nested>> {
        let (seat, action) = (subject.seat, subject.action);
        if action.inside.is_empty() {
            return None;
        }
        let depth = action.path.0.len();
        let items = ["item", "loop"].into_iter().filter_map(|name| Some((name, scope.lookup(name)?.clone())));
        let mut position = subject.position.with(items.collect::<Vec<_>>());
        let mut turn = |n: u32| position.turns.push((depth, n));
        if let Some(item) = subject.key.item {
            turn(item);
        }
        let mut at = subject.key.path.clone();
        at.0.extend(subject.key.item.map(Segment::Turn));
        let retries = subject.key.attempt.map_or(0, |attempt| attempt - 1);
        let pass = retries + first_pass(&seat.execution.history, &at, !subject.checkpoints.is_empty());
        if pass > 0 {
            turn(pass);
        }
        Some(Arc::new(Self {
            seat: Arc::clone(seat),
            lists: Arc::clone(&action.inside),
            depth,
            position,
            for_all: action.is_service,
        }))
    }

    /// The seat on which they run.
    fn seat(&self) -> Arc<Seat> {
        let outer = &self.seat;
        let host: Arc<str> = if self.for_all { LOCALHOST.into() } else { Arc::clone(&outer.host) };
        let notifies = if self.for_all { Arc::clone(&self.position.met) } else { Arc::clone(&outer.notifies) };
        Arc::new(Seat {
            execution: Arc::clone(&outer.execution),
            play: outer.play,
            batch: Arc::clone(&outer.batch),
            plan: outer.execution.plan.hosts.get(&host).cloned(),
            meetings: Arc::new(Meetings::new([Arc::clone(&host)])),
            tasks: TaskTracker::new(),
            snapshot: std::sync::Mutex::new(outer.seen()),
            on_control: self.for_all || outer.on_control,
            notifies,
            ahead: Arc::default(),
            host,
        })
    }
}

#[async_trait]
impl Nested for InsideSteps {
    fn has(&self, part: Part) -> bool {
        self.lists.iter().any(|inside| is_part(inside.part, part))
    }

    async fn run(&self, part: Part, message: Option<Results>, cancel: &Cancel) -> Result<(), Failure> {
        let Some(inside) = self.lists.iter().find(|inside| is_part(inside.part, part)) else { return Ok(()) };
        let mut position = Position { cancel: cancel.clone(), around: cancel.clone(), ..self.position.clone() };
        if let Part::Each(number) = part {
            position.messages.push((self.depth, number));
        }
        if let Some(message) = message {
            let message = Data::from_json(&serde_json::Value::Object(message), Taint::OUTSIDE);
            position.names.insert("message".into(), Binding::Known(message));
        }
        let seat = self.seat();
        let flow = seat.walk(&inside.steps, &position).await;
        seat.tasks.close();
        seat.tasks.wait().await;
        seat.meetings.begin_again();
        ended(flow, part, cancel)
    }
}

fn is_part(segment: Segment, part: Part) -> bool {
    matches!((segment, part), (Segment::Ready, Part::Ready) | (Segment::Each(_), Part::Each(_)))
}

/// What the end of the steps inside means for the step that holds them.
fn ended(flow: Flow, part: Part, cancel: &Cancel) -> Result<(), Failure> {
    let of = match part {
        Part::Ready => "in `ready`".to_owned(),
        Part::Each(number) => format!("for message {}", u64::from(number) + 1),
    };
    match flow {
        Flow::On => Ok(()),
        Flow::Halted => {
            let reason = cancel.reason().unwrap_or(Reason::Abandoned);
            Err(Failure::new(FailureKind::Stopped(reason), format!("the steps {of} were stopped")))
        }
        Flow::Failed(fault) => {
            let kind = match fault.outcome {
                Outcome::Unknown => FailureKind::Unknown,
                Outcome::Unreachable => FailureKind::Unreachable,
                _ => FailureKind::Failed,
            };
            let why = if fault.is_told { String::new() } else { format!(": {}", fault.error.message) };
            let mut failure = Failure::new(kind, format!("`{}` did not end well {of}{why}", fault.step));
            failure.error.refused = fault.error.refused;
            Err(failure)
        }
    }
}

/// The pass that begins now, or goes on, where earlier processes of the run have begun some.
fn first_pass(history: &History, at: &StepPath, goes_on: bool) -> u32 {
    let pass = |path: &StepPath| match path.0.strip_prefix(at.0.as_slice())? {
        [Segment::Turn(n), Segment::Ready | Segment::Each(_), ..] => Some(*n),
        [Segment::Ready | Segment::Each(_), ..] => Some(0),
        _ => None,
    };
    let last = history.steps.keys().filter_map(|key| pass(&key.path)).max();
    last.map_or(0, |last| if goes_on { last } else { last + 1 })
}

/// The names that steps inside would give, which were not run (`--check`).
pub fn await_names(nodes: &[Node], names: &mut Names) {
    for node in nodes {
        match node {
            Node::Action(action) => {
                names.extend(action.register.iter().map(|name| (Arc::clone(name), awaited_result(action))));
                let keys = if action.kind.defines_names { action.args.keys() } else { Vec::new() };
                names.extend(keys.into_iter().map(|name| (Arc::clone(&name), awaited(&name, &action.place))));
                action.lists().for_each(|list| await_names(list, names));
            }
            Node::Block(block) => {
                for part in [&block.steps, &block.rescue, &block.always] {
                    await_names(part, names);
                }
            }
            Node::Parallel(parallel) => parallel.branches.iter().for_each(|branch| await_names(branch, names)),
            Node::Flush(_) => {}
        }
    }
}
