//! One host's way through the tree: sequence, `parallel`, meeting points.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, join_all};

use super::meeting::Ready;
use super::seat::{Arrival, Met, Position, Seat};
use crate::event::{Outcome, Segment, StepError, StepPath};
use crate::plan::{Action, Node, Parallel, Scale};

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
    /// It was told as the end of a step.
    pub is_told: bool,
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

impl Flow {
    /// The worse of two ends: what is unknown is never lost, and a failure outweighs a stop. Of equals it is this one.
    pub fn or_worse(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    fn weight(&self) -> u8 {
        match self {
            Self::On => 0,
            Self::Halted => 1,
            Self::Failed(fault) => match fault.outcome {
                Outcome::Unknown => 4,
                Outcome::Unreachable => 2,
                _ => 3,
            },
        }
    }
}

impl Seat {
    /// Walks through a list of steps. On a host that cannot be reached, `rescue` and `always` go on to the steps that do
    /// not need it.
    pub fn walk<'a>(self: &'a Arc<Self>, nodes: &'a [Node], position: &'a Position) -> BoxFuture<'a, Flow> {
        async move {
            let mut missed = Flow::On;
            for at in 0..nodes.len() {
                if position.cancel.reason().is_some() {
                    return missed.or_worse(Flow::Halted);
                }
                match self.node(&nodes[at..], position).await {
                    Flow::On => {}
                    Flow::Failed(fault) if fault.outcome == Outcome::Unreachable && position.is_lost() => {
                        missed = missed.or_worse(Flow::Failed(fault));
                    }
                    flow => return missed.or_worse(flow),
                }
            }
            missed
        }
        .boxed()
    }

    /// The first of these.
    async fn node(self: &Arc<Self>, nodes: &[Node], position: &Position) -> Flow {
        match &nodes[0] {
            Node::Action(action) if action.scale == Scale::Once => self.meet(action, position).await,
            Node::Action(action) => {
                self.fetch_ahead(nodes, position).await;
                self.act(action, position).await
            }
            Node::Block(block) => self.block(block, position).await,
            Node::Parallel(parallel) => self.parallel(parallel, position).await,
            Node::Flush(path) => self.flush_handlers(path, position).await,
        }
    }

    /// Arrives at a meeting point, and goes on or fails with all who did.
    async fn meet(self: &Arc<Self>, action: &Arc<Action>, position: &Position) -> Flow {
        let path = position.path(&action.path);
        let brings = Arrival { seat: Arc::clone(self), action: Arc::clone(action), position: position.clone() };
        let (mut end, ready) = self.meetings.arrive(&path, &self.host, brings);
        self.hold(ready);
        let met = match position.cancel.bound(end.wait_for(Option::is_some)).await {
            Ok(Ok(met)) => met.clone(),
            _ => None,
        };
        match met {
            Some(Met::On) => Flow::On,
            Some(Met::Failed(fault)) => Flow::Failed(fault),
            Some(Met::Halted) => Flow::Halted,
            None => {
                // Who does not wait any longer takes no part; where this host goes instead is told by `pass` and `leave`.
                self.meetings.withdraw(&path, &self.host);
                Flow::Halted
            }
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
    pub fn pass(self: &Arc<Self>, part: &StepPath, position: &Position) {
        let ready = self.meetings.pass(&position.path(part), &self.host);
        self.hold(ready);
    }

    /// This host is through with its steps, or has left the run.
    pub fn leave(self: &Arc<Self>) {
        let ready = self.meetings.leave(&self.host);
        self.hold(ready);
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
                    join_all(walks).await.into_iter().fold(Flow::On, Flow::or_worse)
                }
                .boxed()
            })
            .await;
        self.pass(&frame.path, position);
        flow
    }
}
