//! One step on one target to its end: what is known of it already, its turn, and what becomes of its result.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::attempt::{refusal, text, truth};
use super::ended::Ended;
use super::seat::{Position, Seat};
use super::throttle::Slot;
use super::turn::Turn;
use super::walk::{Fault, Flow};
use crate::connection::host::HostTarget;
use crate::event::{Outcome, Past, StepKey, Target, What};
use crate::plan::{Action, Names, awaited_result, items};
use crate::secret::Taint;
use crate::step::{Failure, Runs};
use crate::template::{Binding, Data, Rules, Scope, Sink};

impl Seat {
    /// A step in this host's own flow.
    pub async fn act(self: &Arc<Self>, action: &Action, position: &Position) -> Flow {
        let scope = self.scope(&action.vars, position);
        let rollout = || step_name(action, &scope);
        let slot = self.slot((action.throttle.as_ref(), &action.path), &rollout, &scope, position).await;
        let (slot, ended) = match slot {
            Ok(Slot::Closed) => return Flow::Halted,
            Ok(slot) => (slot, self.perform(action, &scope, position, Target::Host(self.host.to_string())).await),
            Err(problem) => (Slot::Free, Ended::of(&refusal(problem.into()), Taint::PUBLIC)),
        };
        if ended.outcome == Outcome::Unreachable && runs_there(action) {
            position.lost.iter().for_each(|lost| lost.store(true, Ordering::Relaxed));
        }
        self.keep(action, &ended, false);
        let flow = self.conclude(action, &scope, ended);
        self.leave_slot(slot, &flow);
        flow
    }

    /// Runs a step to its end and tells it.
    pub async fn perform(
        self: &Arc<Self>,
        action: &Action,
        scope: &Scope,
        position: &Position,
        target: Target,
    ) -> Ended {
        let key = StepKey {
            play: self.play().index,
            batch: self.batch.number,
            path: position.path(&action.path),
            target,
            item: None,
            attempt: None,
            sub: None,
        };
        if let Some(ended) = self.remembered(&key) {
            return ended;
        }
        let name = step_name(action, scope);
        self.execution.state().hosts.entry(Arc::clone(&self.host)).or_default().at.clone_from(&name);
        let begun = Instant::now();
        let (scope, lacking) = match self.informed(action, scope, position).await {
            Ok(scope) => (scope, None),
            Err(failure) => (scope.clone(), Some(Ended::of(&failure, Taint::PUBLIC))),
        };
        let scope = &scope;
        let turn = Turn { seat: self, action, position, key: key.clone(), name };
        let mut ended = match &action.repeat.items {
            _ if lacking.is_some() => lacking.unwrap_or_else(Ended::skipped),
            None => turn.once(scope).await,
            Some(tree) => match items(tree, scope) {
                Ok(items) => {
                    turn.announce().await;
                    turn.each(items, scope).await
                }
                Err(problem) => Ended::of(&refusal(problem.into()), Taint::PUBLIC),
            },
        };
        let flag =
            |tree: &crate::template::Tree| tree.evaluate(scope, Rules::of(Sink::Plain)).is_ok_and(|data| truth(&data));
        ended.ignored =
            ended.outcome == Outcome::Failed && !ended.refused && action.ignore_errors.as_ref().is_some_and(flag);
        turn.tell(&ended, begun, scope).await;
        ended
    }

    /// The end of a step that an earlier process of this run has seen.
    fn remembered(&self, key: &StepKey) -> Option<Ended> {
        let Some(Past::Finished(end)) = self.execution.history.past(key) else { return None };
        let is_done = end.outcome.is_good() || end.ignored;
        if !is_done || self.execution.owed.again.contains(key) {
            return None;
        }
        self.count(key, end.outcome);
        Some(Ended::remembered(end))
    }

    /// Counts an end.
    pub fn count(&self, key: &StepKey, outcome: Outcome) {
        let mut state = self.execution.state();
        match key.target.host() {
            Some(host) => state.tallies.entry(host.to_owned()).or_default().add(outcome),
            None => state.services.add(outcome),
        }
    }

    /// Registers the result, and takes the names of a `set`.
    pub fn keep(&self, action: &Action, ended: &Ended, for_all: bool) {
        let mut names = Names::new();
        if action.kind.defines_names && ended.outcome.is_good() && ended.outcome != Outcome::Skipped {
            let fields = ended.result.as_object().into_iter().flatten();
            let own = fields.filter(|(name, _)| !matches!(name.as_str(), "changed" | "failed" | "skipped"));
            names.extend(
                own.map(|(name, value)| {
                    (Arc::from(name.as_str()), Binding::Known(Data::from_json(value, ended.taint)))
                }),
            );
        }
        if let Some(name) = &action.register {
            let unseen = self.execution.settings.check && matches!(ended.outcome, Outcome::Changed | Outcome::Skipped);
            names.insert(Arc::clone(name), if unseen { predicted(action, ended) } else { seen(ended) });
        }
        if self.execution.settings.check && ended.outcome == Outcome::Changed {
            action.lists().for_each(|list| super::inside::await_names(list, &mut names));
        }
        let mut state = self.execution.state();
        if for_all || self.on_control {
            state.shared.extend(names);
        } else {
            state.hosts.entry(Arc::clone(&self.host)).or_default().names.extend(names);
        }
    }

    /// What the end of a step means for the host.
    pub fn conclude(&self, action: &Action, scope: &Scope, ended: Ended) -> Flow {
        if ended.outcome == Outcome::Changed {
            self.notify(action);
        }
        if ended.outcome.is_good() || ended.ignored {
            return Flow::On;
        }
        let stopped = self.execution.cancel.reason().is_some() && ended.outcome == Outcome::Failed;
        if stopped {
            return Flow::Halted;
        }
        let error = ended.error.unwrap_or_else(|| Failure::failed("the step failed").error);
        let step = step_name(action, scope);
        Flow::Failed(Arc::new(Fault { outcome: ended.outcome, step, error, result: ended.result, is_told: true }))
    }

    /// The handlers of a step that changed something wait for the end of the batch.
    fn notify(&self, action: &Action) {
        for (handler, host) in
            action.notify.iter().flat_map(|handler| self.notifies.iter().map(move |host| (handler, host)))
        {
            let is_new = {
                let mut state = self.execution.state();
                state.hosts.entry(Arc::clone(host)).or_default().notified.insert(handler.clone())
            };
            if is_new {
                let (play, batch, host) = (self.play().index, self.batch.number, Some(host.to_string()));
                let notified = What::HandlerNotified { play, batch, handler: handler.clone(), host };
                self.execution.emitter.emit_now(notified);
            }
        }
    }

    /// The machine a step runs on: the host's, another's (`delegate_to`), or this one.
    pub fn machine(&self, action: &Action, scope: &Scope) -> Result<Option<Arc<HostTarget>>, Failure> {
        if action.kind.runs == Runs::Service {
            return Ok(None);
        }
        let plan = &self.execution.plan;
        let host = match &action.delegate_to {
            None => self.plan.clone(),
            Some(tree) => {
                let name = tree.evaluate(scope, Rules::of(Sink::Name)).map_err(|problem| refusal(problem.into()))?;
                let name = text(&name);
                let found = plan.hosts.get(name.as_str()).cloned();
                Some(found.ok_or_else(|| Failure::failed(format!("`delegate_to`: there is no host `{name}`")))?)
            }
        };
        Ok(host.and_then(|host| host.target.clone()))
    }

    /// The end of a loop's item that an earlier process of this run has seen.
    pub fn remembered_item(&self, key: &StepKey) -> Option<Ended> {
        let Some(Past::Finished(end)) = self.execution.history.past(key) else { return None };
        (end.outcome.is_good() && !self.execution.owed.again.contains(key)).then(|| Ended::remembered(end))
    }
}

/// A result as later steps see it.
fn seen(ended: &Ended) -> Binding {
    Binding::Known(Data::from_json(&ended.result, ended.taint.join(Taint::OUTSIDE)))
}

/// The result of a step that was not run (`--check`): what is known of it, and the rest awaited, never guessed.
fn predicted(action: &Action, ended: &Ended) -> Binding {
    let Binding::Record(awaited) = awaited_result(action) else { return seen(ended) };
    let mut record = awaited.as_ref().clone();
    let fields = ended.result.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let taint = ended.taint.join(Taint::OUTSIDE);
    record.extend(fields.map(|(name, value)| (name.as_str().into(), Binding::Known(Data::from_json(value, taint)))));
    Binding::Record(Arc::new(record))
}

/// Whether a step runs on the host for which it runs.
pub fn runs_there(action: &Action) -> bool {
    action.kind.runs == Runs::OnHost && action.delegate_to.is_none()
}

/// A step's name on a target.
pub fn step_name(action: &Action, scope: &Scope) -> String {
    match action.name.evaluate(scope, Rules::of(Sink::Plain)) {
        Ok(data) => text(&data),
        Err(_) => action.kind.name.to_owned(),
    }
}

/// `no_log`; what cannot be worked out hides.
pub fn hides(action: &Action, scope: &Scope) -> bool {
    let flag = |tree: &crate::template::Tree| tree.evaluate(scope, Rules::of(Sink::Plain));
    action.no_log.as_ref().is_some_and(|tree| flag(tree).map_or(true, |data| truth(&data)))
}
