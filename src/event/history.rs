//! The state of a run as a fold over its events. It refuses what cannot have happened.

use std::collections::{BTreeMap, BTreeSet};

use super::{Class, Event, Outcome, Recipe, RunOutcome, StepFinished, StepKey, Tally, What};
use crate::id::RunId;

/// What is known of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Past {
    /// It began and its end is not recorded.
    Started {
        /// By which it is decided whether it may be repeated.
        class: Class,
        /// What is done inside it, also before it was taken up again.
        checkpoints: Vec<serde_json::Value>,
    },
    /// It ended.
    Finished(Box<StepFinished>),
}

/// A record that cannot follow those before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {number} of the journal contradicts those before it: {what}")]
pub struct Contradiction {
    /// Which record, from 0.
    pub number: usize,
    /// What is wrong with it.
    pub what: String,
}

/// A run so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The run's name, once it has started.
    pub run: Option<RunId>,
    /// The playbook's name.
    pub name: String,
    /// What it was started with.
    pub recipe: Recipe,
    /// Nothing was to be changed (`--check`).
    pub check: bool,
    /// When it began and when its last event was, in milliseconds since 1970.
    pub span: (i64, i64),
    /// How often it was taken up again.
    pub resumed: u32,
    /// The plays that have begun: name and hosts.
    pub plays: BTreeMap<u32, (String, Vec<String>)>,
    /// The batches that have begun, by play and batch: their hosts.
    pub batches: BTreeMap<(u32, u32), Vec<String>>,
    /// What is known of each step that has begun.
    pub steps: BTreeMap<StepKey, Past>,
    /// The class with which each step has last begun.
    classes: BTreeMap<StepKey, Class>,
    /// What was done inside steps that did not end well.
    kept: BTreeMap<StepKey, Vec<serde_json::Value>>,
    /// How many attempts of a step (or loop item) have failed since it began.
    pub attempts: BTreeMap<StepKey, u32>,
    /// Handlers that were notified: (play, batch, host, handler), each once.
    pub notified: Vec<(u32, u32, Option<String>, String)>,
    /// The hosts that have left since the run was started or taken up again: how, and at which step.
    pub left: BTreeMap<String, (Outcome, String)>,
    /// Per host, how many steps ended how.
    pub hosts: BTreeMap<String, Tally>,
    /// The same for services.
    pub services: Tally,
    /// How it ended, if it did.
    pub outcome: Option<RunOutcome>,
    /// Steps that may begin (or be given an end) once more, for the run was taken up again after they ended badly, with
    /// a withheld result, or not at all.
    open: BTreeSet<StepKey>,
    count: usize,
}

impl History {
    /// The fold over all events of one run.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Self, Contradiction> {
        let mut history = Self::default();
        for event in events {
            history.apply(event)?;
        }
        Ok(history)
    }

    /// What is known of a step.
    pub fn past(&self, key: &StepKey) -> Option<&Past> {
        self.steps.get(key)
    }

    /// What was done inside a step that has not ended, or not well, in its last process.
    pub fn checkpoints(&self, key: &StepKey) -> &[serde_json::Value] {
        match self.steps.get(key) {
            Some(Past::Started { checkpoints, .. }) => checkpoints,
            _ => self.kept.get(key).map(Vec::as_slice).unwrap_or_default(),
        }
    }

    /// The class with which a step has last begun.
    pub fn class(&self, key: &StepKey) -> Option<Class> {
        self.classes.get(key).copied()
    }

    /// How many events were taken in.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Takes in the next event; what is refused leaves the state as it was.
    pub fn apply(&mut self, event: &Event) -> Result<(), Contradiction> {
        self.take(&event.what).map_err(|what| Contradiction { number: self.count, what })?;
        if self.count == 0 {
            self.span.0 = event.at;
        }
        self.span.1 = event.at;
        self.count += 1;
        Ok(())
    }

    fn take(&mut self, what: &What) -> Result<(), String> {
        self.in_order(what)?;
        match what {
            What::RunStarted { run, name, recipe, check } => {
                self.run = Some(run.clone());
                self.name.clone_from(name);
                self.recipe.clone_from(recipe);
                self.check = *check;
            }
            What::RunResumed { .. } => self.reopen(),
            What::PlayStarted { play, name, hosts } => {
                self.plays.insert(*play, (name.clone(), hosts.clone()));
            }
            What::BatchStarted { play, batch, hosts } => {
                self.batches.insert((*play, *batch), hosts.clone());
            }
            What::StepStarted { key, class, .. } => self.start(key, *class)?,
            What::StepCheckpointed { key, data } => self.checkpoint(key, data)?,
            What::AttemptFailed { key, .. } => self.attempt(key)?,
            What::StepFinished(end) => self.finish(end)?,
            What::HandlerNotified { play, batch, handler, host } => {
                let entry = (*play, *batch, host.clone(), handler.clone());
                if !self.notified.contains(&entry) {
                    self.notified.push(entry);
                }
            }
            What::HostLeft { host, outcome, step } => {
                self.left.insert(host.clone(), (*outcome, step.clone()));
            }
            What::RunFinished { outcome, .. } => self.outcome = Some(*outcome),
            What::StepProgressed { .. } | What::StepSaid { .. } | What::RolloutHalted { .. } | What::Warned { .. } => {}
        }
        Ok(())
    }

    /// Whether an event may come at this point of the run.
    fn in_order(&self, what: &What) -> Result<(), String> {
        let run = match what {
            What::RunStarted { .. } if self.run.is_some() => return Err("the run has started already".into()),
            What::RunStarted { .. } => return Ok(()),
            What::RunResumed { run } | What::RunFinished { run, .. } => Some(run),
            _ => None,
        };
        match (&self.run, run) {
            (None, _) => return Err("the run has not started".into()),
            (Some(own), Some(other)) if own != other => return Err(format!("it belongs to run {other}")),
            _ => {}
        }
        let after_end = matches!(what, What::RunResumed { .. } | What::Warned { .. });
        if self.outcome.is_some() && !after_end {
            return Err("the run has ended already".into());
        }
        Ok(())
    }

    fn reopen(&mut self) {
        self.resumed += 1;
        self.outcome = None;
        self.left.clear();
        let again = self.steps.iter().filter(|(_, past)| match past {
            Past::Started { .. } => true,
            Past::Finished(end) => end.withheld || !(end.outcome.is_good() || end.ignored),
        });
        self.open = again.map(|(key, _)| key.clone()).collect();
    }

    fn start(&mut self, key: &StepKey, class: Class) -> Result<(), String> {
        self.parent_is_open(key)?;
        let open = self.open.remove(key);
        let checkpoints = match self.steps.get(key) {
            None => Vec::new(),
            Some(Past::Started { .. }) if !open => return Err(format!("step {key} was running already")),
            Some(Past::Finished(_)) if !open => return Err(format!("step {key} had ended already")),
            Some(Past::Started { checkpoints, .. }) => checkpoints.clone(),
            Some(Past::Finished(end)) => {
                let end = end.clone();
                self.take_back(&end);
                Vec::new()
            }
        };
        self.attempts.remove(key);
        self.kept.remove(key);
        self.classes.insert(key.clone(), class);
        self.steps.insert(key.clone(), Past::Started { class, checkpoints });
        Ok(())
    }

    /// A loop item, an attempt or a part cannot begin in a step that has ended.
    fn parent_is_open(&self, key: &StepKey) -> Result<(), String> {
        let whole = whole(key);
        match self.steps.get(&whole) {
            Some(Past::Finished(_)) if whole != *key && !self.open.contains(&whole) => {
                Err(format!("step {whole} had ended already"))
            }
            _ => Ok(()),
        }
    }

    fn checkpoint(&mut self, key: &StepKey, data: &serde_json::Value) -> Result<(), String> {
        match self.steps.get_mut(key) {
            Some(Past::Started { checkpoints, .. }) if !self.open.contains(key) => checkpoints.push(data.clone()),
            _ => return Err(format!("step {key} was not running")),
        }
        Ok(())
    }

    fn attempt(&mut self, key: &StepKey) -> Result<(), String> {
        self.parent_is_open(key)?;
        let step = StepKey { attempt: None, ..key.clone() };
        if matches!(self.steps.get(&step), Some(Past::Finished(_))) {
            return Err(format!("step {step} had ended already"));
        }
        *self.attempts.entry(step).or_default() += 1;
        Ok(())
    }

    fn finish(&mut self, end: &StepFinished) -> Result<(), String> {
        let key = &end.key;
        self.parent_is_open(key)?;
        let open = self.open.remove(key);
        match self.steps.get(key) {
            Some(Past::Finished(_)) if !open => return Err(format!("step {key} had ended already")),
            Some(Past::Finished(old)) => {
                let old = old.clone();
                self.take_back(&old);
            }
            None if whole(key) == *key && acted(end.outcome) => return Err(format!("step {key} was not running")),
            Some(Past::Started { .. }) | None => {}
        }
        if let Some(tally) = self.tally(end) {
            tally.add(end.outcome);
        }
        if let Some(Past::Started { checkpoints, .. }) = self.steps.remove(key)
            && !end.outcome.is_good()
            && !checkpoints.is_empty()
        {
            self.kept.insert(key.clone(), checkpoints);
        }
        self.steps.insert(key.clone(), Past::Finished(Box::new(end.clone())));
        Ok(())
    }

    fn take_back(&mut self, end: &StepFinished) {
        if let Some(tally) = self.tally(end) {
            tally.remove(end.outcome);
        }
    }

    /// Where the end of a step counts; parts of a step count nowhere.
    fn tally(&mut self, end: &StepFinished) -> Option<&mut Tally> {
        if whole(&end.key) != end.key {
            return None;
        }
        Some(match &end.host {
            Some(host) => self.hosts.entry(host.clone()).or_default(),
            None => &mut self.services,
        })
    }
}

/// The key of the step as a whole.
fn whole(key: &StepKey) -> StepKey {
    StepKey { item: None, attempt: None, sub: None, ..key.clone() }
}

/// Whether a step that ended so must have been begun before: what never ran can be skipped, fail or be unreachable.
fn acted(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Changed | Outcome::Unknown)
}
