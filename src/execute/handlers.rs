//! Handlers: once each for every host that notified them, in the order they are declared, at the end of the batch or
//! where the play says `flush_handlers`.

use std::sync::Arc;

use futures_util::future::join_all;

use super::run::Execution;
use super::seat::{Position, Seat};
use super::walk::Flow;
use crate::cancel::Cancel;
use crate::event::Target;
use crate::plan::{Action, Names};

impl Execution {
    /// The handlers of a batch. They run for the hosts that have not failed, although others have.
    pub(super) async fn run_handlers(self: &Arc<Self>, seats: &[Arc<Seat>], cancel: &Cancel) {
        let Some(first) = seats.first() else { return };
        for (name, handler) in &first.play().handlers {
            if self.cancel.reason().is_some() {
                return;
            }
            let notified: Vec<&Arc<Seat>> = seats.iter().filter(|seat| seat.take_notice(name)).collect();
            let Some(leader) = notified.first() else { continue };
            let position =
                || Position { names: Names::new(), turns: Vec::new(), sheltered: true, cancel: cancel.clone() };
            if handler.is_service {
                let scope = leader.service_scope(&handler.vars, &position());
                let ended = leader.perform(handler, &scope, &position(), Target::Service).await;
                leader.keep(handler, &ended, true);
                if let Flow::Failed(fault) = leader.conclude(handler, &scope, ended) {
                    for seat in &notified {
                        self.host_left(&seat.host, &fault).await;
                    }
                }
            } else {
                join_all(notified.iter().map(|seat| seat.handle(handler, position()))).await;
            }
        }
    }
}

impl Seat {
    /// Whether this host waits for a handler; it does so no more after the answer.
    fn take_notice(&self, name: &str) -> bool {
        let mut state = self.execution.state();
        let Some(host) = state.hosts.get_mut(&self.host) else { return false };
        host.left.is_none() && host.notified.remove(name)
    }

    async fn handle(self: &Arc<Self>, handler: &Arc<Action>, position: Position) -> Flow {
        let flow = self.act(handler, &position).await;
        if let Flow::Failed(fault) = &flow {
            self.execution.host_left(&self.host, fault).await;
        }
        flow
    }

    /// Runs this host's own handlers now; those that are service steps wait for the end of the batch.
    pub async fn flush_handlers(self: &Arc<Self>, position: &Position) -> Flow {
        let handlers: Vec<(String, Arc<Action>)> = self.play().handlers.clone();
        for (name, handler) in handlers.iter().filter(|(_, handler)| !handler.is_service) {
            if self.take_notice(name) {
                let flow = self.act(handler, position).await;
                if !matches!(flow, Flow::On) {
                    return flow;
                }
            }
        }
        Flow::On
    }
}
