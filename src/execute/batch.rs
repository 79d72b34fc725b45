//! A batch: its hosts walk at the same time, meet at service steps, and run their handlers at the end.

use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use super::meeting::Meetings;
use super::run::Execution;
use super::seat::{Arrival, Met, Position, Seat, Snapshot};
use super::walk::{Fault, Flow};
use crate::cancel::Reason;
use crate::event::{Outcome, StepError, StepPath, Target, What};
use crate::plan::{Names, holds};
use crate::step::Failure;
use crate::text::human_duration;

impl Execution {
    /// Whether the run goes on after the batch.
    pub(super) async fn batch(self: &Arc<Self>, play: usize, number: usize) -> bool {
        let planned = &self.plan.plays[play];
        let members: Vec<Arc<str>> =
            planned.batches[number].iter().filter(|host| !self.has_left(host)).cloned().collect();
        let batch = u32::try_from(number).unwrap_or(u32::MAX);
        let hosts = members.iter().map(ToString::to_string).collect();
        if self.emitter.emit(What::BatchStarted { play: planned.index, batch, hosts }).await.is_err() {
            return false;
        }
        let limit = super::attempt::duration(planned.timeout.as_ref(), &self.plan.all_vars).unwrap_or_default();
        let (cancel, _deadline) = self.cancel.child_for(limit);
        let meetings = Arc::new(Meetings::new(members.iter().cloned()));
        let tasks = TaskTracker::new();
        let seats: Vec<Arc<Seat>> =
            members.iter().map(|host| self.seat(play, batch, host, (&meetings, &tasks))).collect();
        let mut walks = JoinSet::new();
        for seat in &seats {
            let position =
                Position { names: Names::new(), turns: Vec::new(), sheltered: false, cancel: cancel.clone() };
            walks.spawn(Arc::clone(seat).take_part(position));
        }
        while walks.join_next().await.is_some() {}
        // A meeting may still be ending that its hosts, interrupted, no longer wait for.
        tasks.close();
        tasks.wait().await;
        meetings.clear();
        self.run_handlers(&seats, &cancel).await;
        self.cancel.reason().is_none() && !self.has_too_many_failures(play, number)
    }

    fn seat(
        self: &Arc<Self>,
        play: usize,
        batch: u32,
        host: &Arc<str>,
        (meetings, tasks): (&Arc<Meetings<Met, Arrival>>, &TaskTracker),
    ) -> Arc<Seat> {
        let seat = Seat {
            execution: Arc::clone(self),
            play,
            batch,
            host: Arc::clone(host),
            plan: self.plan.hosts.get(host).cloned(),
            meetings: Arc::clone(meetings),
            tasks: tasks.clone(),
            snapshot: Mutex::new(Snapshot::default()),
            ahead: Arc::default(),
        };
        seat.refresh();
        Arc::new(seat)
    }

    /// Whether more hosts of a batch have failed than the play allows.
    pub(super) fn has_too_many_failures(&self, play: usize, batch: usize) -> bool {
        let planned = &self.plan.plays[play];
        let hosts = &planned.batches[batch];
        let state = self.state();
        let failed = hosts.iter().filter(|host| state.hosts.get(*host).is_some_and(|host| host.left.is_some())).count();
        #[allow(clippy::cast_precision_loss, reason = "a share of a count")]
        let share = failed as f64 * 100.0 / hosts.len().max(1) as f64;
        failed > 0 && share > planned.max_fail_percentage
    }

    /// A host leaves the run.
    pub(super) async fn host_left(&self, host: &Arc<str>, fault: &Fault) {
        {
            let mut state = self.state();
            state.hosts.entry(Arc::clone(host)).or_default().left = Some(fault.outcome);
            state.verdict.add(fault.outcome, fault.error.refused);
        }
        let left = What::HostLeft { host: host.to_string(), outcome: fault.outcome, step: fault.step.clone() };
        // If the journal is gone, the run is cancelled by the hub.
        let _ = self.emitter.emit(left).await;
    }
}

impl Seat {
    /// Walks through the play's steps and leaves the batch at their end.
    async fn take_part(self: Arc<Self>, position: Position) {
        let scope = self.scope(&Names::new(), &position);
        let flow = match holds(&self.play().when, &scope) {
            Some(Ok(false)) => Flow::On,
            Some(Err(problem)) => self.play_failed(super::attempt::refusal(problem.into()).error),
            Some(Ok(true)) | None => self.walk(&self.play().steps, &position).await,
        };
        let flow = match (flow, position.cancel.reason()) {
            (Flow::Halted, Some(Reason::TimedOut(limit))) if self.execution.cancel.reason().is_none() => self
                .play_failed(Failure::failed(format!("the play did not end within {}", human_duration(limit))).error),
            (flow, _) => flow,
        };
        if let Flow::Failed(fault) = flow {
            self.execution.host_left(&self.host, &fault).await;
        }
        self.leave();
    }

    /// The play itself fails on this host.
    fn play_failed(&self, error: StepError) -> Flow {
        let step = self.play().name.clone();
        Flow::Failed(Arc::new(Fault { outcome: Outcome::Failed, step, error, result: serde_json::Value::Null }))
    }

    /// Runs the step of a meeting, once for all who arrived.
    pub(super) async fn run_meeting(self: &Arc<Self>, path: &StepPath, arrived: Vec<(Arc<str>, Arrival)>) -> Met {
        let order = &self.play().batches[self.batch as usize];
        let first = order.iter().find_map(|host| arrived.iter().find(|(name, _)| name == host));
        let Some((_, Arrival { seat, action, position })) = first else { return Met::Halted };
        debug_assert_eq!(position.path(&action.path), *path);
        let stops = self.execution.has_too_many_failures(self.play, self.batch as usize);
        if stops && !position.sheltered {
            return Met::Halted;
        }
        // All have arrived: what they have registered is settled for the step too.
        seat.refresh();
        let (scope, target) = if action.is_service {
            (seat.service_scope(&action.vars, position), Target::Service)
        } else {
            (seat.scope(&action.vars, position), Target::Host(seat.host.to_string()))
        };
        let ended = seat.perform(action, &scope, position, target).await;
        for (_, arrival) in &arrived {
            arrival.seat.keep(action, &ended, action.is_service);
        }
        let flows: Vec<Flow> =
            arrived.iter().map(|(_, arrival)| arrival.seat.conclude(action, &scope, ended.clone())).collect();
        match flows.into_iter().next() {
            Some(Flow::On) => Met::On,
            Some(Flow::Failed(fault)) => Met::Failed(fault),
            Some(Flow::Halted) | None => Met::Halted,
        }
    }
}
