//! Ansible's YAML inventories: groups with `hosts`, `vars` and `children`. JSON files are YAML too.
//!
//! In: a parsed tree. Out: what it says, in the draft.

use std::sync::Arc;

use crate::diagnostic::{Place, Problem, Source};
use crate::text::is_unsafe;
use crate::yaml::{Entry, Map, Node, Value};

use super::draft::{Draft, GroupId};
use super::query;

/// What a group may hold.
const KEYS: [&str; 3] = ["hosts", "vars", "children"];

/// Reads a source into the draft.
pub(super) fn read(source: &Arc<Source>, draft: &mut Draft) {
    let mut tree = match crate::yaml::parse(source) {
        Ok(tree) => tree,
        Err(problems) => return draft.problems(problems),
    };
    super::value::read_booleans(&mut tree);
    let Some(map) = tree.as_map() else {
        let found = tree.found();
        let problem = Problem::error(format!("expected groups, found {found}")).at(tree.place);
        return draft.problem(problem.hint("write `all: {hosts: ...}`"));
    };
    if let Some(entry) = map.get("query").filter(|entry| is_query(entry)) {
        return query::read(entry, draft);
    }
    if let Some(problem) = other_kind(map) {
        return draft.problem(problem);
    }
    for entry in &map.entries {
        group(entry, draft);
    }
}

/// Whether `query` asks a database, and is no group of that name: a group's `hosts` are a mapping.
fn is_query(entry: &Entry) -> bool {
    let fields = entry.value.as_map();
    let asks = |map: &Map| {
        map.get("connection").is_some() || map.get("hosts").is_some_and(|hosts| hosts.value.as_text().is_some())
    };
    fields.is_some_and(asks)
}

/// Files that are inventories of another kind.
fn other_kind(map: &Map) -> Option<Problem> {
    let entry = map.get("plugin").filter(|entry| entry.value.as_text().is_some())?;
    let problem = Problem::error("configurations of Ansible's inventory plug-ins are not read");
    Some(problem.at(entry.key_place.clone()).hint("use an executable that prints Ansible's JSON"))
}

/// Reads a group and everything in it.
fn group(entry: &Entry, draft: &mut Draft) -> Option<GroupId> {
    if entry.key.is_empty() || entry.key.chars().any(is_unsafe) {
        draft.problem(Problem::error(format!("`{}` is no name of a group", entry.key)).at(entry.key_place.clone()));
        return None;
    }
    let sections = mapping(&entry.value, draft, |found| {
        format!("group `{}` must be a mapping with `hosts`, `vars` or `children`, found {found}", entry.key)
    })?;
    let id = draft.add_group(&entry.key, Some(entry.key_place.clone()));
    for section in sections {
        match &*section.key {
            "hosts" => hosts(section, id, draft),
            "vars" => vars(section, id, draft),
            "children" => children(section, id, draft),
            other => {
                let message = format!("unknown key `{other}` in group `{}` is not used", entry.key);
                let hint = "only `hosts`, `vars` and `children` stand here";
                let problem = Problem::warning(message).at(section.key_place.clone()).hint(hint);
                draft.problem(problem.did_you_mean(other, KEYS));
            }
        }
    }
    Some(id)
}

fn hosts(section: &Entry, group: GroupId, draft: &mut Draft) {
    for (name, place, value) in named(section, draft) {
        let hosts = draft.add_hosts(&name, Some(group), &place);
        let message = |found: &str| format!("the vars of host `{name}` must be a mapping, found {found}");
        for var in value.and_then(|value| mapping(value, draft, message)).unwrap_or_default() {
            if let Some(value) = draft.written(&var.key, &var.value, var.key_place.clone()) {
                for host in &hosts {
                    draft.set_host_var(*host, &var.key, value.clone());
                }
            }
        }
    }
}

fn vars(section: &Entry, group: GroupId, draft: &mut Draft) {
    let entries = mapping(&section.value, draft, |found| format!("`vars` must be a mapping, found {found}"));
    for var in entries.unwrap_or_default() {
        if let Some(value) = draft.written(&var.key, &var.value, var.key_place.clone()) {
            draft.set_group_var(group, &var.key, value);
        }
    }
}

fn children(section: &Entry, parent: GroupId, draft: &mut Draft) {
    if let Some(name) = section.value.as_text() {
        let child = draft.add_group(name, Some(section.value.place.clone()));
        return draft.nest(parent, child, Some(section.value.place.clone()));
    }
    let entries =
        mapping(&section.value, draft, |found| format!("`children` must be a mapping of groups, found {found}"));
    for entry in entries.unwrap_or_default() {
        if let Some(child) = group(entry, draft) {
            draft.nest(parent, child, Some(entry.key_place.clone()));
        }
    }
}

/// The hosts of a section with their vars; one host alone may stand as a text.
fn named<'n>(section: &'n Entry, draft: &mut Draft) -> Vec<(Arc<str>, Place, Option<&'n Node>)> {
    if let Value::Text(passage) = &section.value.value {
        return vec![(Arc::clone(&passage.text), section.value.place.clone(), None)];
    }
    let entries = mapping(&section.value, draft, |found| format!("`hosts` must be a mapping of hosts, found {found}"));
    let entries = entries.unwrap_or_default().iter();
    entries.map(|entry| (Arc::clone(&entry.key), entry.key_place.clone(), Some(&entry.value))).collect()
}

/// The entries of a mapping (none of nothing); anything else is a problem.
fn mapping<'n>(node: &'n Node, draft: &mut Draft, message: impl Fn(&str) -> String) -> Option<&'n [Entry]> {
    match &node.value {
        Value::Map(map) => Some(&map.entries),
        Value::Null => Some(&[]),
        other => {
            let problem = Problem::error(message(node.found())).at(node.place.clone());
            let list = matches!(other, Value::List(_));
            draft.problem(if list { problem.hint("write each as a key with a `:` behind it") } else { problem });
            None
        }
    }
}
