//! The names of plays and steps, learnt from the events that carry them, for those that carry only a key.

use std::collections::HashMap;

use crate::event::{StepKey, StepPath, What};

/// A step without its target: what all hosts of a batch have in common.
pub(super) type Spot = (u32, u32, StepPath);

/// The spot of a key.
pub(super) fn spot(key: &StepKey) -> Spot {
    (key.play, key.batch, key.path.clone())
}

/// Names so far.
#[derive(Default)]
pub(super) struct Names {
    plays: HashMap<u32, String>,
    steps: HashMap<Spot, String>,
}

impl Names {
    /// Learns from an event.
    pub fn learn(&mut self, what: &What) {
        match what {
            What::PlayStarted { play, name, .. } => {
                // A step's name may hold templates; it is not needed past its play.
                self.steps.clear();
                self.plays.insert(*play, name.clone());
            }
            What::StepStarted { key, name, .. } if !self.steps.contains_key(&spot(key)) => {
                self.steps.insert(spot(key), name.clone());
            }
            _ => {}
        }
    }

    /// A play's name.
    pub fn play(&self, play: u32) -> &str {
        self.plays.get(&play).map_or("", String::as_str)
    }

    /// A step's name.
    pub fn step(&self, key: &StepKey) -> &str {
        self.steps.get(&spot(key)).map_or("", String::as_str)
    }
}
