//! Steps and handlers that never run, whatever the hosts: told as warnings, for nobody writes them on purpose.

use std::collections::BTreeSet;

use super::model::{Action, Frame, Node, PlayPlan, Repeat};
use super::resolve::{holds, items};
use crate::diagnostic::{Place, Problem, Problems};
use crate::playbook::{Play, Step};
use crate::template::{Scope, Tree, TreeKind};

/// Looks at the steps of a play.
pub fn steps(play: &PlayPlan, problems: &mut Problems) {
    if let Some(place) = never(&play.when) {
        problems.push(warning("this play never runs: its `when` is always false", place));
    }
    nodes(&play.steps, problems);
    play.handlers.iter().for_each(|(_, handler)| nodes(std::slice::from_ref(handler), problems));
}

/// Looks for handlers that no step notifies.
pub fn handlers(play: &Play, problems: &mut Problems) {
    let mut notified: BTreeSet<&str> = play.common.notify.iter().map(|named| named.name.as_str()).collect();
    collect(&play.steps, &mut notified);
    collect(&play.handlers, &mut notified);
    if notified.iter().any(|name| name.contains("{{")) {
        return;
    }
    for name in play.handlers.iter().filter_map(|handler| handler.name.as_ref()) {
        let text = name.written().unwrap_or_default();
        if !notified.contains(text) {
            problems.push(warning(&format!("no step notifies the handler `{text}`"), &name.place));
        }
    }
}

fn collect<'a>(steps: &'a [Step], notified: &mut BTreeSet<&'a str>) {
    for step in steps {
        notified.extend(step.common.notify.iter().map(|named| named.name.as_str()));
        step.body.lists().into_iter().for_each(|list| collect(list, notified));
    }
}

fn nodes(list: &[Node], problems: &mut Problems) {
    let mut ended = false;
    for node in list {
        if ended && let Some(place) = place(node) {
            problems.push(warning("this step is never reached: the one before it always fails", place));
            return;
        }
        match node {
            Node::Action(step) => {
                action(step, problems);
                step.lists().for_each(|list| nodes(list, problems));
                ended = always_fails(step);
            }
            Node::Block(block) => {
                frame(&block.frame, problems);
                for part in [&block.steps, &block.rescue, &block.always] {
                    nodes(part, problems);
                }
            }
            Node::Parallel(parallel) => {
                frame(&parallel.frame, problems);
                parallel.branches.iter().for_each(|branch| nodes(branch, problems));
            }
            Node::Flush(_) => {}
        }
    }
}

fn place(node: &Node) -> Option<&Place> {
    match node {
        Node::Action(action) => Some(&action.place),
        Node::Block(block) => Some(&block.frame.place),
        Node::Parallel(parallel) => Some(&parallel.frame.place),
        Node::Flush(_) => None,
    }
}

fn frame(frame: &Frame, problems: &mut Problems) {
    around(&frame.when, &frame.repeat, frame.word, problems);
}

fn action(action: &Action, problems: &mut Problems) {
    around(&action.when, &action.repeat, "step", problems);
}

fn around(when: &[Tree], repeat: &Repeat, word: &str, problems: &mut Problems) {
    if let Some(place) = never(when) {
        problems.push(warning(&format!("this {word} never runs: its `when` is always false"), place));
    }
    let is_empty = |tree: &Tree| items(tree, &Scope::empty()).is_ok_and(|items| items.is_empty());
    if let Some(tree) = repeat.items.as_ref().filter(|tree| is_constant(tree) && is_empty(tree)) {
        problems.push(warning(&format!("this {word} never runs: its `loop` is empty"), &tree.place));
    }
}

/// An `assert` of what is always false, with nothing that would let the run go on.
fn always_fails(action: &Action) -> bool {
    let is_left_alone = action.when.is_empty() && action.ignore_errors.is_none() && action.failed_when.is_empty();
    action.kind.name == "assert"
        && is_left_alone
        && action.repeat.items.is_none()
        && action.args.expressions().into_iter().any(is_false)
}

/// The condition that is false whatever is there.
fn never(when: &[Tree]) -> Option<&Place> {
    when.iter().find(|tree| is_false(tree)).map(|tree| &tree.place)
}

fn is_false(tree: &Tree) -> bool {
    is_constant(tree) && matches!(holds(std::slice::from_ref(tree), &Scope::empty()), Some(Ok(false)))
}

/// Whether it uses no name.
fn is_constant(tree: &Tree) -> bool {
    match &tree.kind {
        TreeKind::Literal(_) => true,
        TreeKind::Awaited(_) => false,
        TreeKind::Template(template) => template.uses().is_empty(),
        TreeKind::List(items) => items.iter().all(is_constant),
        TreeKind::Map(entries) => entries.iter().all(|entry| is_constant(&entry.value)),
    }
}

fn warning(message: &str, place: &Place) -> Problem {
    Problem::warning(message).at(place.clone())
}
