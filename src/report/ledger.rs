//! What the summary at the end needs of all that happened.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::event::{Event, Outcome, RunOutcome, Standing, StepFinished, Tally, What};
use crate::id::RunId;

/// Something that did not end well, apart from where it happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Trouble {
    pub outcome: Outcome,
    pub ignored: bool,
    pub step: String,
    pub place: Option<String>,
    pub message: String,
}

/// How a run ended.
pub(super) struct End {
    pub run: RunId,
    pub outcome: RunOutcome,
    pub hosts: BTreeMap<String, Tally>,
    pub services: Tally,
}

/// What has happened.
#[derive(Default)]
pub(super) struct Ledger {
    /// Nothing is changed in this run.
    pub check: bool,
    /// When this part of the run began and when its last event was.
    pub span: (i64, i64),
    /// What was changed, by play and step: the hosts; none for a service step.
    pub changed: IndexMap<(u32, String), Vec<String>>,
    /// What did not end well: the hosts; none for a service step.
    pub troubles: IndexMap<Trouble, Vec<String>>,
    /// The rollouts that stopped half-way: what they are called, and where each host stands.
    pub rollouts: Vec<(String, BTreeMap<String, Standing>)>,
    /// How it ended.
    pub end: Option<End>,
}

impl Ledger {
    /// The ledger of these events.
    pub fn of(events: &[Event]) -> Self {
        let mut ledger = Self::default();
        for event in events {
            ledger.take(event);
        }
        ledger
    }

    /// Takes in an event.
    pub fn take(&mut self, event: &Event) {
        self.span.1 = event.at;
        match &event.what {
            What::RunStarted { check, .. } => {
                self.check = *check;
                self.span.0 = event.at;
            }
            What::RunResumed { .. } => {
                // What went wrong before is tried again, and told again if it still does.
                self.span.0 = event.at;
                self.troubles.clear();
                self.rollouts.clear();
                self.end = None;
            }
            What::StepFinished(end) => self.step(end),
            What::RolloutHalted { step, hosts, .. } => self.rollouts.push((step.clone(), hosts.clone())),
            What::RunFinished { run, outcome, hosts, services } => {
                let (hosts, services) = (hosts.clone(), *services);
                self.end = Some(End { run: run.clone(), outcome: *outcome, hosts, services });
            }
            _ => {}
        }
    }

    fn step(&mut self, end: &StepFinished) {
        if end.key.item.is_some() || end.key.attempt.is_some() || end.key.sub.is_some() {
            return;
        }
        let hosts = match end.outcome {
            Outcome::Skipped | Outcome::Ok => return,
            Outcome::Changed => self.changed.entry((end.key.play, end.step.clone())).or_default(),
            Outcome::Failed | Outcome::Unreachable | Outcome::Unknown => {
                self.troubles.entry(Trouble::of(end)).or_default()
            }
        };
        hosts.extend(end.host.clone());
    }
}

impl Trouble {
    fn of(end: &StepFinished) -> Self {
        let error = end.error.as_ref();
        let message = error.map(|error| error.message.lines().next().unwrap_or("").to_owned());
        Self {
            outcome: end.outcome,
            ignored: end.ignored,
            step: end.step.clone(),
            place: error.and_then(|error| error.place.clone()),
            message: message.unwrap_or_default(),
        }
    }
}
