//! The model: what others see of an inventory once it is loaded.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::diagnostic::{Place, Problems, Source};
use crate::template::Tree;

/// The name of the host that is there without being named.
pub const LOCALHOST: &str = "localhost";

/// The name of the group that holds every host.
pub const ALL: &str = "all";

/// The name of the group that holds the hosts no other group holds.
pub const UNGROUPED: &str = "ungrouped";

/// Variables by name, in the order in which they were written.
pub type VarMap = IndexMap<Arc<str>, HostVar>;

/// A variable of a host or group. Its tree is a literal with [`Taint::OUTSIDE`](crate::secret::Taint) where a plug-in
/// gave it, and one with [`Taint::SECRET`](crate::secret::Taint) for Ansible's passwords ([`super::is_secret_var`]).
#[derive(Clone, Debug)]
pub struct HostVar {
    /// The value; worked out where it is used.
    pub value: Arc<Tree>,
    /// Where its name stands.
    pub place: Place,
}

/// The vars of a host, in two maps so that hosts of the same groups share the greater part.
#[derive(Clone, Debug, Default)]
pub struct Vars {
    /// What its groups give: one map for all hosts of the same groups.
    pub shared: Arc<VarMap>,
    /// What is its own; stronger than `shared`.
    pub own: Arc<VarMap>,
}

impl Vars {
    /// The strongest variable of this name.
    pub fn get(&self, name: &str) -> Option<&HostVar> {
        self.own.get(name).or_else(|| self.shared.get(name))
    }

    /// Every name with its strongest variable: first what the groups give, then what only the host has.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &HostVar)> {
        let shared = self.shared.iter().map(|(name, var)| (name, self.own.get(name).unwrap_or(var)));
        shared.chain(self.own.iter().filter(|(name, _)| !self.shared.contains_key(*name)))
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.shared.is_empty() && self.own.is_empty()
    }
}

/// A host.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name.
    pub name: Arc<str>,
    /// Its vars with those of its groups, the strongest of each name (Ansible's precedence).
    pub vars: Vars,
    /// The groups it is in, directly or through others, without `all`, sorted; shared with hosts alike.
    pub groups: Arc<[Arc<str>]>,
    /// Where it was first named; none for the implicit `localhost`.
    pub place: Option<Place>,
}

/// A group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The hosts named in it directly, in order.
    pub hosts: Vec<Arc<str>>,
    /// The groups in it, in order.
    pub children: Vec<Arc<str>>,
    /// Its own vars: those of inventory files, then those of `group_vars`.
    pub vars: VarMap,
}

/// Everything that `-i` gave.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The hosts in the order in which they were named, without the implicit `localhost`.
    pub hosts: IndexMap<Arc<str>, Host>,
    /// The groups, `all` and `ungrouped` too.
    pub groups: IndexMap<Arc<str>, Group>,
    /// Every file that was read, and what plug-ins printed.
    pub sources: Vec<Arc<Source>>,
    /// What was found that does not forbid using it.
    pub warnings: Problems,
    /// A database was not asked: any host and any var may be there besides.
    pub open: bool,
    /// The host that is there where `hosts` does not name it.
    pub(super) localhost: Host,
}

impl Inventory {
    /// The same with these hosts only; groups stay, though they may be empty.
    pub fn with_only(mut self, hosts: &[Arc<str>]) -> Self {
        let kept: HashSet<&Arc<str>> = hosts.iter().collect();
        self.hosts.retain(|name, _| kept.contains(name));
        self.groups.values_mut().for_each(|group| group.hosts.retain(|name| kept.contains(name)));
        self
    }

    /// A host by its name, the implicit `localhost` too.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.get(name).or_else(|| (name == LOCALHOST).then_some(&self.localhost))
    }

    /// The hosts of a group and of the groups in it, each once, in Ansible's order: its own, then level by level.
    pub fn members(&self, group: &str) -> Vec<Arc<str>> {
        let mut seen = IndexSet::new();
        let mut hosts = IndexSet::new();
        let Some((_, name, _)) = self.groups.get_full(group) else {
            return Vec::new();
        };
        seen.insert(name);
        let mut next = 0;
        while let Some(name) = seen.get_index(next).copied() {
            next += 1;
            let Some(group) = self.groups.get(name) else { continue };
            hosts.extend(&group.hosts);
            seen.extend(&group.children);
        }
        hosts.into_iter().cloned().collect()
    }
}
