//! How a run ended and the exit status that says so, folded from how its parts ended.

use super::{Outcome, RunOutcome};

/// The weightiest end so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunVerdict(RunOutcome);

impl Default for RunVerdict {
    fn default() -> Self {
        Self(RunOutcome::Ok)
    }
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
        self.weigh(match outcome {
            Outcome::Skipped | Outcome::Ok | Outcome::Changed => RunOutcome::Ok,
            Outcome::Failed | Outcome::Unreachable if refused => RunOutcome::Refused,
            Outcome::Failed => RunOutcome::Failed,
            Outcome::Unreachable => RunOutcome::Unreachable,
            Outcome::Unknown => RunOutcome::Unknown,
        });
    }

    /// A signal ended the run before its time.
    pub fn interrupt(&mut self) {
        self.weigh(RunOutcome::Interrupted);
    }

    /// Something failed that is no step: a halted rollout, a journal that cannot go on.
    pub fn fail(&mut self) {
        self.weigh(RunOutcome::Failed);
    }

    /// The one word for all of it.
    pub fn outcome(self) -> RunOutcome {
        self.0
    }

    fn weigh(&mut self, outcome: RunOutcome) {
        if weight(outcome) > weight(self.0) {
            self.0 = outcome;
        }
    }
}

/// Which exit status wins where several apply: 130 and 143, then 4, 5, 1, 3.
fn weight(outcome: RunOutcome) -> u8 {
    match outcome {
        RunOutcome::Ok => 0,
        RunOutcome::Unreachable => 1,
        RunOutcome::Failed => 2,
        RunOutcome::Unknown => 3,
        RunOutcome::Refused => 4,
        RunOutcome::Interrupted => 5,
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
