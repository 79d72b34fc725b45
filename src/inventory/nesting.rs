//! How groups stand in one another: every group is below `all`, no group is below itself, and how deep each one is.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::diagnostic::{Note, Problem};

use super::draft::{ALL_GROUP, Draft, GroupId};

/// How deep groups may be nested.
const DEEPEST: usize = 100;

/// Puts groups that no other holds into `all`, and gives the depth of each; problems if that cannot be said.
pub(super) fn depths(draft: &mut Draft) -> Option<Vec<usize>> {
    for group in ALL_GROUP + 1..draft.groups.len() {
        if draft.groups[group].parents.is_empty() {
            draft.nest(ALL_GROUP, group, None);
        }
    }
    let cycles = cycles(draft);
    let found = !cycles.is_empty();
    for cycle in &cycles {
        draft.problem(told(draft, cycle));
    }
    if found { None } else { longest_paths(draft) }
}

/// The chains of groups that lead back to their first, one for each group where a search comes back to itself.
fn cycles(draft: &Draft) -> Vec<Vec<GroupId>> {
    let mut done = vec![false; draft.groups.len()];
    let mut on_way = done.clone();
    let mut cycles = Vec::new();
    for root in 0..draft.groups.len() {
        // The way down, each group with the number of its next child; no recursion, for chains may be long.
        let mut way: Vec<(GroupId, usize)> = if done[root] { Vec::new() } else { vec![(root, 0)] };
        while let Some((group, next)) = way.last_mut() {
            let Some((child, _)) = draft.groups[*group].children.get_index(*next) else {
                done[*group] = true;
                on_way[*group] = false;
                way.pop();
                continue;
            };
            *next += 1;
            on_way[*group] = true;
            if on_way[*child] || *child == *group {
                let from = way.iter().position(|(group, _)| group == child).unwrap_or(0);
                cycles.push(way[from..].iter().map(|(group, _)| *group).collect());
            } else if !done[*child] {
                way.push((*child, 0));
            }
        }
    }
    cycles
}

fn told(draft: &Draft, cycle: &[GroupId]) -> Problem {
    let name = |group: &GroupId| draft.groups.get_index(*group).map_or("", |(name, _)| &**name);
    let chain: Vec<&str> = cycle.iter().chain(cycle.first()).map(name).collect();
    let problem = Problem::error(format!("groups hold one another: {}", chain.join(" > ")));
    let pairs = cycle.iter().zip(cycle.iter().cycle().skip(1));
    let mut notes: Vec<Note> = pairs
        .filter_map(|(parent, child)| {
            let place = draft.groups[*parent].children.get(child)?.clone()?;
            Some(Note { message: format!("`{}` holds `{}` here", name(parent), name(child)), place })
        })
        .collect();
    let mut problem = problem.hint("take one of them out of the other");
    if !notes.is_empty() {
        problem.place = Some(notes.remove(0).place);
    }
    problem.notes = notes;
    problem
}

/// The length of the longest way from `all` to each group, on which precedence goes.
fn longest_paths(draft: &mut Draft) -> Option<Vec<usize>> {
    let mut waiting: Vec<usize> = draft.groups.values().map(|group| group.parents.len()).collect();
    let mut depths = vec![0; waiting.len()];
    let mut ready: VecDeque<GroupId> = VecDeque::from([ALL_GROUP]);
    while let Some(group) = ready.pop_front() {
        for child in draft.groups[group].children.keys() {
            depths[*child] = depths[*child].max(depths[group] + 1);
            waiting[*child] -= 1;
            if waiting[*child] == 0 {
                ready.push_back(*child);
            }
        }
    }
    let Some(deep) = depths.iter().position(|depth| *depth > DEEPEST) else { return Some(depths) };
    let name = draft.groups.get_index(deep).map(|(name, _)| Arc::clone(name)).unwrap_or_default();
    let problem = Problem::error(format!("group `{name}` is nested more than {DEEPEST} levels deep"));
    let place = draft.groups[deep].place.clone();
    draft.problem(match place {
        Some(place) => problem.at(place),
        None => problem,
    });
    None
}
