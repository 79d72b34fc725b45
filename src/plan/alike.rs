//! Which hosts of a play are alike for some texts: every name that the texts may come to stands for the same on them, so
//! what is worked out for one holds for all.
//!
//! In: the hosts, the texts, and the names that are the same for all hosts. Out: hosts by their sorts. Over-careful: hosts
//! that are told apart may still come to the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::model::{HostPlan, Names};
use crate::template::{Binding, Tree};

/// The sort of each host, by its position.
type Sorts = Arc<Vec<u32>>;

/// The hosts of a play.
pub struct Alike {
    hosts: Vec<Arc<HostPlan>>,
    /// What is known of a name on all hosts.
    known: BTreeMap<Arc<str>, Known>,
    /// The sorts by several names.
    together: BTreeMap<BTreeSet<Arc<str>>, Sorts>,
}

#[derive(Clone)]
struct Known {
    /// None where it stands for the same on all hosts.
    sorts: Option<Sorts>,
    /// The names in its lazy values.
    leads: BTreeSet<Arc<str>>,
}

impl Alike {
    /// Tells these hosts apart.
    pub fn new(hosts: Vec<Arc<HostPlan>>) -> Self {
        Self { hosts, known: BTreeMap::new(), together: BTreeMap::new() }
    }

    /// All hosts, by their positions.
    pub fn all(&self) -> Vec<usize> {
        (0..self.hosts.len()).collect()
    }

    /// The host at a position.
    pub fn host(&self, position: usize) -> &Arc<HostPlan> {
        &self.hosts[position]
    }

    /// Some hosts, those together that are alike for these texts; `layers` are the names over those of the hosts.
    pub fn group<'t>(
        &mut self,
        among: Vec<usize>,
        trees: impl IntoIterator<Item = &'t Tree>,
        layers: &[&Names],
    ) -> Vec<Vec<usize>> {
        let sorts = self.sorts(trees, layers);
        let mut groups: IndexMap<u32, Vec<usize>> = IndexMap::new();
        for host in among {
            groups.entry(sorts[host]).or_default().push(host);
        }
        groups.into_values().collect()
    }

    fn sorts<'t>(&mut self, trees: impl IntoIterator<Item = &'t Tree>, layers: &[&Names]) -> Sorts {
        let mut pending = BTreeSet::new();
        trees.into_iter().for_each(|tree| tree.names(&mut pending));
        let (mut seen, mut telling) = (BTreeSet::new(), BTreeSet::new());
        while let Some(name) = pending.pop_first() {
            if !seen.insert(Arc::clone(&name)) {
                continue;
            }
            layers.iter().filter_map(|layer| layer.get(&name)).for_each(|binding| leads(binding, &mut pending));
            let known = self.known(&name);
            pending.extend(known.leads.iter().cloned());
            if known.sorts.is_some() {
                telling.insert(name);
            }
        }
        self.together(telling)
    }

    fn known(&mut self, name: &Arc<str>) -> &Known {
        let hosts = &self.hosts;
        self.known.entry(Arc::clone(name)).or_insert_with(|| {
            let mut leading = BTreeSet::new();
            let binding = |host: &Arc<HostPlan>| {
                let binding = host.own.get(name).or_else(|| host.vars.lookup(name));
                binding.inspect(|binding| leads(binding, &mut leading)).map(likeness)
            };
            let sorts = numbered(hosts.iter().map(binding));
            Known { sorts: sorts.iter().any(|sort| *sort > 0).then(|| Arc::new(sorts)), leads: leading }
        })
    }

    fn together(&mut self, names: BTreeSet<Arc<str>>) -> Sorts {
        if let Some(sorts) = self.together.get(&names) {
            return Arc::clone(sorts);
        }
        let each: Vec<&Sorts> = names.iter().filter_map(|name| self.known.get(name)?.sorts.as_ref()).collect();
        let of_host = |n: usize| each.iter().map(|sorts| sorts[n]).collect::<Vec<u32>>();
        let sorts = Arc::new(numbered((0..self.hosts.len()).map(of_host)));
        self.together.insert(names, Arc::clone(&sorts));
        sorts
    }
}

/// The number of each thing, equal for equal things, from 0.
fn numbered<T: Ord>(things: impl Iterator<Item = T>) -> Vec<u32> {
    let mut numbers = BTreeMap::new();
    things
        .map(|thing| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(thing).or_insert(next)
        })
        .collect()
}

/// What two bindings have in common that stand for the same.
fn likeness(binding: &Binding) -> (u8, String, usize) {
    match binding {
        Binding::Known(data) => (0, format!("{:?} {:?}", data.taint, data.value), 0),
        Binding::Lazy(tree) => (1, String::new(), Arc::as_ptr(tree).addr()),
        Binding::Unknown(need) => (2, String::new(), Arc::as_ptr(need).addr()),
        Binding::Record(record) => (3, String::new(), Arc::as_ptr(record).addr()),
    }
}

/// The names in the lazy values of a binding.
fn leads(binding: &Binding, names: &mut BTreeSet<Arc<str>>) {
    match binding {
        Binding::Known(_) | Binding::Unknown(_) => {}
        Binding::Lazy(tree) => tree.names(names),
        Binding::Record(record) => record.values().for_each(|binding| leads(binding, names)),
    }
}
