//! Handlers: in each host's own flow, in the order they are declared, at the end of the batch or where the play says
//! `flush_handlers`. One that is a service step is a meeting point of those that want it.

use std::sync::Arc;

use super::run::Execution;
use super::seat::{Position, Seat};
use super::walk::Flow;
use crate::cancel::Cancel;
use crate::event::{Segment, StepError, StepPath};

/// A handler may notify one that has run already. More often than so it is no end.
const ROUNDS: u32 = 10;

impl Execution {
    /// The handlers of a batch. They run for the hosts that have not failed, although others have.
    pub(super) async fn run_handlers(self: &Arc<Self>, seats: &[Arc<Seat>], cancel: &Cancel) {
        let (there, left): (Vec<&Arc<Seat>>, Vec<_>) = seats.iter().partition(|seat| !self.has_left(&seat.host));
        if self.cancel.reason().is_some() || !there.iter().any(|seat| seat.is_notified()) {
            return;
        }
        for seat in left {
            seat.leave();
        }
        let mut walks = tokio::task::JoinSet::new();
        for seat in there {
            walks.spawn(Arc::clone(seat).finish(Position::beginning(cancel)));
        }
        while walks.join_next().await.is_some() {}
    }
}

impl Seat {
    /// Runs this host's handlers at the end of the batch.
    async fn finish(self: Arc<Self>, position: Position) {
        if let Flow::Failed(fault) = self.handlers(&position).await {
            self.execution.host_left(&self.host, &fault).await;
        }
        self.leave();
    }

    /// Runs this host's handlers now.
    pub async fn flush_handlers(self: &Arc<Self>, path: &StepPath, position: &Position) -> Flow {
        let here = Position { base: position.path(path), turns: Vec::new(), ..position.clone() };
        let flow = self.handlers(&here).await;
        self.pass(path, position);
        flow
    }

    /// Runs the handlers that were notified, and those that they notify.
    async fn handlers(self: &Arc<Self>, position: &Position) -> Flow {
        // What others failed at does not keep a handler from running.
        let mut position = Position { sheltered: true, ..position.clone() };
        for round in 0..ROUNDS {
            if round > 0 {
                position.turns = vec![(0, round)];
            }
            for (n, (name, handler)) in (0u32..).zip(&self.play().handlers) {
                if self.take_notice(name) {
                    let flow = self.walk(std::slice::from_ref(handler), &position).await;
                    if !matches!(flow, Flow::On) {
                        return flow;
                    }
                }
                self.pass(&StepPath(vec![Segment::Handler(n)]), &position);
            }
            if !self.is_notified() {
                return Flow::On;
            }
        }
        let message = "the handlers notify one another without end".to_owned();
        self.play_failed(StepError { message, hint: None, stage: None, place: None, refused: false })
    }

    fn is_notified(&self) -> bool {
        self.execution.state().hosts.get(&self.host).is_some_and(|host| !host.notified.is_empty())
    }

    /// Whether this host waits for a handler; it does so no more after the answer.
    fn take_notice(&self, name: &str) -> bool {
        let mut state = self.execution.state();
        let Some(host) = state.hosts.get_mut(&self.host) else { return false };
        host.left.is_none() && host.notified.remove(name)
    }
}
