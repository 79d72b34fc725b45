//! What an inventory looks like: Ansible's `--list`, `--host` and `--graph`, with passwords masked.
//!
//! Templates are shown as they were written, for they are worked out where they are used.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use crate::secret::MASK;
use crate::template::{Tree, TreeKind};

use super::model::{ALL, LOCALHOST, Vars};
use super::{Host, Inventory, is_secret_var};

impl Inventory {
    /// The inventory as `ansible-inventory --list` prints it: keys sorted, hosts in the order of the inventory.
    pub fn list_json(&self) -> Value {
        let mut groups = BTreeMap::new();
        let mut seen = HashSet::new();
        let mut waiting = vec![ALL];
        while let Some(name) = waiting.pop() {
            let Some(group) = self.groups.get(name).filter(|_| seen.insert(name)) else { continue };
            waiting.extend(group.children.iter().map(|child| &**child));
            let mut members = Map::new();
            let mut list = |key: &str, names: &[std::sync::Arc<str>]| {
                if !names.is_empty() {
                    members.insert(key.to_owned(), names.iter().map(|name| &**name).collect());
                }
            };
            list("children", &group.children);
            if name != ALL {
                list("hosts", &group.hosts);
            }
            if !members.is_empty() {
                groups.insert(name.to_owned(), Value::Object(members));
            }
        }
        let vars = self.hosts.values().filter(|host| !host.vars.is_empty());
        let vars: BTreeMap<_, _> = vars.map(|host| (host.name.to_string(), vars_json(&host.vars))).collect();
        let hostvars = Value::Object(vars.into_iter().collect());
        groups.insert("_meta".to_owned(), Map::from_iter([("hostvars".to_owned(), hostvars)]).into());
        Value::Object(groups.into_iter().collect())
    }

    /// The vars of a host as `ansible-inventory --host` prints them; none if there is no such host.
    pub fn host_json(&self, name: &str) -> Option<Value> {
        self.host(name).map(|host: &Host| vars_json(&host.vars))
    }

    /// The tree of groups and hosts as `ansible-inventory --graph` prints it.
    pub fn graph(&self) -> String {
        let mut out = String::new();
        let mut waiting = vec![(ALL, true, 0)];
        while let Some((name, is_group, depth)) = waiting.pop() {
            let indent = "  |".repeat(depth) + if depth == 0 { "" } else { "--" };
            let name = crate::text::visible(name);
            let (mark, end) = if is_group { ("@", ":\n") } else { ("", "\n") };
            out.extend([&*indent, mark, &*name, end]);
            let Some(group) = self.groups.get(&*name).filter(|_| is_group) else { continue };
            let hosts: &[_] = if name == ALL { &[] } else { &group.hosts };
            // The last that is put on the stack is the first that is shown.
            waiting.extend(hosts.iter().rev().map(|host| (&**host, false, depth + 1)));
            waiting.extend(group.children.iter().rev().map(|child| (&**child, true, depth + 1)));
            if out.len() > LONGEST_GRAPH {
                out += "...\n";
                break;
            }
        }
        out
    }

    /// The values of Ansible's passwords that stand in the inventory itself: to be masked wherever they appear.
    pub fn secrets(&self) -> impl Iterator<Item = String> {
        let local = (!self.hosts.contains_key(LOCALHOST)).then_some(&self.localhost);
        let vars = self.hosts.values().chain(local).flat_map(|host| host.vars.own.iter());
        let vars = vars.chain(self.groups.values().flat_map(|group| group.vars.iter()));
        let secret = vars.filter_map(|(_, var)| match &var.value.kind {
            TreeKind::Literal(data) if data.taint.secret => Some(data.to_json()),
            _ => None,
        });
        secret.filter_map(|value| match value {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text),
            Value::Null => None,
            other => Some(other.to_string()),
        })
    }
}

/// A group that many hold is shown under each of them, so a graph can be far larger than its inventory, in bytes.
const LONGEST_GRAPH: usize = 64 << 20;

fn vars_json(vars: &Vars) -> Value {
    let sorted: BTreeMap<_, _> = vars.iter().map(|(name, var)| (name.to_string(), masked(name, &var.value))).collect();
    Value::Object(sorted.into_iter().collect())
}

fn masked(name: &str, tree: &Tree) -> Value {
    if is_secret_var(name) { MASK.into() } else { shown(tree) }
}

/// A value as it was written.
pub(super) fn shown(tree: &Tree) -> Value {
    match &tree.kind {
        TreeKind::Awaited(_) => MASK.into(),
        TreeKind::Literal(data) if data.taint.secret => MASK.into(),
        TreeKind::Template(template) if template.passage().place.source.is_secret() => MASK.into(),
        TreeKind::Literal(data) => data.to_json(),
        TreeKind::Template(template) => (*template.passage().text).into(),
        TreeKind::List(items) => items.iter().map(shown).collect(),
        TreeKind::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.to_string(), shown(&entry.value))).collect())
        }
    }
}
