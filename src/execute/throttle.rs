//! `throttle: N`: at most N hosts in a step or block at a time; the next enters when one leaves, none after a failure.
//! When it stops half-way, who is where is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::attempt::text;
use super::batch::Batch;
use super::run::Execution;
use super::seat::{Position, Seat};
use super::walk::Flow;
use crate::diagnostic::Problem;
use crate::event::{Standing, StepPath, What};
use crate::template::{Rules, Scope, Sink, Tree};

/// The slots of a step or block in a batch.
pub struct Slots {
    /// What people call it.
    name: String,
    places: Arc<Semaphore>,
    /// Where each host stands that has come to it.
    hosts: Mutex<BTreeMap<Arc<str>, Standing>>,
}

/// What waiting for a slot ended with.
pub enum Slot {
    /// There is no limit here.
    Free,
    /// A slot, given back when it is dropped.
    Taken {
        /// Those it is one of.
        slots: Arc<Slots>,
        /// Held while the host is in it.
        _permit: OwnedSemaphorePermit,
        /// Inside `rescue` or `always`: a failure keeps nobody out.
        sheltered: bool,
    },
    /// The run stops here: others have failed, or it is cancelled.
    Closed,
}

impl Slots {
    fn set(&self, host: &Arc<str>, standing: Standing) {
        self.hosts().insert(Arc::clone(host), standing);
    }

    fn failed(&self) -> BTreeSet<Arc<str>> {
        let hosts = self.hosts();
        let failed = hosts.iter().filter(|(_, standing)| matches!(standing, Standing::Failed { .. }));
        failed.map(|(host, _)| Arc::clone(host)).collect()
    }

    fn hosts(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Standing>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits for a slot of what stands at a path, where it has a limit; `name` is what people call it.
    pub async fn slot(
        &self,
        (tree, path): (Option<&Tree>, &StepPath),
        name: &(dyn Fn() -> String + Sync),
        scope: &Scope,
        position: &Position,
    ) -> Result<Slot, Problem> {
        let Some(tree) = tree else { return Ok(Slot::Free) };
        let value = text(&tree.evaluate(scope, Rules::of(Sink::Plain))?);
        let Some(most) = value.parse().ok().filter(|most: &usize| *most > 0) else {
            let problem = Problem::error(format!("`throttle` must be a whole number above 0, found `{value}`"));
            return Err(problem.at(tree.place.clone()));
        };
        let key = (self.play, self.batch.number, position.path(path));
        let known = self.execution.state().slots.get(&key).cloned();
        let slots = known.unwrap_or_else(|| {
            let fresh = Slots { name: name(), places: Arc::new(Semaphore::new(most)), hosts: Mutex::default() };
            Arc::clone(self.execution.state().slots.entry(key).or_insert_with(|| Arc::new(fresh)))
        });
        slots.set(&self.host, Standing::NotStarted);
        let places = Arc::clone(&slots.places);
        let Ok(Ok(permit)) = position.cancel.bound(places.acquire_owned()).await else { return Ok(Slot::Closed) };
        if !position.sheltered && self.execution.has_too_many_failures(&self.batch, &slots.failed()) {
            return Ok(Slot::Closed);
        }
        slots.set(&self.host, Standing::Inside { step: String::new() });
        Ok(Slot::Taken { slots, _permit: permit, sheltered: position.sheltered })
    }

    /// The host is through with what it held a slot of.
    pub fn leave_slot(&self, slot: Slot, flow: &Flow) {
        let Slot::Taken { slots, sheltered, .. } = slot else { return };
        let standing = match flow {
            Flow::On => Standing::Done,
            Flow::Failed(fault) => Standing::Failed { step: fault.step.clone() },
            Flow::Halted => {
                let state = self.execution.state();
                Standing::Inside { step: state.hosts.get(&self.host).map(|host| host.at.clone()).unwrap_or_default() }
            }
        };
        slots.set(&self.host, standing);
        if !sheltered && self.execution.has_too_many_failures(&self.batch, &slots.failed()) {
            slots.places.close();
        }
    }
}

impl Execution {
    /// Tells who is where in each rollout of a batch that did not come to its end.
    pub(super) async fn tell_halted(&self, batch: &Batch) {
        let halted: Vec<Arc<Slots>> = {
            let state = self.state();
            let own =
                state.slots.iter().filter(|((play, number, _), _)| (*play, *number) == (batch.play, batch.number));
            own.map(|(_, slots)| Arc::clone(slots)).filter(|slots| !slots.is_through()).collect()
        };
        for slots in halted {
            if self.cancel.reason().is_none() {
                self.state().verdict.fail();
            }
            let hosts = slots.hosts().iter().map(|(host, standing)| (host.to_string(), standing.clone())).collect();
            self.tell_rollout(batch.play, slots.name.clone(), hosts).await;
        }
    }

    /// Tells who is where in a play whose later batches will not begin.
    pub(super) async fn tell_batches(&self, play: usize, number: usize) {
        let planned = &self.plan.plays[play];
        if number + 1 >= planned.batches.len() {
            return;
        }
        let hosts = {
            let state = self.state();
            let standing = |(n, host): (usize, &Arc<str>)| {
                let known = state.hosts.get(host);
                let at = || known.map(|known| known.at.clone()).unwrap_or_default();
                let standing = match known {
                    Some(known) if known.left.is_some() => Standing::Failed { step: at() },
                    Some(known) if known.through == Some(play) => Standing::Done,
                    _ if n > number => Standing::NotStarted,
                    _ => Standing::Inside { step: at() },
                };
                (host.to_string(), standing)
            };
            let numbered =
                planned.batches.iter().enumerate().flat_map(|(n, batch)| batch.iter().map(move |host| (n, host)));
            numbered.map(standing).collect()
        };
        self.tell_rollout(play, planned.name.clone(), hosts).await;
    }

    async fn tell_rollout(&self, play: usize, step: String, hosts: BTreeMap<String, Standing>) {
        let play = self.plan.plays[play].index;
        // If the journal is gone, the run is cancelled by the hub.
        let _ = self.emitter.emit(What::RolloutHalted { play, step, hosts }).await;
    }
}

impl Slots {
    /// Whether everybody who came to it has been let in and has left it, with no more failures than are allowed.
    fn is_through(&self) -> bool {
        let has_left = |standing: &Standing| matches!(standing, Standing::Done | Standing::Failed { .. });
        !self.places.is_closed() && self.hosts().values().all(has_left)
    }
}
