//! How a run ended and the exit status that says so, folded from how its parts ended.

use super::{Outcome, RunOutcome};

/// What has gone wrong so far, by kind; several may hold at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunVerdict {
    failed: bool,
    unreachable: bool,
    refused: bool,
    unknown: bool,
    interrupted: bool,
}

impl RunVerdict {
    /// The fold over all ends that count: a failure that was passed over (`ignore_errors`) or rescued is not among
    /// them. Each is an outcome and whether it was a refusal for safety.
    pub fn fold(ends: impl IntoIterator<Item = (Outcome, bool)>) -> Self {
        let mut verdict = Self::default();
        ends.into_iter().for_each(|(outcome, refused)| verdict.add(outcome, refused));
        verdict
    }

    /// Counts one end.
    pub fn add(&mut self, outcome: Outcome, refused: bool) {
        match outcome {
            Outcome::Skipped | Outcome::Ok | Outcome::Changed => {}
            Outcome::Failed | Outcome::Unreachable if refused => self.refused = true,
            Outcome::Failed => self.failed = true,
            Outcome::Unreachable => self.unreachable = true,
            Outcome::Unknown => self.unknown = true,
        }
    }

    /// A signal ended the run before its time.
    pub fn interrupt(&mut self) {
        self.interrupted = true;
    }

    /// Something failed that is no step: a halted rollout, a journal that cannot go on.
    pub fn fail(&mut self) {
        self.failed = true;
    }

    /// The one word for all of it; the order is that of the exit statuses: 130 and 143, then 4, 5, 1, 3.
    pub fn outcome(self) -> RunOutcome {
        if self.interrupted {
            RunOutcome::Interrupted
        } else if self.refused {
            RunOutcome::Refused
        } else if self.unknown {
            RunOutcome::Unknown
        } else if self.failed {
            RunOutcome::Failed
        } else if self.unreachable {
            RunOutcome::Unreachable
        } else {
            RunOutcome::Ok
        }
    }
}

impl RunOutcome {
    /// The word used in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The exit status of a run; `signal` is the number of the one that interrupted it (SIGINT where it is not known).
pub fn exit_code(outcome: RunOutcome, signal: Option<i32>) -> u8 {
    const HANGUP: i32 = 1;
    const TERMINATE: i32 = 15;
    match outcome {
        RunOutcome::Ok => 0,
        RunOutcome::Failed => 1,
        RunOutcome::Unreachable => 3,
        RunOutcome::Refused => 4,
        RunOutcome::Unknown => 5,
        RunOutcome::Interrupted => match signal {
            Some(TERMINATE | HANGUP) => 143,
            _ => 130,
        },
    }
}
