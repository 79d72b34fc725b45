//! From what was read to the inventory: `ungrouped`, the groups of each host, and vars by Ansible's precedence.
//!
//! Weakest first: vars of `all`, vars of groups (by depth, `ansible_group_priority`, name), `group_vars/all`,
//! `group_vars` of groups, vars of the host, `host_vars`; of files, those beside the playbook are the stronger.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::diagnostic::{Place, Problem, Problems, Source};
use crate::secret::Taint;

use super::draft::{ALL_GROUP, Draft, DraftHost, GroupId, UNGROUPED_GROUP};
use super::model::{LOCALHOST, VarMap, Vars};
use super::vars_files::VarsFolder;
use super::{Group, Host, Inventory, nesting, value};

/// How many pairs of host and group there may be, counted once for hosts of the same groups.
const MOST_MEMBERSHIPS: usize = 5_000_000;

/// The folders of vars, those beside inventories and the stronger ones beside the playbook.
pub(super) struct Folders {
    beside_inventories: Vec<(VarsFolder, VarsFolder)>,
    beside_playbook: Vec<(VarsFolder, VarsFolder)>,
}

impl Folders {
    /// Looks what is in them.
    pub(super) fn list(inventories: &[PathBuf], playbook: &[PathBuf], draft: &mut Draft) -> Self {
        let mut both =
            |path: &PathBuf| (VarsFolder::list(path, "group_vars", draft), VarsFolder::list(path, "host_vars", draft));
        Self {
            beside_inventories: inventories.iter().map(&mut both).collect(),
            beside_playbook: playbook.iter().map(&mut both).collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &(VarsFolder, VarsFolder)> {
        self.beside_inventories.iter().chain(&self.beside_playbook)
    }
}

/// Makes the inventory, or tells everything that is wrong with it.
pub(super) fn resolve(mut draft: Draft, folders: &Folders) -> Result<Inventory, Problems> {
    sort_out_ungrouped(&mut draft);
    warn_of_equal_names(&mut draft);
    let file_vars: Vec<Vec<VarMap>> = folders.all().map(|(groups, _)| group_files(groups, &mut draft)).collect();
    let host_vars = host_files(&mut draft, folders);
    let local_vars = local_files(&mut draft, folders);
    let Some(depths) = nesting::depths(&mut draft) else { return Err(draft.problems) };
    let mut merger = Merger { draft: &draft, depths, file_vars, memo: HashMap::new(), memberships: 0 };
    let mut hosts = IndexMap::with_capacity(draft.hosts.len());
    for ((name, host), own) in draft.hosts.iter().zip(host_vars) {
        let Some(host) = merger.host(name, host, own) else { break };
        hosts.insert(Arc::clone(name), host);
    }
    let localhost = Host { place: None, ..merger.implicit(local_vars) };
    let groups = merger.groups();
    if hosts.len() < draft.hosts.len() {
        draft.problem(Problem::error(format!("the inventory has more than {MOST_MEMBERSHIPS} memberships in groups")));
    }
    let Draft { sources, problems, open, .. } = draft;
    if problems.has_errors() {
        return Err(problems);
    }
    Ok(Inventory { hosts, groups, sources, warnings: problems, open, localhost })
}

/// `ungrouped` holds the hosts that no other group but `all` holds.
fn sort_out_ungrouped(draft: &mut Draft) {
    let (all, ungrouped) = (ALL_GROUP, UNGROUPED_GROUP);
    let alone: Vec<bool> =
        draft.hosts.values().map(|host| host.groups.iter().all(|group| [all, ungrouped].contains(group))).collect();
    let mut kept: IndexSet<_> = draft.groups[ungrouped].hosts.iter().copied().filter(|host| alone[*host]).collect();
    kept.extend(alone.iter().enumerate().filter(|(_, alone)| **alone).map(|(host, _)| host));
    draft.groups[ungrouped].hosts = kept;
    for (host, alone) in draft.hosts.values_mut().zip(alone) {
        if alone {
            host.groups.insert(ungrouped);
        } else {
            host.groups.shift_remove(&ungrouped);
        }
    }
}

fn warn_of_equal_names(draft: &mut Draft) {
    let twice = draft.hosts.iter().filter_map(|(name, host)| {
        let group = draft.groups.get(name)?;
        let problem = Problem::warning(format!("`{name}` is the name of a host and of a group"));
        let problem = problem.at(host.place.clone()).hint("a pattern of that name means the host");
        Some(match &group.place {
            Some(place) => problem.note("the group", place.clone()),
            None => problem,
        })
    });
    let twice: Vec<_> = twice.collect();
    for problem in twice {
        draft.problem(problem);
    }
}

/// What one folder gives each group.
fn group_files(folder: &VarsFolder, draft: &mut Draft) -> Vec<VarMap> {
    let names: Vec<_> = draft.groups.keys().cloned().collect();
    names.iter().map(|name| folder.vars(name, draft)).collect()
}

/// What is each host's own: its vars, then those of files.
fn host_files(draft: &mut Draft, folders: &Folders) -> Vec<VarMap> {
    let names: Vec<_> = draft.hosts.keys().cloned().collect();
    let mut own = Vec::with_capacity(names.len());
    for (id, name) in names.iter().enumerate() {
        let mut vars = std::mem::take(&mut draft.hosts[id].vars);
        folders.all().for_each(|(_, hosts)| vars.extend(hosts.vars(name, draft)));
        own.push(vars);
    }
    own
}

/// What is the implicit `localhost`'s own.
fn local_files(draft: &mut Draft, folders: &Folders) -> VarMap {
    let mut vars = VarMap::new();
    if draft.hosts.contains_key(LOCALHOST) {
        return vars;
    }
    let place = Place::whole(&Arc::new(Source::new("<localhost>", "")));
    let local = value::literal(&"local".into(), Taint::PUBLIC, place.clone(), place);
    vars.insert("ansible_connection".into(), local);
    folders.all().for_each(|(_, hosts)| vars.extend(hosts.vars(LOCALHOST, draft)));
    vars
}

/// What hosts of the same groups share.
#[derive(Clone)]
struct Shared {
    groups: Arc<[Arc<str>]>,
    vars: Arc<VarMap>,
}

struct Merger<'a, 'e> {
    draft: &'a Draft<'e>,
    depths: Vec<usize>,
    /// By folder, then by group: what its files hold.
    file_vars: Vec<Vec<VarMap>>,
    /// By the groups that name a host.
    memo: HashMap<Vec<GroupId>, Shared>,
    memberships: usize,
}

impl Merger<'_, '_> {
    fn host(&mut self, name: &Arc<str>, host: &DraftHost, own: VarMap) -> Option<Host> {
        let mut direct: Vec<_> = host.groups.iter().copied().collect();
        direct.sort_unstable();
        let shared = match self.memo.get(&direct) {
            Some(shared) => shared.clone(),
            None => self.shared(direct)?,
        };
        let vars = Vars { shared: shared.vars, own: Arc::new(own) };
        Some(Host { name: Arc::clone(name), vars, groups: shared.groups, place: Some(host.place.clone()) })
    }

    fn implicit(&mut self, own: VarMap) -> Host {
        let vars = Vars { shared: Arc::new(self.merged(&[])), own: Arc::new(own) };
        Host { name: LOCALHOST.into(), vars, groups: Arc::from([]), place: None }
    }

    /// What hosts that these groups name have from them and the groups above; none past the limit.
    fn shared(&mut self, direct: Vec<GroupId>) -> Option<Shared> {
        let mut groups: IndexSet<GroupId> = direct.iter().copied().collect();
        let mut next = 0;
        while let Some(group) = groups.get_index(next).copied() {
            groups.extend(&self.draft.groups[group].parents);
            next += 1;
        }
        groups.swap_remove(&ALL_GROUP);
        self.memberships += groups.len();
        if self.memberships > MOST_MEMBERSHIPS {
            return None;
        }
        let name = |group: GroupId| self.draft.groups.get_index(group).map(|(name, _)| name);
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|group| (self.depths[*group], self.draft.groups[*group].priority, name(*group)));
        let mut names: Vec<Arc<str>> = groups.iter().filter_map(|group| name(*group)).cloned().collect();
        names.sort();
        let shared = Shared { groups: names.into(), vars: Arc::new(self.merged(&groups)) };
        self.memo.insert(direct, shared.clone());
        Some(shared)
    }

    /// The vars of `all` and of these groups, weakest first.
    fn merged(&self, groups: &[GroupId]) -> VarMap {
        let mut vars = VarMap::new();
        let mut add = |more: &VarMap| vars.extend(more.iter().map(|(name, var)| (Arc::clone(name), var.clone())));
        let all = [ALL_GROUP].iter().chain(groups).copied();
        all.for_each(|group| add(&self.draft.groups[group].vars));
        self.file_vars.iter().for_each(|folder| add(&folder[ALL_GROUP]));
        self.file_vars.iter().for_each(|folder| groups.iter().for_each(|group| add(&folder[*group])));
        vars
    }

    fn groups(&self) -> IndexMap<Arc<str>, Group> {
        let host_name = |id: &usize| self.draft.hosts.get_index(*id).map(|(name, _)| Arc::clone(name));
        let group_name = |id: &GroupId| self.draft.groups.get_index(*id).map(|(name, _)| Arc::clone(name));
        let groups = self.draft.groups.iter().enumerate().map(|(id, (name, group))| {
            let mut vars = group.vars.clone();
            self.file_vars.iter().for_each(|folder| vars.extend(folder[id].clone()));
            let hosts = group.hosts.iter().filter_map(host_name).collect();
            let children = group.children.keys().filter_map(group_name).collect();
            (Arc::clone(name), Group { hosts, children, vars })
        });
        groups.collect()
    }
}
