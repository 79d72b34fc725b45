//! What `hostvars` shows: the results of other hosts as they stood at the last meeting point. Reading one with no meeting
//! point between is a mistake that is found here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::{Action, Scale};
use crate::diagnostic::{Place, Problem};
use crate::template::{NameUse, Scope, Tree};

/// What host steps have registered, up to a step.
#[derive(Clone, Default)]
pub struct Settled {
    /// Before the last meeting point.
    settled: BTreeSet<Arc<str>>,
    /// Since then, and where.
    fresh: BTreeMap<Arc<str>, Place>,
}

impl Settled {
    /// A play ends: its hosts have met.
    pub fn meet(&mut self) {
        self.settled.extend(std::mem::take(&mut self.fresh).into_keys());
    }

    /// Comes to a step, which may be a meeting point.
    pub fn arrive(&mut self, action: &Action) {
        if action.scale == Scale::Once {
            self.meet();
        }
    }

    /// A host step has registered a name; at a meeting point it is settled at once.
    pub fn register(&mut self, name: &Arc<str>, action: &Action) {
        if action.scale == Scale::Once {
            self.settled.insert(Arc::clone(name));
        } else if !self.settled.contains(name) {
            self.fresh.insert(Arc::clone(name), action.place.clone());
        }
    }

    /// The branches of `parallel` have come together.
    pub fn join(&mut self, branches: &[Self]) {
        let met = |name: &Arc<str>| branches.iter().any(|branch| branch.settled.contains(name));
        self.settled.extend(branches.iter().flat_map(|branch| branch.settled.iter().cloned()));
        let fresh = branches.iter().flat_map(|branch| &branch.fresh).filter(|(name, _)| !met(name));
        self.fresh = fresh.map(|(name, place)| (Arc::clone(name), place.clone())).collect();
    }

    /// The reads of results that are not settled.
    pub fn judge(&self, trees: &[&Tree], scope: &Scope) -> Vec<Problem> {
        if self.fresh.is_empty() {
            return Vec::new();
        }
        let uses = trees.iter().flat_map(|tree| tree.uses_of(scope, "hostvars"));
        uses.filter_map(|used| self.unsettled(&used)).collect()
    }

    fn unsettled(&self, used: &NameUse) -> Option<Problem> {
        let name = used.path.get(1).or(used.entry.as_ref())?;
        let place = self.fresh.get(name.as_str())?;
        let message = format!("`{name}` of another host is not settled here: no meeting point lies between");
        let hint =
            "put a service step, or a step with `run_once: true`, between them: there hosts wait for one another";
        Some(Problem::error(message).at(used.place.clone()).hint(hint).note("it is registered here", place.clone()))
    }
}
