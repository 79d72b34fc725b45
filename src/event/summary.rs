//! A run in one line: what the journal lists and the reports show.

use super::{History, RunOutcome, Tally};
use crate::id::RunId;

/// Whether a run goes on, was cut off, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// The process that owns it is alive.
    Running {
        /// That process.
        pid: u32,
    },
    /// It has no end and nobody owns it: it can be resumed.
    Cut,
    /// It ended.
    Ended(RunOutcome),
    /// Its journal cannot be read; says why.
    Damaged(String),
}

impl RunState {
    /// The word used in every output.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Running { .. } => "running",
            Self::Cut => "interrupted",
            Self::Ended(outcome) => outcome.word(),
            Self::Damaged(_) => "damaged",
        }
    }

    /// Whether `resume` has something to go on with.
    pub fn can_resume(&self) -> bool {
        match self {
            Self::Cut => true,
            Self::Ended(outcome) => *outcome != RunOutcome::Ok,
            Self::Running { .. } | Self::Damaged(_) => false,
        }
    }
}

/// How many hosts ended how: each host counts once, under the worst that happened to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostCounts {
    /// Nothing was changed on them.
    pub ok: usize,
    /// Something was changed.
    pub changed: usize,
    /// Something failed, could not be reached, or is unknown.
    pub bad: usize,
}

impl HostCounts {
    /// The counts of these tallies.
    pub fn of<'a>(tallies: impl IntoIterator<Item = &'a Tally>) -> Self {
        let mut counts = Self::default();
        for tally in tallies {
            *(match (tally.is_bad(), tally.changed) {
                (true, _) => &mut counts.bad,
                (false, 0) => &mut counts.ok,
                (false, _) => &mut counts.changed,
            }) += 1;
        }
        counts
    }
}

/// A run in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// Its name.
    pub id: RunId,
    /// The playbook's name.
    pub name: String,
    /// Nothing was to be changed.
    pub check: bool,
    /// When it began, in milliseconds since 1970.
    pub started: i64,
    /// When it ended, likewise; none while it has no end.
    pub ended: Option<i64>,
    /// Where it stands.
    pub state: RunState,
    /// Its hosts.
    pub hosts: HostCounts,
    /// Its service steps.
    pub services: Tally,
}

impl RunSummary {
    /// The summary of a history; `owner` is the living process that writes it, if there is one.
    pub fn of(id: RunId, history: &History, owner: Option<u32>) -> Self {
        let state = match (history.outcome, owner) {
            (Some(outcome), _) => RunState::Ended(outcome),
            (None, Some(pid)) => RunState::Running { pid },
            (None, None) => RunState::Cut,
        };
        Self {
            id,
            name: history.name.clone(),
            check: history.check,
            started: history.span.0,
            ended: history.outcome.map(|_| history.span.1),
            state,
            hosts: HostCounts::of(history.hosts.values()),
            services: history.services,
        }
    }
}
