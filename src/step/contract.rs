//! What every step type is and does.

use std::any::Any;
use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use super::{Context, Field, Shape};
use crate::cancel::{Cancel, Reason};
use crate::connection::{ConnectionError, Kind, Stage};
use crate::event::{Class, StepError};

/// A result's fields in order; `changed`, `failed` and `skipped` are added by the executor.
pub type Results = serde_json::Map<String, Value>;

/// Where a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// On every host of the play, over its connection.
    OnHost,
    /// On the control machine, for each host of the play.
    PerHost,
    /// On the control machine, once per batch: a meeting point.
    Service,
}

/// What a step wants of a local file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceUse {
    /// It must be there; the step reads it itself, as a stream.
    Exists,
    /// Its text.
    Text,
    /// A folder: the text of every file in it, as it is.
    Folder,
    /// Its text, rendered; of a folder, every file in it.
    Template,
}

/// A row of the table of step types: everything that is known of a type without running it.
#[expect(clippy::struct_excessive_bools, reason = "each flag of the row stands for itself")]
pub struct StepType {
    /// The key in a playbook.
    pub name: &'static str,
    /// One sentence for the reference.
    pub summary: &'static str,
    /// A list of steps as they stand in a playbook, for the reference.
    pub example: &'static str,
    /// Where it runs.
    pub runs: Runs,
    /// Its parameters.
    pub shape: Shape,
    /// The fields of its result.
    pub results: &'static [Field],
    /// The result's fields become names of the scope (`set`).
    pub defines_names: bool,
    /// What a step that was given no name is called after, beside its type.
    pub subject: Subject,
    /// It may find what cannot be reconciled: where its parameters are known, `check` runs before anything is touched.
    pub looks_first: bool,
    /// The fields of `message`, which the steps under its key `each` see.
    pub message: &'static [Field],
    /// It waits for what may never come: one of these parameters, or the step's `timeout`, says when it ends.
    pub ends_with: &'static [&'static str],
    /// Its checkpoints tell all that was done of it: taken up again, also after a failure, it goes on behind them.
    pub goes_on: bool,
    /// It waits for the world: under `--check` it looks once, for what it waits for may need what was not done.
    pub waits: bool,
    /// Its steps name the paths they will look at ([`Step::paths`]), so that those of neighbours are fetched
    /// together. Only where one such step cannot change what the next one looks at, but at a path that both name.
    pub looks_ahead: bool,
    /// The local files it names in its parameters, and what it wants of each. Texts are handed to `build` under the key
    /// `rendered`: path below the source ("" for a single file) to text.
    pub sources: fn(&Value) -> Vec<(String, SourceUse)>,
    /// Makes a step from parameters that fit `shape`; the error is a sentence about a combination of them.
    pub build: fn(Value) -> Result<Box<dyn Step>, String>,
    /// Whether parameters as they are written fit the system behind the step's connection; the error is a sentence.
    pub fits: fn(&Value, Kind) -> Result<(), String>,
    /// What is wrong inside of parameters that fit `shape`, each with its place in them; the system is known where the
    /// connection's URL says it. All are told at once.
    pub flaws: fn(&Value, Option<Kind>) -> Vec<Flaw>,
}

/// Something wrong inside of a step's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The keys that lead to it (`tables`, `users`, `columns`, `id`); an item of a list by its number.
    pub path: Vec<String>,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Flaw {
    /// A flaw at a place.
    pub fn at(path: &[&str], message: impl Into<String>) -> Self {
        Self { path: path.iter().map(|key| (*key).to_owned()).collect(), message: message.into(), hint: None }
    }

    /// The same, with what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What a step is called after.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// The first of these parameters that is there, else its first text.
    Of(&'static [&'static str]),
    /// Nothing: its text is read anyway.
    Nothing,
}

impl StepType {
    /// A type without names, files and objections: what a row leaves out.
    pub const DEFAULT: Self = Self {
        name: "",
        summary: "",
        example: "",
        runs: Runs::OnHost,
        shape: Shape::Boolean,
        results: &[],
        defines_names: false,
        subject: Subject::Of(&[]),
        looks_first: false,
        message: &[],
        ends_with: &[],
        goes_on: false,
        waits: false,
        looks_ahead: false,
        sources: |_| Vec::new(),
        fits: |_, _| Ok(()),
        flaws: |_, _| Vec::new(),
        build: |_| Err(String::new()),
    };

    /// The parameters that are lists of steps.
    pub fn lists(&self) -> impl Iterator<Item = &'static str> {
        let fields = match self.shape {
            Shape::Record(fields) => fields,
            _ => &[],
        };
        fields.iter().filter(|field| matches!(field.shape, Shape::Steps)).map(|field| field.key)
    }
}

/// What a step reads and writes, by name (`web1:/etc/motd`, `broker:queue/jobs`), for the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Objects it looks at.
    pub reads: Vec<String>,
    /// Objects it changes.
    pub writes: Vec<String>,
}

impl Access {
    /// Whether it reads or writes what is written by `writes`: the same object, or one that holds or is part of it
    /// (`db` and `db:table/users`).
    pub fn meets<'a>(&self, writes: impl IntoIterator<Item = &'a String>) -> bool {
        writes.into_iter().any(|write| self.reads.iter().chain(&self.writes).any(|own| is_same(own, write)))
    }
}

fn is_same(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
}

/// What `check` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to do.
    Same,
    /// It would be changed.
    Change,
    /// Something would be lost.
    Destructive,
    /// It will run, whatever is there.
    Act,
    /// It cannot be known, because ...
    Unknown(String),
}

/// What is there, compared with what is declared.
pub struct Finding {
    /// The comparison in a word.
    pub verdict: Verdict,
    /// What is or would be done, in a line: `write /etc/motd (12 bytes)`.
    pub summary: String,
    /// The difference as people read it: a unified diff, flags, rows. May hold secrets; sinks mask it.
    pub diff: Option<String>,
    /// What identifies the state that was seen, per object.
    pub fingerprints: BTreeMap<String, String>,
    /// The result, as far as it is known; complete where nothing is to be done.
    pub result: Results,
    /// What the step wants to find again in `apply`.
    pub carry: Option<Box<dyn Any + Send + Sync>>,
}

impl Finding {
    /// Nothing to do.
    pub fn same(summary: impl Into<String>, result: Results) -> Self {
        Self { result, ..Self::new(Verdict::Same, summary) }
    }

    /// A finding without details.
    pub fn new(verdict: Verdict, summary: impl Into<String>) -> Self {
        let summary = summary.into();
        Self { verdict, summary, diff: None, fingerprints: BTreeMap::new(), result: Results::new(), carry: None }
    }

    /// The same, with a difference to show.
    pub fn diff(mut self, diff: impl Into<String>) -> Self {
        self.diff = Some(diff.into());
        self
    }
}

/// What `apply` did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// Whether something is different now.
    pub changed: bool,
    /// The result's fields.
    pub result: Results,
}

/// How a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It was seen to fail.
    Failed,
    /// The host or service could not be reached; nothing that acts was sent.
    Unreachable,
    /// It was sent and its end was not seen.
    Unknown,
    /// It was stopped, and the stop is certain.
    Stopped(Reason),
}

/// Why a step did not end well, and the result as far as there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// How.
    pub kind: FailureKind,
    /// Why.
    pub error: StepError,
    /// What is known all the same (`rc`, `stdout`).
    pub result: Results,
    /// The step says itself that its time is over.
    pub is_late: bool,
}

impl Failure {
    /// A failure that was seen.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Failed, message)
    }

    /// A refusal for safety (exit status 4).
    pub fn refused(message: impl Into<String>) -> Self {
        let mut failure = Self::failed(message);
        failure.error.refused = true;
        failure
    }

    /// A connection's error; a wait that `cancel` cut short before anything that acts was sent is certain to be stopped.
    pub fn of(error: ConnectionError, cancel: &Cancel) -> Self {
        match cancel.reason() {
            Some(reason) if !error.sent && error.stage != Stage::Answered => {
                Self { kind: FailureKind::Stopped(reason), ..Self::from(error) }
            }
            _ => error.into(),
        }
    }

    /// A failure of any kind.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        let error = StepError { message: message.into(), hint: None, stage: None, place: None, refused: false };
        Self { kind, error, result: Results::new(), is_late: false }
    }

    /// The same, with what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.error.hint = Some(hint.into());
        self
    }

    /// The same, with what is known of the result.
    pub fn result(mut self, result: Results) -> Self {
        self.result = result;
        self
    }
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        let kind = match error.stage {
            Stage::Answered => FailureKind::Failed,
            _ if error.sent => FailureKind::Unknown,
            _ => FailureKind::Unreachable,
        };
        let mut failure = Self::new(kind, error.message);
        failure.error.hint = error.hint;
        failure.error.stage = Some(error.stage.word().to_owned());
        failure.error.refused = error.stage == Stage::Verify;
        failure
    }
}

/// One step with its parameters.
#[async_trait]
pub trait Step: Send + Sync {
    /// Read, converge or action.
    fn class(&self) -> Class;

    /// What it reads and writes; the host's name is put before by the caller where it is a host step.
    fn access(&self) -> Access {
        Access::default()
    }

    /// The paths on the host whose state `check` will ask for: the executor fetches those of neighbouring steps in one
    /// round trip.
    fn paths(&self) -> Vec<String> {
        Vec::new()
    }

    /// Compares what is declared with what is there. Changes nothing, anywhere. An action answers [`Verdict::Act`]
    /// without looking; a read answers [`Verdict::Same`] from `apply`, and need not be checked.
    async fn check(&self, cx: &Context) -> Result<Finding, Failure>;

    /// Makes it so. `found` is what `check` answered just before, for a step that converges; none for the others.
    async fn apply(&self, cx: &Context, found: Option<Finding>) -> Result<Done, Failure>;
}
