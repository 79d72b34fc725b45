//! One attempt at a step on one target: parameters, connections, check and apply, under a permit and a deadline.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use serde_json::Value;

use super::inside::InsideSteps;
use super::run::Execution;
use super::seat::{Position, Seat};
use crate::cancel::{Cancel, Reason};
use crate::connection::host::{Become, HostTarget};
use crate::connection::{ServiceTarget, Stage};
use crate::diagnostic::{Problem, Problems};
use crate::event::{Class, StepKey, What};
use crate::fault::{Fault, Point};
use crate::inventory::known::{self, KnownVar};
use crate::plan::{Action, Prepared, Repeat, Unready, prepare};
use crate::secret::{Secret, Taint};
use crate::step::{Access, Context, Done, Failure, FailureKind, Finding, Progress, Results, Verdict};
use crate::template::{Binding, Data, Rules, Scope, Sink, Tree};

/// Waits between two tries unless told.
const DELAY: Duration = Duration::from_secs(5);
/// Tries again so often where only `until` is given.
const RETRIES: u32 = 3;

/// For whom and where an attempt is made.
pub struct Subject<'a> {
    /// The seat whose turn it is.
    pub seat: &'a Arc<Seat>,
    /// The step.
    pub action: &'a Action,
    /// Where the seat is.
    pub position: &'a Position,
    /// Its identity.
    pub key: StepKey,
    /// The host it runs on, if it runs on one.
    pub target: Option<Arc<HostTarget>>,
    /// What is done of it already.
    pub checkpoints: Vec<Value>,
    /// Ends it.
    pub cancel: Cancel,
}

/// What an attempt gave.
pub struct Attempt {
    /// Whether something is different now.
    pub changed: bool,
    /// The result's fields.
    pub result: Results,
    /// What went into it.
    pub taint: Taint,
    /// What was or would be changed.
    pub diff: Option<String>,
    /// The step was not run: what it needs is not known until apply (`--check`).
    pub open: bool,
}

impl Attempt {
    /// The step was not run.
    fn open() -> Self {
        Self { changed: false, result: Results::new(), taint: Taint::PUBLIC, diff: None, open: true }
    }
}

/// A failure and what had gone into the attempt.
pub struct Missed {
    /// Why.
    pub failure: Failure,
    /// What went into it.
    pub taint: Taint,
    /// An action ran to its end.
    pub acted: bool,
}

impl Subject<'_> {
    fn execution(&self) -> &Arc<Execution> {
        &self.seat.execution
    }

    /// Makes the attempt.
    pub async fn attempt(&self, scope: &Scope, name: &str) -> Result<Attempt, Missed> {
        let early = |failure: Failure| Missed { failure, taint: Taint::PUBLIC, acted: false };
        let check = self.execution().settings.check;
        if check && !self.action.args.needs(scope).is_empty() {
            return Ok(Attempt::open());
        }
        let services = self.services(scope).map_err(|problem| early(refusal(problem.into())))?;
        let kind = services.values().next().map(|service| service.kind);
        let prepared = match prepare(self.action, scope, kind, &self.execution().files) {
            Ok(prepared) => prepared,
            Err(Unready::Waiting) if check => return Ok(Attempt::open()),
            Err(unready) => return Err(early(unmade(unready))),
        };
        let class = self.action.class.unwrap_or_else(|| prepared.step.class());
        let limit = duration(self.action.timeout.as_ref(), scope).map_err(|problem| early(refusal(problem.into())))?;
        let (cancel, _deadline) = self.cancel.child_for(limit);
        let context = self.context(scope, services, &cancel).map_err(|problem| early(refusal(problem.into())))?;
        let taint = prepared.taint;
        let missed = |failure| Missed { failure: settle(failure, &cancel, class), taint, acted: false };
        // What holds steps waits, mostly; those inside need a place themselves.
        let places = async {
            if self.action.inside.is_empty() { self.execution().permits.acquire().await.map(Some) } else { Ok(None) }
        };
        let waited = self.cancel.bound(places).await;
        let _permit = match (waited, self.cancel.reason()) {
            (Ok(permit), None) => permit,
            (Err(reason), _) | (_, Some(reason)) => {
                return Err(missed(Failure::new(FailureKind::Stopped(reason), "stopped before it began")));
            }
        };
        self.announce(name, class).await.map_err(missed)?;
        let line = match &self.target {
            Some(target) => Some(self.execution().pool.line(&target.name).await),
            None => None,
        };
        let work = async {
            self.fail_on_purpose(name);
            self.carry_out(&prepared, class, &context).await
        };
        // A panic in one host's step is that host's failure, and nobody else's.
        match std::panic::AssertUnwindSafe(work).catch_unwind().await {
            Ok(Ok(None)) => Ok(Attempt::open()),
            Ok(Ok(Some((done, diff)))) => {
                Ok(Attempt { changed: done.changed, result: done.result, taint, diff, open: false })
            }
            Ok(Err(failure)) => {
                if failure.error.stage.as_deref() == Some(Stage::Lost.word())
                    && let (Some(target), Some(line)) = (&self.target, line)
                {
                    self.execution().pool.forget_host(&target.name, &line).await;
                }
                let missed = missed(failure);
                let acted = class == Class::Action && missed.failure.kind == FailureKind::Failed;
                Err(Missed { acted, ..missed })
            }
            Err(_) => Err(missed(Failure::new(FailureKind::Unknown, "runbook itself failed in this step (a panic)"))),
        }
    }

    fn fail_on_purpose(&self, name: &str) {
        let host = self.target.as_ref().map_or("-", |target| target.name.as_str());
        let fault = self.execution().faults.at(Point::Step { host, name });
        assert!(fault != Some(Fault::Panic), "a fail point of a test");
    }

    /// What the step reads and writes; none where it cannot be made ready.
    pub fn access(&self, scope: &Scope) -> Option<Access> {
        let kind = self.services(scope).ok()?.values().next().map(|service| service.kind);
        Some(prepare(self.action, scope, kind, &self.execution().files).ok()?.step.access())
    }

    /// Only looks at what is there.
    pub async fn look(&self, scope: &Scope) -> Result<Finding, Failure> {
        let services = self.services(scope).map_err(|problem| refusal(problem.into()))?;
        let kind = services.values().next().map(|service| service.kind);
        let prepared = prepare(self.action, scope, kind, &self.execution().files).map_err(unmade)?;
        let context = self.context(scope, services, &self.cancel).map_err(|problem| refusal(problem.into()))?;
        prepared.step.check(&context).await
    }

    /// "Started" is on disk before an action acts.
    async fn announce(&self, name: &str, class: Class) -> Result<(), Failure> {
        let started = What::StepStarted {
            key: self.key.clone(),
            name: name.to_owned(),
            kind: self.action.kind.name.to_owned(),
            class,
        };
        let emitter = &self.execution().emitter;
        let sent = match class {
            Class::Action if !self.execution().settings.check => emitter.emit_durably(started).await,
            _ => emitter.emit(started).await,
        };
        sent.map_err(|gone| Failure::new(FailureKind::Stopped(Reason::Abandoned), gone.to_string()))
    }

    /// What was done, and the difference; none where that is not known until apply (`--check`).
    async fn carry_out(
        &self,
        prepared: &Prepared,
        class: Class,
        cx: &Context,
    ) -> Result<Option<(Done, Option<String>)>, Failure> {
        let settings = self.execution().settings;
        Ok(Some(match class {
            Class::Read if settings.check && self.action.kind.waits => {
                let found = prepared.step.check(cx).await?;
                if matches!(found.verdict, Verdict::Unknown(_)) {
                    return Ok(None);
                }
                (Done { changed: false, result: found.result }, None)
            }
            Class::Action if settings.check => {
                let found = prepared.step.check(cx).await?;
                self.promise(prepared);
                (Done { changed: true, result: found.result }, Some(found.summary))
            }
            Class::Read | Class::Action => match prepared.step.apply(cx, None).await {
                Err(failure) if self.is_promised(prepared, &failure) => return Ok(None),
                done => (done?, None),
            },
            Class::Converge => {
                let found = match prepared.step.check(cx).await {
                    Err(failure) if self.is_promised(prepared, &failure) => return Ok(None),
                    found => found?,
                };
                let diff = found.diff.clone();
                match found.verdict {
                    Verdict::Same => (Done { changed: false, result: found.result }, None),
                    _ if settings.check => {
                        self.promise(prepared);
                        (Done { changed: true, result: found.result }, diff)
                    }
                    Verdict::Destructive => {
                        self.agree(&found, cx).await?;
                        (prepared.step.apply(cx, Some(found)).await?, diff)
                    }
                    _ => (prepared.step.apply(cx, Some(found)).await?, diff),
                }
            }
        }))
    }

    /// Under `--check`: what this step would have written.
    fn promise(&self, prepared: &Prepared) {
        if !self.action.connections.is_empty() {
            self.execution().state().promised.extend(prepared.step.access().writes);
        }
    }

    /// Under `--check`: whether a step has failed at what an earlier one would have changed.
    fn is_promised(&self, prepared: &Prepared, failure: &Failure) -> bool {
        self.execution().settings.check
            && failure.kind == FailureKind::Failed
            && prepared.step.access().meets(&self.execution().state().promised)
    }

    /// Something would be lost: `--yes`, or a person who agrees.
    async fn agree(&self, found: &Finding, cx: &Context) -> Result<(), Failure> {
        if self.execution().settings.yes {
            return Ok(());
        }
        let question = format!("{}: this destroys data. Go on?", found.summary);
        match cx.prompt.confirm(&question, &cx.cancel).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::refused(format!("not agreed to: {}", found.summary))),
            Err(_) => Err(Failure::refused(format!("{} would destroy data", found.summary))
                .hint("--yes agrees to it where nobody can be asked")),
        }
    }

    /// The connections of the action, as they are in this scope.
    fn services(&self, scope: &Scope) -> Result<BTreeMap<String, ServiceTarget>, Problem> {
        let plan = &self.execution().plan;
        let wanted = plan.connections.iter().filter(|connection| self.action.connections.contains(&connection.name));
        let folder = self.execution().files.folder();
        wanted.map(|connection| Ok((connection.name.clone(), connection.target(scope, folder, &plan.hosts)?))).collect()
    }

    fn context(
        &self,
        scope: &Scope,
        services: BTreeMap<String, ServiceTarget>,
        cancel: &Cancel,
    ) -> Result<Context, Problem> {
        let execution = self.execution();
        let emitter = execution.emitter.clone();
        let hides = super::perform::hides(self.action, scope);
        let progress = Arc::new(Telling { key: self.key.clone(), emitter, hides });
        Ok(Context {
            pool: Arc::clone(&execution.pool),
            host: self.target.clone(),
            services: Arc::new(services),
            cancel: cancel.clone(),
            around: self.cancel.clone(),
            nested: InsideSteps::of(self, scope),
            progress,
            prompt: Arc::clone(&execution.prompt),
            folder: execution.files.folder().to_owned(),
            sudo: sudo(self.action, scope, self.target.as_deref())?,
            environment: self.environment(scope)?,
            checkpoints: Arc::new(self.checkpoints.clone()),
            run: execution.run.to_string(),
            ahead: Arc::clone(&self.seat.ahead),
            diffs: execution.settings.diff,
        })
    }

    fn environment(&self, scope: &Scope) -> Result<BTreeMap<String, Secret>, Problem> {
        let resolve = |(name, tree): &(String, Tree)| {
            let data = tree.evaluate(scope, Rules::of(Sink::Payload))?;
            Ok((name.clone(), Secret::new(text(&data))))
        };
        self.action.environment.iter().map(resolve).collect()
    }
}

/// As whom the host commands of an action run: `become`, else `ansible_become` of the host.
pub fn sudo(action: &Action, scope: &Scope, target: Option<&HostTarget>) -> Result<Option<Become>, Problem> {
    let plain = |tree: &Tree| tree.evaluate(scope, Rules::of(Sink::Plain));
    let wanted = match &action.r#become {
        Some(tree) => truth(&plain(tree)?),
        None => var(scope, known::BECOME)?.is_some_and(|data| truth(&data)),
    };
    if !wanted {
        return Ok(None);
    }
    let user = match &action.become_user {
        Some(tree) => Some(tree.evaluate(scope, Rules::of(Sink::Name))?),
        None => var(scope, known::BECOME_USER)?,
    };
    let password = target.and_then(|target| target.become_password.clone());
    Ok(Some(Become { user: user.map_or_else(|| "root".to_owned(), |data| text(&data)), password }))
}

/// The value of a var of the inventory.
fn var(scope: &Scope, known: &KnownVar) -> Result<Option<Data>, Problem> {
    match known.names.iter().find_map(|name| scope.lookup(name)) {
        Some(Binding::Known(data)) => Ok(Some(data.clone())),
        Some(Binding::Lazy(tree)) => tree.evaluate(scope, Rules::of(Sink::Plain)).map(Some),
        Some(Binding::Record(_) | Binding::Unknown(_)) | None => Ok(None),
    }
}

/// Only an action's end can be unknown; a stop has the words of its reason.
fn settle(mut failure: Failure, cancel: &Cancel, class: Class) -> Failure {
    if failure.kind == FailureKind::Unknown && class != Class::Action {
        failure.kind = FailureKind::Unreachable;
    }
    if failure.kind == FailureKind::Unknown || failure.is_late {
        return failure;
    }
    match cancel.reason() {
        Some(Reason::TimedOut(limit)) => {
            let message = format!("it did not end within {} and was stopped", crate::text::human_duration(limit));
            Failure { result: failure.result, ..Failure::new(FailureKind::Stopped(Reason::TimedOut(limit)), message) }
        }
        Some(reason) => {
            let message = "it was stopped because the run was interrupted";
            Failure { result: failure.result, ..Failure::new(FailureKind::Stopped(reason), message) }
        }
        None => failure,
    }
}

/// Problems found while parameters were worked out, as a failure.
pub fn refusal(problems: Problems) -> Failure {
    let mut all = problems.into_iter();
    let Some(first) = all.next() else { return Failure::failed("the parameters cannot be worked out") };
    let mut failure = Failure::failed(first.message);
    failure.error.hint = first.hint;
    failure.error.place = first.place.map(|place| place.to_string());
    failure
}

/// A step that could not be made ready, as its failure.
fn unmade(unready: Unready) -> Failure {
    match unready {
        Unready::Wrong(problems) => refusal(problems),
        Unready::Waiting => Failure::failed("a template uses what is not known yet"),
    }
}

/// A duration from a template; seconds where it is a number.
pub fn duration(tree: Option<&Tree>, scope: &Scope) -> Result<Option<Duration>, Problem> {
    let Some(tree) = tree else { return Ok(None) };
    let value = text(&tree.evaluate(scope, Rules::of(Sink::Plain))?);
    let read = crate::text::parse_duration(&value);
    read.map(Some).map_err(|error| {
        Problem::error(format!("`{value}`: {error}")).at(tree.place.clone()).hint("write it like 30s, 5m or 2h")
    })
}

/// How often something is tried, and how long is waited between.
pub fn tries(repeat: &Repeat, scope: &Scope) -> Result<(u32, Duration), Problem> {
    let retries = match &repeat.retries {
        None if repeat.until.is_empty() => 0,
        None => RETRIES,
        Some(tree) => {
            let value = text(&tree.evaluate(scope, Rules::of(Sink::Plain))?);
            value.parse().map_err(|_| {
                Problem::error(format!("`retries` must be a whole number, found `{value}`")).at(tree.place.clone())
            })?
        }
    };
    Ok((retries.saturating_add(1), duration(repeat.delay.as_ref(), scope)?.unwrap_or(DELAY)))
}

/// A value as text.
pub fn text(data: &Data) -> String {
    data.value.as_str().map_or_else(|| data.value.to_string(), str::to_owned)
}

/// Ansible's idea of a flag: also the texts `yes`, `true`, `on`, `1`.
pub fn truth(data: &Data) -> bool {
    match data.value.as_str() {
        Some(text) => matches!(text.to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1"),
        None => data.value.is_true(),
    }
}

/// Tells what goes on inside a step.
struct Telling {
    key: StepKey,
    emitter: crate::event::Emitter,
    /// `no_log`: nothing it says is passed on.
    hides: bool,
}

#[async_trait]
impl Progress for Telling {
    fn moved(&self, done: u64, total: Option<u64>) {
        self.emitter.try_emit(What::StepProgressed { key: self.key.clone(), done, total });
    }

    fn say(&self, text: String) {
        if self.hides {
            return;
        }
        self.emitter.emit_now(What::StepSaid { key: self.key.clone(), text });
    }

    fn checkpoint(&self, data: Value) {
        self.emitter.emit_now(What::StepCheckpointed { key: self.key.clone(), data });
    }
    async fn keep(&self, data: Value) -> Result<(), Failure> {
        let kept = self.emitter.emit_durably(What::StepCheckpointed { key: self.key.clone(), data }).await;
        kept.map_err(|gone| Failure::new(FailureKind::Stopped(Reason::Abandoned), gone.to_string()))
    }

    fn hides(&self) -> bool {
        self.hides
    }
}
