//! Keys that are given twice, and the merge key `<<` that Ansible's files use.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Entry, Map, Value};
use crate::diagnostic::{Place, Problem, Problems};

/// Reports each key that was there already, and drops its entry.
pub fn duplicates(map: &mut Map, problems: &mut Problems) {
    let mut first: HashMap<Arc<str>, Place> = HashMap::with_capacity(map.entries.len());
    map.entries.retain(|entry| {
        let Some(place) = first.get(&entry.key) else {
            first.insert(Arc::clone(&entry.key), entry.key_place.clone());
            return true;
        };
        let twice = Problem::error(format!("key `{}` is given twice", entry.key)).at(entry.key_place.clone());
        problems.push(twice.hint("keep one of them").note("first given here", place.clone()));
        false
    });
}

/// Replaces `<<: *base` (or a list of bases) by what the bases hold; the mapping's own keys are stronger.
pub fn merge(map: &mut Map, problems: &mut Problems) {
    let is_merge = |entry: &Entry| &*entry.key == "<<" && entry.key_place.end == entry.key_place.start + 2;
    let Some(at) = map.entries.iter().position(is_merge) else { return };
    let base = map.entries.remove(at).value;
    let place = base.place.clone();
    let bases = match base.value {
        Value::List(items) => items,
        _ => vec![base],
    };
    for node in bases {
        match node.value {
            Value::Map(base) => add(map, base),
            _ => problems.push(Problem::error("`<<` takes a mapping, or a list of them").at(place.clone())),
        }
    }
}

fn add(map: &mut Map, base: Map) {
    let new: Vec<Entry> = base.entries.into_iter().filter(|entry| map.get(&entry.key).is_none()).collect();
    map.entries.extend(new);
}
