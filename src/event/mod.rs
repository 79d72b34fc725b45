//! What happened, in the past tense: one owned, serialisable type that the executor emits, the journal keeps and the
//! reporters show. The state of a run is a fold over its events ([`History`]); resuming is that fold over the journal.

mod emitter;
mod history;
mod key;
mod summary;
mod verdict;

pub use emitter::{Emitter, Envelope, HubGone};
pub use history::{Contradiction, History, Past};
pub use key::{BadKey, Segment, StepKey, StepPath, Target};
pub use summary::{HostCounts, RunState, RunSummary};
pub use verdict::{RunVerdict, exit_code};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::RunId;

/// How a step ended on one target. The order is the order of weight when several are folded into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// `when` was false.
    Skipped,
    /// Nothing had to change.
    Ok,
    /// Something was changed.
    Changed,
    /// It was seen to fail.
    Failed,
    /// The host or service could not be reached.
    Unreachable,
    /// It was sent, and its end was never seen.
    Unknown,
}

impl Outcome {
    /// Whether the host goes on after it.
    pub fn is_good(self) -> bool {
        self <= Self::Changed
    }

    /// The word used in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::Unknown => "unknown",
        }
    }
}

/// By which plan, retry and resume go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Only looks.
    Read,
    /// Safe to repeat.
    Converge,
    /// All else.
    Action,
}

/// How many steps ended how, on one host or on all services.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Nothing to change.
    pub ok: u64,
    /// Changed something (not counted in `ok`).
    pub changed: u64,
    /// Skipped by `when`.
    pub skipped: u64,
    /// Failed.
    pub failed: u64,
    /// Not reached.
    pub unreachable: u64,
    /// End not seen.
    pub unknown: u64,
}

impl Tally {
    /// Counts one step.
    pub fn add(&mut self, outcome: Outcome) {
        *self.count_of(outcome) += 1;
    }

    /// Takes one step back that was counted.
    pub fn remove(&mut self, outcome: Outcome) {
        let count = self.count_of(outcome);
        *count = count.saturating_sub(1);
    }

    /// Whether something in it did not end well.
    pub fn is_bad(&self) -> bool {
        self.failed + self.unreachable + self.unknown > 0
    }

    fn count_of(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Ok => &mut self.ok,
            Outcome::Changed => &mut self.changed,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Failed => &mut self.failed,
            Outcome::Unreachable => &mut self.unreachable,
            Outcome::Unknown => &mut self.unknown,
        }
    }
}

/// Why a step did not end well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepError {
    /// One sentence.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The stage at which a transport gave up (`resolve`, `connect`, ...), for transport errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// `file:line:column` of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// It was refused for safety (exit status 4).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

/// Where a host stands in a rollout that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    /// It is through.
    Done,
    /// It has failed.
    Failed {
        /// At this step.
        step: String,
    },
    /// It was let in, and stopped on the way.
    Inside {
        /// The step that it had begun last.
        step: String,
    },
    /// It was not let in.
    NotStarted,
}

impl Standing {
    /// The step that it names.
    pub fn step(&mut self) -> Option<&mut String> {
        match self {
            Self::Failed { step } | Self::Inside { step } => Some(step),
            Self::Done | Self::NotStarted => None,
        }
    }
}

/// How a run ended, by which the exit status goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// All went well.
    Ok,
    /// A step failed.
    Failed,
    /// Something could not be reached, and nothing else failed.
    Unreachable,
    /// Refused for safety.
    Refused,
    /// An action's end was never seen.
    Unknown,
    /// Stopped by a signal.
    Interrupted,
}

/// What a run was started with: enough to start it again, without any secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The playbook's path, absolute.
    pub playbook: String,
    /// The inventories' paths, absolute.
    pub inventories: Vec<String>,
    /// `-e` as given.
    pub extra: Vec<String>,
    /// The other flags that decide what is done, by name.
    pub flags: BTreeMap<String, serde_json::Value>,
    /// SHA-256 over everything that was read, by what it was (`playbook`, `inventory`, `inputs`).
    pub digests: BTreeMap<String, String>,
}

/// One thing that happened, with the time at which it did (milliseconds since 1970, UTC).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: i64,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[allow(missing_docs, reason = "the fields say what they are; each variant says what happened")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// A run began.
    RunStarted { run: RunId, name: String, recipe: Recipe, check: bool },
    /// A run was taken up again by another process.
    RunResumed { run: RunId },
    /// A play began.
    PlayStarted { play: u32, name: String, hosts: Vec<String> },
    /// A batch of a play began.
    BatchStarted { play: u32, batch: u32, hosts: Vec<String> },
    /// A step began on a target. Is on disk before an action acts.
    StepStarted { key: StepKey, name: String, kind: String, class: Class },
    /// Bytes moved so far by a running step; shown, never kept.
    StepProgressed { key: StepKey, done: u64, total: Option<u64> },
    /// A running step said something to people (`log`, a warning about the connection).
    StepSaid { key: StepKey, text: String },
    /// Something inside a step is done and need not be done again (a loop item, a SQL statement, confirmed messages).
    StepCheckpointed { key: StepKey, data: serde_json::Value },
    /// An attempt failed and another will follow.
    AttemptFailed { key: StepKey, error: StepError, left: u32 },
    /// A step ended on a target.
    StepFinished(Box<StepFinished>),
    /// A handler was notified on a host.
    HandlerNotified { play: u32, batch: u32, handler: String, host: Option<String> },
    /// A host left the run.
    HostLeft { host: String, outcome: Outcome, step: String },
    /// A rollout (`throttle`, `serial`) stopped half-way: where each host stands in what is called `step`.
    RolloutHalted { play: u32, step: String, hosts: BTreeMap<String, Standing> },
    /// Something people should know.
    Warned { message: String },
    /// A run ended.
    RunFinished { run: RunId, outcome: RunOutcome, hosts: BTreeMap<String, Tally>, services: Tally },
}

/// The end of a step on a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepFinished {
    /// Which.
    pub key: StepKey,
    /// The play's name.
    pub play: String,
    /// The step's name.
    pub step: String,
    /// The step type's name.
    pub kind: String,
    /// The host; none for a service step.
    pub host: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The result as a later step sees it; masked before it leaves the hub.
    pub result: serde_json::Value,
    /// Why it did not end well.
    pub error: Option<StepError>,
    /// What was or would be changed, as people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// How long it took, in milliseconds.
    pub duration: u64,
    /// Its result holds a secret or is `no_log`: it is kept masked, and resuming repeats the step if it may.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
    /// The failure was told and passed over (`ignore_errors`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignored: bool,
}

impl What {
    /// Whether the journal keeps it.
    pub fn is_kept(&self) -> bool {
        !matches!(self, Self::StepProgressed { .. })
    }
}
