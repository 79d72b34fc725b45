//! One host's way through the tree: sequence, block with `rescue` and `always`, `parallel`, meeting points.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join_all};

use super::meeting::Ready;
use super::seat::{Arrival, Met, Position, Seat};
use super::throttle::Slot;
use crate::cancel::{Cancel, Reason};
use crate::diagnostic::Problem;
use crate::event::{Outcome, Segment, StepError, StepPath};
use crate::plan::{Action, Block, Frame, Node, Parallel, Scale, holds, items};
use crate::secret::Taint;
use crate::template::{Binding, Data, Rules, Sink};
use crate::text::human_duration;

/// `always` has this long once the run is cancelled.
const LAST_WORDS: Duration = Duration::from_mins(1);

/// Why a host cannot go on.
#[derive(Clone, Debug)]
pub struct Fault {
    /// How the step ended.
    pub outcome: Outcome,
    /// The step's name.
    pub step: String,
    /// Why.
    pub error: StepError,
    /// Its result.
    pub result: serde_json::Value,
}

/// How a part of the tree ended for a host.
pub enum Flow {
    /// The host goes on.
    On,
    /// The host has failed unless something rescues it.
    Failed(Arc<Fault>),
    /// The run stops; the host has not failed.
    Halted,
}

impl Seat {
    /// Walks through a list of steps.
    pub fn walk<'a>(self: &'a Arc<Self>, nodes: &'a [Node], position: &'a Position) -> BoxFuture<'a, Flow> {
        async move {
            for (at, node) in nodes.iter().enumerate() {
                if position.cancel.reason().is_some() {
                    return Flow::Halted;
                }
                let flow = match node {
                    Node::Action(action) if action.scale == Scale::Once => self.meet(action, position).await,
                    Node::Action(action) => {
                        self.fetch_ahead(&nodes[at..], position).await;
                        self.act(action, position).await
                    }
                    Node::Block(block) => self.block(block, position).await,
                    Node::Parallel(parallel) => self.parallel(parallel, position).await,
                    Node::Flush(_) => self.flush_handlers(position).await,
                };
                if !matches!(flow, Flow::On) {
                    return flow;
                }
            }
            Flow::On
        }
        .boxed()
    }

    /// Arrives at a meeting point, and goes on or fails with all who did.
    async fn meet(self: &Arc<Self>, action: &Arc<Action>, position: &Position) -> Flow {
        let path = position.path(&action.path);
        let brings = Arrival { seat: Arc::clone(self), action: Arc::clone(action), position: position.clone() };
        let (mut end, ready) = self.meetings.arrive(&path, &self.host, brings);
        self.hold(ready);
        let met = position.cancel.bound(end.wait_for(Option::is_some)).await;
        let met = match met {
            Ok(Ok(met)) => met.clone(),
            _ => None,
        };
        self.refresh();
        match met {
            Some(Met::On) => Flow::On,
            Some(Met::Failed(fault)) => Flow::Failed(fault),
            Some(Met::Halted) | None => Flow::Halted,
        }
    }

    /// Runs the meetings for which nobody is missing any more, each in a task of its own.
    fn hold(self: &Arc<Self>, ready: impl IntoIterator<Item = Ready<Arrival>>) {
        for Ready { path, arrived } in ready {
            let seat = Arc::clone(self);
            self.tasks.spawn(async move {
                let met = seat.run_meeting(&path, arrived).await;
                seat.meetings.end(&path, met);
            });
        }
    }

    /// This host will arrive at no meeting point below `part` any more.
    fn pass(self: &Arc<Self>, part: &StepPath, position: &Position) {
        let ready = self.meetings.pass(&position.path(part), &self.host);
        self.hold(ready);
    }

    /// This host is through with its steps, or has left the run.
    pub fn leave(self: &Arc<Self>) {
        let ready = self.meetings.leave(&self.host);
        self.hold(ready);
    }

    async fn block(self: &Arc<Self>, block: &Block, position: &Position) -> Flow {
        let flow = self.framed(&block.frame, position, |position| self.block_once(block, position).boxed()).await;
        self.pass(&block.frame.path, position);
        flow
    }

    async fn block_once(self: &Arc<Self>, block: &Block, position: Position) -> Flow {
        let part = |segment| block.frame.path.join(segment);
        let mut flow = self.walk(&block.steps, &position).await;
        self.pass(&part(Segment::Block), &position);
        if let Flow::Failed(fault) = &flow
            && !block.rescue.is_empty()
        {
            let names = [("failed", failed(fault, &self.host))];
            let rescue = Position { sheltered: true, ..position.with(names) };
            flow = self.walk(&block.rescue, &rescue).await;
        }
        self.pass(&part(Segment::Rescue), &position);
        if block.always.is_empty() {
            return flow;
        }
        let names = match &flow {
            Flow::Failed(fault) => vec![("failed", failed(fault, &self.host))],
            _ => Vec::new(),
        };
        let mut always = Position { sheltered: true, ..position.with(names) };
        let (cancel, _deadline) = Cancel::root().child_for(position.cancel.reason().map(|_| LAST_WORDS));
        if position.cancel.reason().is_some() {
            always.cancel = cancel;
        }
        match (self.walk(&block.always, &always).await, flow) {
            (Flow::On, flow) => flow,
            (worse, Flow::On) => worse,
            (_, flow) => flow,
        }
    }

    async fn parallel(self: &Arc<Self>, parallel: &Parallel, position: &Position) -> Flow {
        let frame = &parallel.frame;
        let flow = self
            .framed(frame, position, |position| {
                async move {
                    let walks = (0u32..).zip(&parallel.branches).map(|(n, branch)| {
                        let position = position.clone();
                        async move {
                            let flow = self.walk(branch, &position).await;
                            self.pass(&frame.path.join(Segment::Branch(n)), &position);
                            flow
                        }
                    });
                    join_all(walks).await.into_iter().fold(Flow::On, |worst, flow| match (worst, flow) {
                        (Flow::On, flow) => flow,
                        (worst, _) => worst,
                    })
                }
                .boxed()
            })
            .await;
        self.pass(&frame.path, position);
        flow
    }

    /// `when`, `loop`, `retries` and `timeout` around a whole structure.
    async fn framed<'a, F>(self: &'a Arc<Self>, frame: &'a Frame, position: &'a Position, once: F) -> Flow
    where
        F: Fn(Position) -> BoxFuture<'a, Flow> + Send + Sync,
    {
        if let Some(flow) = self.inform(frame, position).await {
            return flow;
        }
        let scope = self.scope(&frame.vars, position);
        match holds(&frame.when, &scope) {
            Some(Ok(true)) => {}
            Some(Ok(false)) | None => return Flow::On,
            Some(Err(problem)) => return self.broken(frame, &problem),
        }
        let slot = match self.slot(frame.throttle.as_ref(), &frame.path, &scope, position).await {
            Ok(Slot::Closed) => return Flow::Halted,
            Ok(slot) => slot,
            Err(problem) => return self.broken(frame, &problem),
        };
        let limit = match super::attempt::duration(frame.timeout.as_ref(), &scope) {
            Ok(limit) => limit,
            Err(problem) => return self.broken(frame, &problem),
        };
        let (cancel, _deadline) = position.cancel.child_for(limit);
        let inner = Position { cancel: cancel.clone(), ..position.clone() };
        let flow = match &frame.repeat.items {
            None => self.tried(frame, inner, &once).await,
            Some(tree) => match items(tree, &scope) {
                Ok(items) => self.turns(frame, inner, items, &once).await,
                Err(problem) => self.broken(frame, &problem),
            },
        };
        slot.leave(matches!(flow, Flow::Failed(_)));
        match (flow, cancel.reason()) {
            (Flow::Halted, Some(Reason::TimedOut(limit))) if position.cancel.reason().is_none() => {
                self.broken(frame, &Problem::error(format!("it did not end within {}", human_duration(limit))))
            }
            (flow, _) => flow,
        }
    }

    /// `loop` of a structure.
    async fn turns<'a, F>(self: &'a Arc<Self>, frame: &'a Frame, position: Position, items: Vec<Data>, once: &F) -> Flow
    where
        F: Fn(Position) -> BoxFuture<'a, Flow> + Send + Sync,
    {
        for (n, item) in items.into_iter().enumerate() {
            let place = serde_json::json!({ "index0": n, "index": n + 1 });
            let place = Binding::Known(Data::from_json(&place, Taint::PUBLIC));
            let mut turn = position.with([("item", Binding::Known(item)), ("loop", place)]);
            turn.turns.push((frame.path.0.len(), u32::try_from(n).unwrap_or(u32::MAX)));
            let flow = self.tried(frame, turn, once).await;
            if !matches!(flow, Flow::On) {
                return flow;
            }
        }
        Flow::On
    }

    /// `retries`, `delay` and `until` of a structure.
    async fn tried<'a, F>(self: &'a Arc<Self>, frame: &'a Frame, position: Position, once: &F) -> Flow
    where
        F: Fn(Position) -> BoxFuture<'a, Flow> + Send + Sync,
    {
        let scope = self.scope(&frame.vars, &position);
        let (tries, delay) = match super::attempt::tries(&frame.repeat, &scope) {
            Ok(tries) => tries,
            Err(problem) => return self.broken(frame, &problem),
        };
        for n in 0..tries {
            let mut turn = position.clone();
            if n > 0 {
                turn.turns.push((frame.path.0.len(), n));
            }
            let flow = once(turn.clone()).await;
            let scope = self.scope(&frame.vars, &turn);
            let done = matches!(flow, Flow::On) && matches!(holds(&frame.repeat.until, &scope), Some(Ok(true)));
            if done || matches!(flow, Flow::Halted) {
                return flow;
            }
            if n + 1 == tries {
                return match flow {
                    Flow::On => self.broken(frame, &Problem::error("`until` never became true")),
                    flow => flow,
                };
            }
            if position.cancel.bound(tokio::time::sleep(delay)).await.is_err() {
                return Flow::Halted;
            }
        }
        Flow::On
    }

    fn broken(&self, frame: &Frame, problem: &Problem) -> Flow {
        let place = problem.place.as_ref().unwrap_or(&frame.place).to_string();
        let error = StepError {
            message: problem.message.clone(),
            hint: problem.hint.clone(),
            stage: None,
            place: Some(place),
            refused: false,
        };
        let scope = self.scope(&frame.vars, &self.nowhere());
        let name = frame.name.as_ref().and_then(|tree| tree.evaluate(&scope, Rules::of(Sink::Plain)).ok());
        let step = name.map_or_else(|| frame.word.to_owned(), |data| data.value.to_string());
        Flow::Failed(Arc::new(Fault { outcome: Outcome::Failed, step, error, result: serde_json::Value::Null }))
    }

    fn nowhere(&self) -> Position {
        let cancel = self.execution.cancel.clone();
        Position { names: crate::plan::Names::new(), turns: Vec::new(), sheltered: false, cancel }
    }
}

/// What `rescue` and `always` see.
fn failed(fault: &Fault, host: &str) -> Binding {
    let value = serde_json::json!({
        "step": fault.step,
        "host": host,
        "error": fault.error.message,
        "result": fault.result,
    });
    Binding::Known(Data::from_json(&value, Taint::OUTSIDE))
}
