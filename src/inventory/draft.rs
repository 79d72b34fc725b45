//! The inventory while sources are read: groups and hosts by number, their relations, and what was found wrong.
//!
//! Readers of the formats fill it; [`super::resolve`] makes the [`super::Inventory`] of it.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::diagnostic::{Place, Problem, Problems, Source};
use crate::template::Engine;
use crate::yaml::Node;

use super::address::{self, MOST_HOSTS};
use super::model::{ALL, UNGROUPED};
use super::{Asks, HostVar, VarMap, value};

/// So many problems are kept; nobody reads more.
const MOST_PROBLEMS: usize = 500;

/// The number of a group in [`Draft::groups`].
pub(super) type GroupId = usize;

/// `all`.
pub(super) const ALL_GROUP: GroupId = 0;

/// `ungrouped`.
pub(super) const UNGROUPED_GROUP: GroupId = 1;

/// The number of a host in [`Draft::hosts`].
pub(super) type HostId = usize;

/// A group so far.
#[derive(Default)]
pub(super) struct DraftGroup {
    pub(super) hosts: IndexSet<HostId>,
    /// The groups in it, each with the place that says so.
    pub(super) children: IndexMap<GroupId, Option<Place>>,
    pub(super) parents: IndexSet<GroupId>,
    pub(super) vars: VarMap,
    /// `ansible_group_priority`.
    pub(super) priority: i64,
    pub(super) place: Option<Place>,
}

/// A host so far.
pub(super) struct DraftHost {
    pub(super) place: Place,
    pub(super) groups: IndexSet<GroupId>,
    pub(super) vars: VarMap,
}

/// Everything read so far.
pub(super) struct Draft<'a> {
    pub(super) groups: IndexMap<Arc<str>, DraftGroup>,
    pub(super) hosts: IndexMap<Arc<str>, DraftHost>,
    pub(super) sources: Vec<Arc<Source>>,
    pub(super) problems: Problems,
    pub(super) engine: &'a Engine,
    /// Asks databases, where that may be done.
    pub(super) sql: Option<&'a dyn Asks>,
    /// A database was not asked: any host and any var may be there.
    pub(super) open: bool,
    found: usize,
}

impl<'a> Draft<'a> {
    /// One with `all` and `ungrouped` only.
    pub(super) fn new(engine: &'a Engine, sql: Option<&'a dyn Asks>) -> Self {
        let (groups, hosts) = (IndexMap::new(), IndexMap::new());
        let (sources, problems) = (Vec::new(), Problems::default());
        let mut draft = Self { groups, hosts, sources, problems, engine, sql, open: false, found: 0 };
        draft.add_group(ALL, None);
        draft.add_group(UNGROUPED, None);
        draft.nest(ALL_GROUP, UNGROUPED_GROUP, None);
        draft
    }

    /// Notes a problem.
    pub(super) fn problem(&mut self, problem: Problem) {
        self.found += 1;
        if self.found <= MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Notes several problems.
    pub(super) fn problems(&mut self, problems: Problems) {
        problems.into_iter().for_each(|problem| self.problem(problem));
    }

    /// The group of this name, new if it has to be.
    pub(super) fn add_group(&mut self, name: &str, place: Option<Place>) -> GroupId {
        if let Some(id) = self.groups.get_index_of(name) {
            return id;
        }
        let group = DraftGroup { priority: 1, place, ..DraftGroup::default() };
        self.groups.insert_full(name.into(), group).0
    }

    /// The host of this name in a group, new if it has to be; none if such a name is refused.
    pub(super) fn add_host(&mut self, name: &str, group: Option<GroupId>, place: &Place) -> Option<HostId> {
        let host = match self.hosts.get_index_of(name) {
            Some(id) => id,
            None => self.new_host(name, place)?,
        };
        if let Some(group) = group {
            self.groups[group].hosts.insert(host);
            self.hosts[host].groups.insert(group);
        }
        Some(host)
    }

    fn new_host(&mut self, name: &str, place: &Place) -> Option<HostId> {
        if let Some(reason) = address::refusal(name) {
            self.problem(Problem::error(format!("the host name `{name}` {reason}")).at(place.clone()));
            return None;
        }
        if self.hosts.len() >= MOST_HOSTS {
            self.problem(Problem::error(format!("the inventory names more than {MOST_HOSTS} hosts")));
            return None;
        }
        let host = DraftHost { place: place.clone(), groups: IndexSet::new(), vars: VarMap::new() };
        Some(self.hosts.insert_full(name.into(), host).0)
    }

    /// Puts a group into another.
    pub(super) fn nest(&mut self, parent: GroupId, child: GroupId, place: Option<Place>) {
        self.groups[parent].children.entry(child).or_insert(place);
        self.groups[child].parents.insert(parent);
    }

    /// Sets a group's variable; the last one given counts.
    pub(super) fn set_group_var(&mut self, group: GroupId, name: &Arc<str>, var: HostVar) {
        if &**name == "ansible_group_priority" {
            self.set_priority(group, &var);
        } else {
            self.groups[group].vars.insert(Arc::clone(name), var);
        }
    }

    fn set_priority(&mut self, group: GroupId, var: &HostVar) {
        let number = match &super::listing::shown(&var.value) {
            serde_json::Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        };
        match number {
            Some(number) => self.groups[group].priority = number,
            None => self.problem(Problem::error("`ansible_group_priority` is a whole number").at(var.place.clone())),
        }
    }

    /// Sets a host's variable; the last one given counts.
    pub(super) fn set_host_var(&mut self, host: HostId, name: &Arc<str>, var: HostVar) {
        self.hosts[host].vars.insert(Arc::clone(name), var);
    }

    /// A variable as a file has it; none, and a problem, if its templates are wrong.
    pub(super) fn written(&mut self, name: &str, node: &Node, place: Place) -> Option<HostVar> {
        value::written(name, node, place, self.engine).map_err(|problems| self.problems(problems)).ok()
    }

    /// Reads `name`, `name:port` or a range of them into hosts of a group; an empty list, and a problem, if it is wrong.
    pub(super) fn add_hosts(&mut self, pattern: &str, group: Option<GroupId>, place: &Place) -> Vec<HostId> {
        let (name, port) = address::split_port(pattern).map_or((pattern, None), |(name, port)| (name, Some(port)));
        let port = match port.map(str::parse::<u16>) {
            None => None,
            Some(Ok(port)) if port > 0 => Some(port),
            Some(_) => {
                self.problem(
                    Problem::error(format!("`{pattern}` ends in no port")).at(place.clone()).hint("1 to 65535"),
                );
                None
            }
        };
        let names = match address::expand(name) {
            Ok(names) => names,
            Err(reason) => {
                self.problem(Problem::error(format!("`{pattern}`: {reason}")).at(place.clone()));
                return Vec::new();
            }
        };
        names.iter().filter_map(|name| self.add_port(name, port, group, place)).collect()
    }

    /// Adds a host; a port counts only where the host is new, as in Ansible.
    fn add_port(&mut self, name: &str, port: Option<u16>, group: Option<GroupId>, place: &Place) -> Option<HostId> {
        let known = self.hosts.len();
        let host = self.add_host(name, group, place)?;
        if let Some(port) = port.filter(|_| host == known) {
            let taint = crate::secret::Taint::PUBLIC;
            let var = value::literal(&port.into(), taint, place.clone(), place.clone());
            self.set_host_var(host, &"ansible_port".into(), var);
        }
        Some(host)
    }
}
