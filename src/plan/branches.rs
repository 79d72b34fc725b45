//! Branches of `parallel` run at the same time: two that register or set one name would leave to chance which one is
//! seen afterwards.

use std::collections::BTreeMap;

use crate::diagnostic::{Place, Problem, Problems};
use crate::playbook::{Body, Step};

/// Judges every `parallel` in these steps, at any depth.
pub fn judge(steps: &[Step], problems: &mut Problems) {
    for step in steps {
        if let Body::Parallel(branches) = &step.body {
            parallel(branches, problems);
        }
        step.body.lists().into_iter().for_each(|list| judge(list, problems));
    }
}

fn parallel(branches: &[Vec<Step>], problems: &mut Problems) {
    let mut known: BTreeMap<String, Place> = BTreeMap::new();
    for branch in branches {
        let mut own = BTreeMap::new();
        given(branch, &mut own);
        for (name, place) in own {
            match known.get(&name) {
                None => drop(known.insert(name, place)),
                Some(first) => problems.push(
                    Problem::error(format!("two branches of `parallel` give the name `{name}`"))
                        .at(place)
                        .hint("take another name: the branches run at the same time")
                        .note("first given here", first.clone()),
                ),
            }
        }
    }
}

/// The names that steps register or set, each with the first place.
fn given(steps: &[Step], names: &mut BTreeMap<String, Place>) {
    for step in steps {
        if let Some(named) = &step.common.register {
            names.entry(named.name.clone()).or_insert_with(|| named.place.clone());
        }
        if let Body::Action { kind, args, .. } = &step.body
            && crate::step::find(&kind.name).is_some_and(|kind| kind.defines_names)
        {
            for entry in args.as_map().into_iter().flat_map(|map| &map.entries) {
                names.entry(entry.key.to_string()).or_insert_with(|| entry.key_place.clone());
            }
        }
        step.body.lists().into_iter().for_each(|list| given(list, names));
    }
}
