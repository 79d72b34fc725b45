//! The model.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Place, Source};
use crate::template::Tree;

/// A variable of a host or group. Its tree is a literal with [`Taint::OUTSIDE`](crate::secret::Taint) where a plug-in
/// gave it.
#[derive(Clone, Debug)]
pub struct HostVar {
    /// The value; worked out where it is used.
    pub value: Arc<Tree>,
    /// Where its name stands.
    pub place: Place,
}

/// A host.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name.
    pub name: Arc<str>,
    /// Its vars with those of its groups, the strongest of each name (Ansible's precedence), shared with hosts alike.
    pub vars: Arc<IndexMap<Arc<str>, HostVar>>,
    /// The groups it is in, directly or through others, without `all`, sorted.
    pub groups: Vec<Arc<str>>,
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
    /// Its own vars.
    pub vars: IndexMap<Arc<str>, HostVar>,
}

/// Everything that `-i` gave.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The hosts in the order in which they were named, without the implicit `localhost`.
    pub hosts: IndexMap<Arc<str>, Host>,
    /// The groups, `all` and `ungrouped` too.
    pub groups: IndexMap<Arc<str>, Group>,
    /// Every file that was read.
    pub sources: Vec<Arc<Source>>,
}
