//! A batch: its hosts walk at the same time, meet at service steps, and run their handlers at the end.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use super::meeting::Meetings;
use super::perform::step_name;
use super::run::Execution;
use super::seat::{Arrival, Met, Position, Seat, Snapshot};
use super::walk::{Fault, Flow};
use crate::cancel::Reason;
use crate::event::{Outcome, StepError, StepPath, Target, What};
use crate::plan::{Action, Names, holds};
use crate::text::{human_duration, listed};

/// A batch of a play.
pub struct Batch {
    /// Index of the play.
    pub play: usize,
    /// Its number.
    pub number: u32,
    /// Its hosts that had not left the run when it began, in the order of the play.
    pub members: Vec<Arc<str>>,
}

impl Execution {
    /// Whether the run goes on after the batch.
    pub(super) async fn batch(self: &Arc<Self>, play: usize, number: usize) -> bool {
        let planned = &self.plan.plays[play];
        let members = planned.batches[number].iter().filter(|host| !self.has_left(host)).cloned().collect();
        let batch = Arc::new(Batch { play, number: u32::try_from(number).unwrap_or(u32::MAX), members });
        let hosts = batch.members.iter().map(ToString::to_string).collect();
        if self.emitter.emit(What::BatchStarted { play: planned.index, batch: batch.number, hosts }).await.is_err() {
            return false;
        }
        let limit = super::attempt::duration(planned.timeout.as_ref(), &self.plan.all_vars).unwrap_or_default();
        let (cancel, _deadline) = self.cancel.child_for(limit);
        let (meetings, tasks) = (Arc::new(Meetings::new(batch.members.iter().cloned())), TaskTracker::new());
        self.publish(None);
        let snapshot = self.snapshot(&batch);
        let seats: Vec<Arc<Seat>> =
            batch.members.iter().map(|host| self.seat(&batch, host, (&meetings, &tasks), &snapshot)).collect();
        let mut walks = JoinSet::new();
        for seat in &seats {
            walks.spawn(Arc::clone(seat).take_part(Position::beginning(&cancel)));
        }
        while walks.join_next().await.is_some() {}
        // A meeting may still be ending that its hosts, interrupted, no longer wait for.
        tasks.close();
        tasks.wait().await;
        meetings.begin_again();
        self.run_handlers(&seats, &cancel).await;
        tasks.wait().await;
        meetings.begin_again();
        self.tell_halted(&batch).await;
        self.cancel.reason().is_none() && !self.has_too_many_failures(&batch, &BTreeSet::new())
    }

    pub(super) fn seat(
        self: &Arc<Self>,
        batch: &Arc<Batch>,
        host: &Arc<str>,
        (meetings, tasks): (&Arc<Meetings<Met, Arrival>>, &TaskTracker),
        snapshot: &Snapshot,
    ) -> Arc<Seat> {
        Arc::new(Seat {
            execution: Arc::clone(self),
            play: batch.play,
            batch: Arc::clone(batch),
            host: Arc::clone(host),
            plan: self.plan.hosts.get(host).cloned(),
            meetings: Arc::clone(meetings),
            tasks: tasks.clone(),
            snapshot: Mutex::new(snapshot.clone()),
            on_control: self.plan.plays[batch.play].on_control,
            notifies: Arc::from([Arc::clone(host)]),
            ahead: Arc::default(),
        })
    }

    /// Whether more hosts of a batch have failed than the play allows; `also` are those that have, and have not left
    /// yet.
    pub(super) fn has_too_many_failures(&self, batch: &Batch, also: &BTreeSet<Arc<str>>) -> bool {
        let state = self.state();
        let has_left = |host: &Arc<str>| state.hosts.get(host).is_some_and(|host| host.left.is_some());
        let failed = batch.members.iter().filter(|host| has_left(host) || also.contains(*host)).count();
        #[allow(clippy::cast_precision_loss, reason = "a share of a count")]
        let share = failed as f64 * 100.0 / batch.members.len().max(1) as f64;
        failed > 0 && share > self.plan.plays[batch.play].max_fail_percentage
    }

    /// A host leaves the run.
    pub(super) async fn host_left(&self, host: &Arc<str>, fault: &Fault) {
        {
            let mut state = self.state();
            let own = state.hosts.entry(Arc::clone(host)).or_default();
            own.left = Some(fault.outcome);
            own.at.clone_from(&fault.step);
            state.verdict.add(fault.outcome, fault.error.refused);
            if !fault.is_told {
                state.tallies.entry(host.to_string()).or_default().add(fault.outcome);
            }
        }
        if !fault.is_told {
            let place = fault.error.place.as_ref().map(|place| format!(", at {place}")).unwrap_or_default();
            let message = format!("{} has failed on {host}: {}{place}", fault.step, fault.error.message);
            let _ = self.emitter.emit(What::Warned { message }).await;
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
            (Flow::Halted, Some(Reason::TimedOut(limit))) if self.execution.cancel.reason().is_none() => {
                let message = format!("the play did not end within {}", human_duration(limit));
                self.play_failed(StepError { message, hint: None, stage: None, place: None, refused: false })
            }
            (flow, _) => flow,
        };
        match flow {
            Flow::On => {
                self.execution.state().hosts.entry(Arc::clone(&self.host)).or_default().through = Some(self.play);
            }
            Flow::Failed(fault) => self.execution.host_left(&self.host, &fault).await,
            Flow::Halted => {}
        }
        self.leave();
    }

    /// The play itself fails on this host.
    pub fn play_failed(&self, error: StepError) -> Flow {
        let (outcome, step, result) = (Outcome::Failed, self.play().name.clone(), serde_json::Value::Null);
        Flow::Failed(Arc::new(Fault { outcome, step, error, result, is_told: false }))
    }

    /// A service step that does not run because hosts have failed.
    async fn tell_not_run(&self, action: &Action, position: &Position) {
        let name = step_name(action, &self.service_scope(&action.vars, position));
        let failed: Vec<String> =
            self.batch.members.iter().filter(|host| self.execution.has_left(host)).map(ToString::to_string).collect();
        let message = format!("`{name}` is not run, because {} failed", listed(&failed, "host"));
        // If the journal is gone, the run is cancelled by the hub.
        let _ = self.execution.emitter.emit(What::Warned { message }).await;
    }

    /// Runs the step of a meeting, once for all who arrived.
    pub(super) async fn run_meeting(self: &Arc<Self>, path: &StepPath, arrived: Vec<(Arc<str>, Arrival)>) -> Met {
        let order = &self.batch.members;
        let first = order.iter().find_map(|host| arrived.iter().find(|(name, _)| name == host));
        // Steps inside a step meet by themselves, beside the batch.
        let Some((_, Arrival { seat, action, position })) = first.or(arrived.first()) else { return Met::Halted };
        debug_assert_eq!(position.path(&action.path), *path);
        // As in Ansible, `run_once` is for the hosts that are left.
        let may_stop = action.is_service && !position.sheltered;
        let stops = may_stop && self.execution.has_too_many_failures(&self.batch, &BTreeSet::new());
        if stops && position.cancel.reason().is_none() {
            seat.tell_not_run(action, position).await;
        }
        if stops || position.cancel.reason().is_some() {
            return Met::Halted;
        }
        // All have arrived: what they have registered is settled for the step too.
        let hosts: Vec<_> = arrived.iter().map(|(host, _)| Arc::clone(host)).collect();
        self.execution.publish(Some(&hosts));
        seat.take(self.execution.snapshot(&self.batch));
        let (scope, target) = if action.is_service {
            (seat.service_scope(&action.vars, position), Target::Service)
        } else {
            (seat.scope(&action.vars, position), Target::Host(seat.host.to_string()))
        };
        let position = &Position { met: hosts.as_slice().into(), ..position.clone() };
        let ended = seat.perform(action, &scope, position, target).await;
        for (_, arrival) in &arrived {
            arrival.seat.keep(action, &ended, action.is_service);
        }
        self.execution.publish(Some(&hosts));
        let snapshot = self.execution.snapshot(&self.batch);
        for (_, arrival) in &arrived {
            arrival.seat.take(snapshot.clone());
        }
        let flows = arrived.iter().map(|(_, arrival)| arrival.seat.conclude(action, &scope, ended.clone()));
        match flows.fold(Flow::On, Flow::or_worse) {
            Flow::On => Met::On,
            Flow::Failed(fault) => Met::Failed(fault),
            Flow::Halted => Met::Halted,
        }
    }
}
