//! `throttle: N`: at most N hosts in a step or block at a time; the next enters when one leaves, none after a failure.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::attempt::text;
use super::seat::{Position, Seat};
use crate::diagnostic::Problem;
use crate::event::StepPath;
use crate::template::{Rules, Scope, Sink, Tree};

/// What waiting for a slot ended with.
pub enum Slot {
    /// There is no limit here.
    Free,
    /// A slot, given back when it is dropped.
    Taken {
        /// Held while the host is in it.
        permit: OwnedSemaphorePermit,
        /// Nobody enters any more after a failure in it.
        closes: bool,
    },
    /// The run stops here: others have failed, or it is cancelled.
    Closed,
}

impl Slot {
    /// The host leaves it.
    pub fn leave(self, failed: bool) {
        if let Self::Taken { permit, closes: true } = self
            && failed
        {
            permit.semaphore().close();
        }
    }
}

impl Seat {
    /// Waits for a slot of what stands at `path`.
    pub async fn slot(
        &self,
        tree: Option<&Tree>,
        path: &StepPath,
        scope: &Scope,
        position: &Position,
    ) -> Result<Slot, Problem> {
        let Some(tree) = tree else { return Ok(Slot::Free) };
        let value = text(&tree.evaluate(scope, Rules::of(Sink::Plain))?);
        let Some(most) = value.parse().ok().filter(|most: &usize| *most > 0) else {
            let problem = Problem::error(format!("`throttle` must be a whole number above 0, found `{value}`"));
            return Err(problem.at(tree.place.clone()));
        };
        let slots = {
            let mut state = self.execution.state();
            let key = (self.play, self.batch, position.path(path));
            Arc::clone(state.slots.entry(key).or_insert_with(|| Arc::new(Semaphore::new(most))))
        };
        let Ok(Ok(slot)) = position.cancel.bound(slots.acquire_owned()).await else { return Ok(Slot::Closed) };
        let stops = self.execution.has_too_many_failures(self.play, self.batch as usize) && !position.sheltered;
        let closes = self.play().max_fail_percentage == 0.0 && !position.sheltered;
        Ok(if stops { Slot::Closed } else { Slot::Taken { permit: slot, closes } })
    }
}
