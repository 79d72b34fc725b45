//! The state of a run as a fold over its events. It refuses what cannot have happened.

use std::collections::BTreeMap;

use super::{Class, Event, Recipe, RunOutcome, StepFinished, StepKey, Tally, What};
use crate::id::RunId;

/// What is known of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Past {
    /// It began and its end is not recorded.
    Started {
        /// By which it is decided whether it may be repeated.
        class: Class,
        /// What is done inside it.
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
    /// What is known of each step that has begun.
    pub steps: BTreeMap<StepKey, Past>,
    /// Handlers that were notified: (play, batch, host, handler).
    pub notified: Vec<(u32, u32, Option<String>, String)>,
    /// Per host, how many steps ended how.
    pub hosts: BTreeMap<String, Tally>,
    /// The same for services.
    pub services: Tally,
    /// How it ended, if it did.
    pub outcome: Option<RunOutcome>,
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

    /// Takes in the next event.
    pub fn apply(&mut self, event: &Event) -> Result<(), Contradiction> {
        let number = self.count;
        self.count += 1;
        let wrong = |what: &str| Err(Contradiction { number, what: what.to_owned() });
        if self.run.is_none() && !matches!(event.what, What::RunStarted { .. }) {
            return wrong("the run has not started");
        }
        if number == 0 {
            self.span.0 = event.at;
        }
        self.span.1 = event.at;
        match &event.what {
            What::RunStarted { .. } if number > 0 => return wrong("the run has started already"),
            What::RunStarted { run, name, recipe, check } => {
                self.run = Some(run.clone());
                self.name.clone_from(name);
                self.recipe.clone_from(recipe);
                self.check = *check;
            }
            What::RunResumed { .. } => self.outcome = None,
            What::StepStarted { key, class, .. } => {
                if let Some(Past::Finished(_)) = self.steps.get(key) {
                    return wrong(&format!("step {key} had ended already"));
                }
                let checkpoints = self.checkpoints(key);
                self.steps.insert(key.clone(), Past::Started { class: *class, checkpoints });
            }
            What::StepCheckpointed { key, data } => match self.steps.get_mut(key) {
                Some(Past::Started { checkpoints, .. }) => checkpoints.push(data.clone()),
                _ => return wrong(&format!("step {key} was not running")),
            },
            What::StepFinished(end) => self.finish(end, number)?,
            What::HandlerNotified { play, batch, handler, host } => {
                self.notified.push((*play, *batch, host.clone(), handler.clone()));
            }
            What::RunFinished { outcome, .. } => self.outcome = Some(*outcome),
            _ => {}
        }
        Ok(())
    }

    fn checkpoints(&self, key: &StepKey) -> Vec<serde_json::Value> {
        match self.steps.get(key) {
            Some(Past::Started { checkpoints, .. }) => checkpoints.clone(),
            _ => Vec::new(),
        }
    }

    fn finish(&mut self, end: &StepFinished, number: usize) -> Result<(), Contradiction> {
        let key = &end.key;
        if let Some(Past::Finished(_)) = self.steps.get(key) {
            return Err(Contradiction { number, what: format!("step {key} had ended already") });
        }
        if key.item.is_none() {
            match &end.host {
                Some(host) => self.hosts.entry(host.clone()).or_default().add(end.outcome),
                None => self.services.add(end.outcome),
            }
        }
        self.steps.insert(key.clone(), Past::Finished(Box::new(end.clone())));
        Ok(())
    }
}
