//! One step on one target to its end: what is known of it already, `when`, `loop`, tries, and what becomes of its result.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::attempt::{Attempt, Missed, Subject, refusal, text, tries, truth};
use super::run::OnUnknown;
use super::seat::{Position, Seat};
use super::walk::{Fault, Flow};
use crate::cancel::Reason;
use crate::connection::host::HostTarget;
use crate::diagnostic::Problem;
use crate::event::{Class, Outcome, Past, StepError, StepFinished, StepKey, Target, What};
use crate::plan::{Action, Names, holds, items, with_item};
use crate::secret::Taint;
use crate::step::{Failure, FailureKind, Results, Runs};
use crate::template::{Binding, Data, Rules, Scope, Sink};

/// The end of a step.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// The whole result, as later steps see it.
    pub result: Value,
    /// Why it did not end well.
    pub error: Option<StepError>,
    /// What went into it.
    pub taint: Taint,
    /// What was or would be changed.
    pub diff: Option<String>,
    /// Refused for safety.
    pub refused: bool,
    /// `ignore_errors` passed it over.
    pub ignored: bool,
}

impl Seat {
    /// A step in this host's own flow.
    pub async fn act(self: &Arc<Self>, action: &Action, position: &Position) -> Flow {
        let scope = self.scope(&action.vars, position);
        let ended = self.perform(action, &scope, position, Target::Host(self.host.to_string())).await;
        self.keep(action, &ended, false);
        self.conclude(action, &scope, ended)
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
            batch: self.batch,
            path: position.path(&action.path),
            target,
            item: None,
            attempt: None,
            sub: None,
        };
        if let Some(ended) = self.remembered(&key) {
            return ended;
        }
        let begun = Instant::now();
        let turn = Turn { seat: self, action, position, key: key.clone(), name: step_name(action, scope) };
        let mut ended = match &action.repeat.items {
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
        Some(Ended {
            outcome: end.outcome,
            result: end.result.clone(),
            error: end.error.clone(),
            taint: Taint::OUTSIDE,
            diff: None,
            refused: false,
            ignored: end.ignored,
        })
    }

    fn count(&self, key: &StepKey, outcome: Outcome) {
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
            let taint = ended.taint.join(Taint::OUTSIDE);
            names.insert(Arc::clone(name), Binding::Known(Data::from_json(&ended.result, taint)));
        }
        let mut state = self.execution.state();
        if for_all || self.play().on_control {
            state.shared.extend(names);
        } else {
            state.hosts.entry(Arc::clone(&self.host)).or_default().names.extend(names);
        }
    }

    /// What the end of a step means for the host.
    pub fn conclude(&self, action: &Action, scope: &Scope, ended: Ended) -> Flow {
        if ended.outcome == Outcome::Changed {
            let mut state = self.execution.state();
            let host = state.hosts.entry(Arc::clone(&self.host)).or_default();
            host.notified.extend(action.notify.iter().cloned());
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
        Flow::Failed(Arc::new(Fault { outcome: ended.outcome, step, error, result: ended.result }))
    }

    /// The machine a step runs on: the host's, another's (`delegate_to`), or this one.
    fn machine(&self, action: &Action, scope: &Scope) -> Result<Option<Arc<HostTarget>>, Failure> {
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
}

/// A step on a target, while it is worked on.
struct Turn<'a> {
    seat: &'a Arc<Seat>,
    action: &'a Action,
    position: &'a Position,
    key: StepKey,
    name: String,
}

impl Turn<'_> {
    /// A step without `loop`, or one item of it.
    async fn once(&self, scope: &Scope) -> Ended {
        match holds(&self.action.when, scope) {
            Some(Ok(true)) => {}
            Some(Err(problem)) => return Ended::of(&refusal(problem.into()), Taint::PUBLIC),
            Some(Ok(false)) | None => return Ended::skipped(),
        }
        let checkpoints = match self.seat.execution.history.past(&self.key) {
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
        let key = if number == 1 { self.key.clone() } else { self.key.with_attempt(number) };
        let target = match self.seat.machine(self.action, scope) {
            Ok(target) => target,
            Err(failure) => return (Ended::of(&failure, Taint::PUBLIC), false),
        };
        let subject = Subject {
            seat: self.seat,
            action: self.action,
            key,
            target,
            checkpoints: checkpoints.to_vec(),
            cancel: self.position.cancel.clone(),
        };
        let ended = match subject.attempt(scope, &self.name).await {
            Ok(attempt) if attempt.open => return (Ended { outcome: Outcome::Skipped, ..Ended::skipped() }, false),
            Ok(attempt) => Ended::good(attempt),
            Err(missed) => {
                let may_repeat =
                    matches!(missed.failure.kind, FailureKind::Failed | FailureKind::Stopped(Reason::TimedOut(_)))
                        || missed.failure.kind == FailureKind::Unreachable;
                let ended = Ended::missed(&missed);
                if !may_repeat {
                    return (ended, false);
                }
                ended
            }
        };
        let ended = self.redefine(ended, scope);
        let until = holds(&self.action.repeat.until, &self.with_result(scope, &ended));
        match until {
            Some(Err(problem)) => (Ended::of(&refusal(problem.into()), ended.taint), false),
            Some(Ok(true)) if ended.outcome.is_good() => (ended, false),
            Some(Ok(true)) => (ended, true),
            _ if ended.outcome.is_good() => {
                let failure = Failure::failed("`until` did not become true");
                let error = Ended::of(&failure, ended.taint);
                let mut result = ended.result;
                result["failed"] = true.into();
                (Ended { result, ..error }, true)
            }
            _ => (ended, true),
        }
    }

    /// `failed_when` and `changed_when`: the author's own idea of the result.
    fn redefine(&self, mut ended: Ended, scope: &Scope) -> Ended {
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
                    (ended.outcome, ended.error) = (Outcome::Ok, None);
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
    async fn announce(&self) {
        let (key, name) = (self.key.clone(), self.name.clone());
        let started = What::StepStarted { key, name, kind: self.action.kind.name.to_owned(), class: Class::Converge };
        // If the journal is gone, the run is cancelled by the hub.
        let _ = self.seat.execution.emitter.emit(started).await;
    }

    /// Every item in order; the first that fails ends the loop.
    async fn each(&self, items: Vec<Data>, scope: &Scope) -> Ended {
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
            if !ended.outcome.is_good() && !ended.ignored {
                worst = Some(ended);
                break;
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
    async fn tell(&self, ended: &Ended, begun: Instant, scope: &Scope) {
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

impl Seat {
    fn remembered_item(&self, key: &StepKey) -> Option<Ended> {
        let Some(Past::Finished(end)) = self.execution.history.past(key) else { return None };
        (end.outcome.is_good() && !self.execution.owed.again.contains(key)).then(|| Ended {
            outcome: end.outcome,
            result: end.result.clone(),
            error: None,
            taint: Taint::OUTSIDE,
            diff: None,
            refused: false,
            ignored: end.ignored,
        })
    }
}

impl Ended {
    fn good(attempt: Attempt) -> Self {
        let outcome = if attempt.changed { Outcome::Changed } else { Outcome::Ok };
        let result = Value::Object(attempt.result);
        let mut ended = Self {
            outcome,
            result,
            error: None,
            taint: attempt.taint,
            diff: attempt.diff,
            refused: false,
            ignored: false,
        };
        ended.flags();
        ended
    }

    fn missed(missed: &Missed) -> Self {
        Self::of(&missed.failure, missed.taint)
    }

    /// The end of a step that failed.
    pub fn of(failure: &Failure, taint: Taint) -> Self {
        let outcome = match failure.kind {
            FailureKind::Failed | FailureKind::Stopped(_) => Outcome::Failed,
            FailureKind::Unreachable => Outcome::Unreachable,
            FailureKind::Unknown => Outcome::Unknown,
        };
        let result = Value::Object(failure.result.clone());
        let error = Some(failure.error.clone());
        let refused = failure.error.refused;
        let mut ended = Self { outcome, result, error, taint, diff: None, refused, ignored: false };
        ended.flags();
        ended
    }

    fn skipped() -> Self {
        let result = Self::skipped_with(Results::new());
        Self {
            outcome: Outcome::Skipped,
            result,
            error: None,
            taint: Taint::PUBLIC,
            diff: None,
            refused: false,
            ignored: false,
        }
    }

    fn skipped_with(mut fields: Results) -> Value {
        fields
            .extend([("changed", false), ("failed", false), ("skipped", true)].map(|(k, v)| (k.to_owned(), v.into())));
        Value::Object(fields)
    }

    /// Puts `changed`, `failed` and `skipped` into the result.
    fn flags(&mut self) {
        if !self.result.is_object() {
            self.result = json!({});
        }
        self.result["changed"] = (self.outcome == Outcome::Changed).into();
        self.result["failed"] = (!self.outcome.is_good()).into();
        self.result["skipped"] = (self.outcome == Outcome::Skipped).into();
        if let Some(error) = &self.error {
            self.result["error"] = error.message.as_str().into();
        }
    }
}

/// Whether an action was sent whose end nobody saw.
fn is_lost(past: &Past) -> bool {
    match past {
        Past::Started { class, .. } => *class == Class::Action,
        Past::Finished(end) => end.outcome == Outcome::Unknown,
    }
}

/// `no_log`; what cannot be worked out hides.
pub fn hides(action: &Action, scope: &Scope) -> bool {
    let flag = |tree: &crate::template::Tree| tree.evaluate(scope, Rules::of(Sink::Plain));
    action.no_log.as_ref().is_some_and(|tree| flag(tree).map_or(true, |data| truth(&data)))
}

/// Leaves of an error what holds nothing of the step's arguments and result.
fn hide(error: &mut StepError) {
    "it failed; why is kept out of the output (`no_log`)".clone_into(&mut error.message);
    error.hint = None;
}

/// A step's name on a target.
pub fn step_name(action: &Action, scope: &Scope) -> String {
    match action.name.evaluate(scope, Rules::of(Sink::Plain)) {
        Ok(data) => text(&data),
        Err(_) => action.kind.name.to_owned(),
    }
}

fn withheld(result: &Value) -> Value {
    let flag = |name: &str| result.get(name).cloned().unwrap_or(Value::Null);
    json!({ "changed": flag("changed"), "failed": flag("failed"), "skipped": flag("skipped"), "withheld": true })
}

fn any(conditions: &[crate::template::Tree], scope: &Scope) -> Result<bool, Problem> {
    for tree in conditions {
        if tree.evaluate(scope, Rules::of(Sink::Plain))?.value.is_true() {
            return Ok(true);
        }
    }
    Ok(false)
}
