//! A step on a target while it is worked on: `when`, `loop`, tries, and what the author makes of the result.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::attempt::{Attempt, Subject, refusal, tries};
use super::ended::Ended;
use super::perform::{hides, runs_there, step_name};
use super::run::OnUnknown;
use super::seat::{Position, Seat};
use crate::cancel::Reason;
use crate::diagnostic::Problem;
use crate::event::{Class, Outcome, Past, StepError, StepFinished, StepKey, What};
use crate::plan::{Action, holds, is_true, with_item};
use crate::secret::Taint;
use crate::step::{Failure, FailureKind, Results};
use crate::template::{Binding, Data, Scope};

/// A step on a target, while it is worked on.
pub struct Turn<'a> {
    /// The seat whose turn it is.
    pub seat: &'a Arc<Seat>,
    /// The step.
    pub action: &'a Action,
    /// Where the seat is.
    pub position: &'a Position,
    /// The step's identity.
    pub key: StepKey,
    /// Its name on this target.
    pub name: String,
}

impl Turn<'_> {
    /// A step without `loop`, or one item of it.
    pub async fn once(&self, scope: &Scope) -> Ended {
        match holds(&self.action.when, scope) {
            Some(Ok(true)) => {}
            Some(Err(problem)) => return Ended::of(&refusal(problem.into()), Taint::PUBLIC),
            Some(Ok(false)) | None => return Ended::skipped(),
        }
        let history = &self.seat.execution.history;
        let checkpoints = match history.past(&self.key) {
            Some(_) if self.action.kind.goes_on && !history.checkpoints(&self.key).is_empty() => {
                history.checkpoints(&self.key).to_vec()
            }
            Some(Past::Started { checkpoints, .. }) if !checkpoints.is_empty() => checkpoints.clone(),
            Some(past) if is_lost(past) => match self.lost_track().await {
                Some(ended) => return ended,
                None => Vec::new(),
            },
            _ => Vec::new(),
        };
        let (tries, delay) = match tries(&self.action.repeat, scope) {
            Ok(tries) => tries,
            Err(problem) => return Ended::of(&refusal(problem.into()), Taint::PUBLIC),
        };
        let mut attempt = 1;
        loop {
            let (ended, again) = self.attempt(attempt, scope, &checkpoints).await;
            if !again || attempt >= tries {
                return ended;
            }
            let mut error = ended.error.clone().unwrap_or_else(|| Failure::failed("`until` is not true yet").error);
            if hides(self.action, scope) {
                hide(&mut error);
            }
            let failed = What::AttemptFailed { key: self.key.clone(), error, left: tries - attempt };
            let told = self.seat.execution.emitter.emit(failed).await.is_ok();
            if !told || self.position.cancel.bound(tokio::time::sleep(delay)).await.is_err() {
                return ended;
            }
            attempt += 1;
        }
    }

    /// One attempt, and whether another may follow it.
    async fn attempt(&self, number: u32, scope: &Scope, checkpoints: &[Value]) -> (Ended, bool) {
        if self.position.is_lost() && runs_there(self.action) {
            let failure =
                Failure::new(FailureKind::Unreachable, "the host is still out of reach: a reconnect was tried");
            return (Ended::of(&failure, Taint::PUBLIC), false);
        }
        let key = if number == 1 { self.key.clone() } else { self.key.with_attempt(number) };
        let target = match self.seat.machine(self.action, scope) {
            Ok(target) => target,
            Err(failure) => return (Ended::of(&failure, Taint::PUBLIC), false),
        };
        let subject = Subject {
            seat: self.seat,
            action: self.action,
            position: self.position,
            key,
            target,
            checkpoints: checkpoints.to_vec(),
            cancel: self.position.cancel.clone(),
        };
        let mut acted = false;
        let ended = match subject.attempt(scope, &self.name).await {
            Ok(attempt) if attempt.open => return (Ended { outcome: Outcome::Skipped, ..Ended::skipped() }, false),
            Ok(attempt) => Ended::good(attempt),
            Err(missed) => {
                let may_repeat =
                    matches!(missed.failure.kind, FailureKind::Failed | FailureKind::Stopped(Reason::TimedOut(_)))
                        || missed.failure.kind == FailureKind::Unreachable;
                acted = missed.acted;
                let ended = Ended::missed(&missed);
                if !may_repeat {
                    return (ended, false);
                }
                ended
            }
        };
        let ended = self.redefine(ended, acted, scope);
        if !ended.outcome.is_good() {
            // Whatever `until` would say of a result that is not whole.
            return (ended, true);
        }
        let until = holds(&self.action.repeat.until, &self.with_result(scope, &ended));
        match until {
            Some(Err(problem)) => (Ended::of(&refusal(problem.into()), ended.taint), false),
            Some(Ok(true)) => (ended, false),
            _ => {
                let failure = Failure::failed("`until` did not become true");
                let error = Ended::of(&failure, ended.taint);
                let mut result = ended.result;
                result["failed"] = true.into();
                (Ended { result, ..error }, true)
            }
        }
    }

    /// `failed_when` and `changed_when`: the author's own idea of the result. An action that has run to its end has
    /// changed something, whatever it said of itself.
    fn redefine(&self, mut ended: Ended, acted: bool, scope: &Scope) -> Ended {
        if matches!(ended.outcome, Outcome::Unreachable | Outcome::Unknown) {
            return ended;
        }
        let action = self.action;
        if !action.failed_when.is_empty() {
            match any(&action.failed_when, &self.with_result(scope, &ended)) {
                Ok(true) if ended.outcome.is_good() => {
                    let failure = Failure::failed("`failed_when` is true for its result");
                    let result = std::mem::take(&mut ended.result);
                    ended = Ended { result, ..Ended::of(&failure, ended.taint) };
                }
                Ok(false) if ended.outcome == Outcome::Failed => {
                    ended.outcome = if acted { Outcome::Changed } else { Outcome::Ok };
                    ended.error = None;
                }
                Ok(_) => {}
                Err(problem) => return Ended::of(&refusal(problem.into()), ended.taint),
            }
        }
        if !action.changed_when.is_empty() && ended.outcome.is_good() {
            match holds(&action.changed_when, &self.with_result(scope, &ended)) {
                Some(Ok(changed)) => ended.outcome = if changed { Outcome::Changed } else { Outcome::Ok },
                Some(Err(problem)) => return Ended::of(&refusal(problem.into()), ended.taint),
                None => {}
            }
        }
        ended.flags();
        ended
    }

    fn with_result(&self, scope: &Scope, ended: &Ended) -> Scope {
        let data = Data::from_json(&ended.result, ended.taint.join(Taint::OUTSIDE));
        let mut names = vec![(Arc::from("result"), Binding::Known(data.clone()))];
        names.extend(self.action.register.iter().map(|name| (Arc::clone(name), Binding::Known(data.clone()))));
        scope.with(names)
    }

    /// The beginning of a loop; its items begin by themselves, each with its own class.
    pub async fn announce(&self) {
        let (key, name) = (self.key.clone(), self.name.clone());
        let started = What::StepStarted { key, name, kind: self.action.kind.name.to_owned(), class: Class::Converge };
        // If the journal is gone, the run is cancelled by the hub.
        let _ = self.seat.execution.emitter.emit(started).await;
    }

    /// Every item in order, also after one that failed; what is unreachable, unknown or refused ends the loop.
    pub async fn each(&self, items: Vec<Data>, scope: &Scope) -> Ended {
        let (mut results, mut taint, mut worst, mut diffs) = (Vec::new(), Taint::PUBLIC, None::<Ended>, Vec::new());
        let mut changed = false;
        let mut ran = false;
        for (n, item) in items.into_iter().enumerate() {
            let key = self.key.with_item(u32::try_from(n).unwrap_or(u32::MAX));
            let shown = item.to_json();
            taint = taint.join(item.taint);
            let ended = self.item(key, &with_item(scope, n, item)).await;
            ran |= ended.outcome != Outcome::Skipped;
            changed |= ended.outcome == Outcome::Changed;
            taint = taint.join(ended.taint);
            diffs.extend(ended.diff.clone());
            let mut result = ended.result.clone();
            result["item"] = shown;
            results.push(result);
            if !ended.outcome.is_good() {
                let ends = ended.outcome != Outcome::Failed || ended.refused || self.position.cancel.reason().is_some();
                worst = Some(match worst {
                    Some(first) if ended.outcome != Outcome::Unknown => first,
                    _ => ended,
                });
                if ends {
                    break;
                }
            }
        }
        let diff = (!diffs.is_empty()).then(|| diffs.join("\n"));
        let fields = Results::from_iter([("results".to_owned(), Value::Array(results))]);
        match worst {
            Some(worst) => {
                let mut ended = Ended { result: Value::Object(fields), diff, taint, ..worst };
                ended.flags();
                ended
            }
            None if !ran => Ended { result: Ended::skipped_with(fields), ..Ended::skipped() },
            None => Ended::good(Attempt { changed, result: fields, taint, diff, open: false }),
        }
    }

    async fn item(&self, key: StepKey, scope: &Scope) -> Ended {
        if let Some(ended) = self.seat.remembered_item(&key) {
            return ended;
        }
        let begun = Instant::now();
        let turn = Turn {
            seat: self.seat,
            action: self.action,
            position: self.position,
            key,
            name: step_name(self.action, scope),
        };
        let ended = turn.once(scope).await;
        turn.tell(&ended, begun, scope).await;
        ended
    }

    /// An earlier process sent this action and never saw its end. None where it is to be run (again).
    async fn lost_track(&self) -> Option<Ended> {
        let execution = &self.seat.execution;
        let unknown = "an earlier process of this run began it, and its end was never seen";
        let decide = match execution.settings.on_unknown {
            OnUnknown::Ask => {
                let host = self.key.target.host().unwrap_or("the services");
                let question = format!("`{}` on {host}: {unknown}. Run it again?", self.name);
                match execution.prompt.confirm(&question, &self.position.cancel).await {
                    Ok(true) => OnUnknown::Retry,
                    Ok(false) | Err(_) => OnUnknown::Fail,
                }
            }
            decided => decided,
        };
        match decide {
            OnUnknown::Retry => None,
            OnUnknown::Skip => Some(Ended::good(Attempt {
                changed: false,
                result: Results::new(),
                taint: Taint::PUBLIC,
                diff: None,
                open: false,
            })),
            OnUnknown::Ask | OnUnknown::Fail => {
                let failure = Failure::new(FailureKind::Unknown, unknown);
                Some(Ended::of(
                    &failure.hint("--on-unknown retry runs it again, skip takes it for done"),
                    Taint::PUBLIC,
                ))
            }
        }
    }

    /// Tells the end.
    pub async fn tell(&self, ended: &Ended, begun: Instant, scope: &Scope) {
        let hidden = hides(self.action, scope);
        let mut error = ended.error.clone();
        if let Some(error) = &mut error {
            if hidden {
                hide(error);
            }
            error.place.get_or_insert_with(|| self.action.place.to_string());
        }
        let is_item = self.key.item.is_some();
        if !is_item {
            self.seat.count(&self.key, ended.outcome);
        }
        let finished = StepFinished {
            key: self.key.clone(),
            play: self.seat.play().name.clone(),
            step: self.name.clone(),
            kind: self.action.kind.name.to_owned(),
            host: self.key.target.host().map(str::to_owned),
            outcome: ended.outcome,
            result: if hidden { withheld(&ended.result) } else { ended.result.clone() },
            error,
            diff: ended.diff.clone().filter(|_| !hidden),
            duration: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            withheld: hidden || ended.taint.secret,
            ignored: ended.ignored,
        };
        // If the journal is gone, the run is cancelled by the hub.
        let _ = self.seat.execution.emitter.emit(What::StepFinished(Box::new(finished))).await;
    }
}

/// Whether an action was sent whose end nobody saw.
fn is_lost(past: &Past) -> bool {
    match past {
        Past::Started { class, .. } => *class == Class::Action,
        Past::Finished(end) => end.outcome == Outcome::Unknown,
    }
}

fn withheld(result: &Value) -> Value {
    let flag = |name: &str| result.get(name).cloned().unwrap_or(Value::Null);
    json!({ "changed": flag("changed"), "failed": flag("failed"), "skipped": flag("skipped"), "withheld": true })
}

fn any(conditions: &[crate::template::Tree], scope: &Scope) -> Result<bool, Problem> {
    for tree in conditions {
        if is_true(tree, scope)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Leaves of an error what holds nothing of the step's arguments and result.
fn hide(error: &mut StepError) {
    "it failed; why is kept out of the output (`no_log`)".clone_into(&mut error.message);
    error.hint = None;
}
