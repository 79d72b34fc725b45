//! A seat: one host's place in a batch while it walks through the tree, with all it sees.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::task::TaskTracker;

use super::batch::Batch;
use super::meeting::Meetings;
use super::run::Execution;
use super::walk::Fault;
use crate::cancel::Cancel;
use crate::connection::host::PathState;
use crate::event::{Segment, StepPath};
use crate::plan::{Action, HostPlan, Names, PlayPlan, compose};
use crate::template::{Binding, Scope};

/// How a meeting ended.
#[derive(Clone)]
pub enum Met {
    /// The step went well (or its failure was passed over).
    On,
    /// It failed: so do all who arrived.
    Failed(Arc<Fault>),
    /// It was not run, for the run stops here.
    Halted,
}

/// What a host brings to a meeting: its seat, the step, and where it is.
#[derive(Clone)]
pub struct Arrival {
    /// The host's seat.
    pub seat: Arc<Seat>,
    /// The step.
    pub action: Arc<Action>,
    /// Where the host is.
    pub position: Position,
}

/// One host in one batch.
pub struct Seat {
    /// The execution.
    pub execution: Arc<Execution>,
    /// Index of the play.
    pub play: usize,
    /// Its batch.
    pub batch: Arc<Batch>,
    /// The host's name; `localhost` in a play without hosts.
    pub host: Arc<str>,
    /// The host; none in a play without hosts whose machine is not in the inventory.
    pub plan: Option<Arc<HostPlan>>,
    /// Where the batch meets.
    pub meetings: Arc<Meetings<Met, Arrival>>,
    /// The meetings that are going on.
    pub tasks: TaskTracker,
    /// Names of the batch as they stood at the last meeting point: `hosts`, `hostvars`, what services registered.
    pub snapshot: Mutex<Snapshot>,
    /// It sees what a play without hosts does.
    pub on_control: bool,
    /// The hosts that its steps notify handlers for.
    pub notifies: Arc<[Arc<str>]>,
    /// States of paths fetched ahead.
    pub ahead: Arc<Mutex<HashMap<String, Option<PathState>>>>,
}

/// What is seen of the others.
#[derive(Clone, Default)]
pub struct Snapshot {
    /// What services have registered.
    pub shared: Names,
    /// `hosts` and `hostvars`.
    pub above: Names,
}

/// Where in the tree a seat is.
#[derive(Clone)]
pub struct Position {
    /// The path of the `flush_handlers` whose handlers are run; else empty.
    pub base: StepPath,
    /// Names of the moment: `item`, `failed`.
    pub names: Names,
    /// Turns of loops around: the depth of the block and the number of the turn.
    pub turns: Vec<(usize, u32)>,
    /// Messages whose steps these are: the depth of `each` and the number of the message.
    pub messages: Vec<(usize, u32)>,
    /// Inside a meeting: the hosts that have come to it.
    pub met: Arc<[Arc<str>]>,
    /// Inside `rescue` or `always`: failures of others do not stop steps.
    pub sheltered: bool,
    /// Ends what runs here.
    pub cancel: Cancel,
    /// Ends what runs around the innermost structure.
    pub around: Cancel,
    /// Inside `always`: ends that when its time is over.
    pub last: Option<Cancel>,
    /// Inside `rescue` or `always`: whether the host was found unreachable in it.
    pub lost: Option<Arc<AtomicBool>>,
}

impl Position {
    /// At the beginning of a play.
    pub fn beginning(cancel: &Cancel) -> Self {
        Self {
            base: StepPath::default(),
            names: Names::new(),
            turns: Vec::new(),
            messages: Vec::new(),
            met: Arc::default(),
            sheltered: false,
            cancel: cancel.clone(),
            around: cancel.clone(),
            last: None,
            lost: None,
        }
    }

    /// Whether the host was found unreachable in this `rescue` or `always`.
    pub fn is_lost(&self) -> bool {
        self.lost.as_ref().is_some_and(|lost| lost.load(Ordering::Relaxed))
    }

    /// The path with the turns of loops in it.
    pub fn path(&self, path: &StepPath) -> StepPath {
        let mut segments = self.base.0.clone();
        for (depth, segment) in path.0.iter().enumerate() {
            segments.extend(self.turns.iter().filter(|(at, _)| *at == depth).map(|(_, n)| Segment::Turn(*n)));
            let number = self.messages.iter().find(|(at, _)| *at == depth).map(|(_, n)| Segment::Each(*n));
            segments.push(number.filter(|_| matches!(segment, Segment::Each(_))).unwrap_or(*segment));
        }
        StepPath(segments)
    }

    /// The position with more names.
    pub fn with_names(&self, names: Names) -> Self {
        let mut position = self.clone();
        position.names.extend(names);
        position
    }

    /// The same, for names that are known to the executor.
    pub fn with(&self, names: impl IntoIterator<Item = (&'static str, Binding)>) -> Self {
        self.with_names(names.into_iter().map(|(name, binding)| (Arc::from(name), binding)).collect())
    }
}

impl Seat {
    /// The play.
    pub fn play(&self) -> &PlayPlan {
        &self.execution.plan.plays[self.play]
    }

    /// The scope of this host for a step with its own `vars`.
    pub fn scope(&self, step: &Names, position: &Position) -> Scope {
        let snapshot = self.snapshot().clone();
        let plan = &self.execution.plan;
        let (base, own) = match &self.plan {
            Some(host) if !self.on_control => (&host.vars, host.own.clone()),
            _ => (&plan.all_vars, Names::new()),
        };
        let mut dynamic = snapshot.shared;
        if let Some(host) = self.execution.state().hosts.get(&self.host) {
            dynamic.extend(host.names.clone());
        }
        if self.on_control {
            dynamic.extend(self.execution.state().shared.clone());
        }
        dynamic.extend(position.names.clone());
        let mut above = snapshot.above;
        above.extend(own);
        self.with_facts(&mut above);
        compose(base, self.play(), step, &dynamic, [&plan.top, &above])
    }

    /// The scope of a service step: no host.
    pub fn service_scope(&self, step: &Names, position: &Position) -> Scope {
        let plan = &self.execution.plan;
        let mut dynamic = self.execution.state().shared.clone();
        dynamic.extend(position.names.clone());
        let above = self.snapshot().above.clone();
        compose(&plan.all_vars, self.play(), step, &dynamic, [&plan.top, &above])
    }

    /// Sees the others as they stood at a meeting.
    pub fn take(&self, snapshot: Snapshot) {
        *self.snapshot() = snapshot;
    }

    /// What it sees of the others now.
    pub fn seen(&self) -> Snapshot {
        self.snapshot().clone()
    }

    fn snapshot(&self) -> std::sync::MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
