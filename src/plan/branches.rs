//! The branches of `parallel`: two of them may not give one name, for which of them is seen would be chance.

use std::collections::BTreeMap;

use crate::diagnostic::{Place, Problem, Problems};
use crate::playbook::{Body, Step};
use crate::step;

/// Tells every name that a second branch gives.
pub fn judge(branches: &[Vec<Step>], problems: &mut Problems) {
    let mut given: BTreeMap<String, (usize, Place)> = BTreeMap::new();
    for (branch, steps) in branches.iter().enumerate() {
        for (name, place) in names(steps) {
            let (first, before) = given.entry(name.clone()).or_insert_with(|| (branch, place.clone()));
            if *first != branch {
                let problem = Problem::error(format!("two branches of `parallel` give the name `{name}`")).at(place);
                problems.push(problem.hint("name one of them differently").note("the first one", before.clone()));
            }
        }
    }
}

/// The names that these steps and those inside them give.
fn names(steps: &[Step]) -> Vec<(String, Place)> {
    let mut all = Vec::new();
    for step in steps {
        all.extend(step.common.register.iter().map(|named| (named.name.clone(), named.place.clone())));
        match &step.body {
            Body::Action { kind, args } if step::find(&kind.name).is_some_and(|kind| kind.defines_names) => {
                let entries = args.as_map().map(|map| map.entries.as_slice()).unwrap_or_default();
                all.extend(entries.iter().map(|entry| (entry.key.to_string(), entry.key_place.clone())));
            }
            Body::Action { .. } | Body::FlushHandlers => {}
            Body::Block { steps, rescue, always } => {
                all.extend([steps, rescue, always].map(|part| names(part)).concat());
            }
            Body::Parallel(branches) => all.extend(branches.iter().flat_map(|branch| names(branch))),
            Body::Include { steps, .. } => all.extend(names(steps)),
        }
    }
    all
}
