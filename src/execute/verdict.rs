//! How a run ends: one fold over the ends of its hosts and services, and one exhaustive match to an exit status.

use crate::cancel::Reason;
use crate::event::{Outcome, RunOutcome};

/// What has gone wrong so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    failed: bool,
    unreachable: bool,
    unknown: bool,
    refused: bool,
    interrupted: Option<i32>,
}

impl Verdict {
    /// Takes in the end of a host or service that nothing rescued.
    pub fn add(&mut self, outcome: Outcome, refused: bool) {
        self.refused |= refused;
        match outcome {
            Outcome::Skipped | Outcome::Ok | Outcome::Changed => {}
            Outcome::Failed => self.failed |= !refused,
            Outcome::Unreachable => self.unreachable |= !refused,
            Outcome::Unknown => self.unknown = true,
        }
    }

    /// Takes in why the run was cancelled.
    pub fn stopped(&mut self, reason: Reason) {
        match reason {
            Reason::Interrupted(signal) => self.interrupted = Some(signal),
            Reason::TimedOut(_) | Reason::Abandoned => self.failed = true,
        }
    }

    /// The outcome in a word. Where several apply: interrupted, refused, unknown, failed, unreachable.
    pub fn outcome(self) -> RunOutcome {
        match self {
            Self { interrupted: Some(_), .. } => RunOutcome::Interrupted,
            Self { refused: true, .. } => RunOutcome::Refused,
            Self { unknown: true, .. } => RunOutcome::Unknown,
            Self { failed: true, .. } => RunOutcome::Failed,
            Self { unreachable: true, .. } => RunOutcome::Unreachable,
            Self { .. } => RunOutcome::Ok,
        }
    }

    /// The exit status (LANGUAGE, Commands). An interrupt by SIGINT is 130; SIGTERM and SIGHUP are 143.
    pub fn exit_status(self) -> u8 {
        match self.outcome() {
            RunOutcome::Ok => 0,
            RunOutcome::Failed => 1,
            RunOutcome::Unreachable => 3,
            RunOutcome::Refused => 4,
            RunOutcome::Unknown => 5,
            RunOutcome::Interrupted => {
                if self.interrupted == Some(2) {
                    130
                } else {
                    143
                }
            }
        }
    }
}
