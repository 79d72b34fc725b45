//! `--start-at NAME`: what stands before the first step of that name is left out.

use super::model::{Node, PlayPlan};
use crate::diagnostic::{Problem, Problems};
use crate::template::{Tree, TreeKind};

/// Leaves out the steps before `name`, in all plays; plays before it lose all their steps.
pub fn start_at(plays: &mut [PlayPlan], name: &str, problems: &mut Problems) {
    let known: Vec<String> = plays.iter().flat_map(|play| names(&play.steps)).collect();
    if !known.iter().any(|known| known == name) {
        let problem = Problem::error(format!("--start-at: no step has the name `{name}`"));
        problems.push(problem.did_you_mean(name, known.iter().map(String::as_str)));
        return;
    }
    let mut found = false;
    for play in plays {
        drop_before(&mut play.steps, name, &mut found);
    }
}

/// A step in a block keeps what comes after it in the block; `parallel` is taken whole.
fn drop_before(nodes: &mut Vec<Node>, name: &str, found: &mut bool) {
    nodes.retain_mut(|node| {
        if *found {
            return true;
        }
        match node {
            Node::Action(action) => *found = text(&action.name) == name,
            Node::Block(block) => {
                *found = block.frame.name.as_ref().is_some_and(|tree| text(tree) == name);
                if !*found && let Some(block) = std::sync::Arc::get_mut(block) {
                    drop_before(&mut block.steps, name, found);
                }
            }
            Node::Parallel(parallel) => {
                *found = parallel.branches.iter().any(|branch| names(branch).iter().any(|n| n == name));
            }
            Node::Flush(_) => {}
        }
        *found
    });
}

fn names(nodes: &[Node]) -> Vec<String> {
    let mut all = Vec::new();
    for node in nodes {
        match node {
            Node::Action(action) => all.push(text(&action.name)),
            Node::Block(block) => {
                all.extend(block.frame.name.as_ref().map(text));
                all.extend(names(&block.steps));
            }
            Node::Parallel(parallel) => all.extend(parallel.branches.iter().flat_map(|branch| names(branch))),
            Node::Flush(_) => {}
        }
    }
    all
}

/// A name as it was written.
fn text(tree: &Tree) -> String {
    match &tree.kind {
        TreeKind::Literal(data) => data.value.to_string(),
        TreeKind::Template(template) => template.passage().text.to_string(),
        TreeKind::Awaited(_) | TreeKind::List(_) | TreeKind::Map(_) => String::new(),
    }
}
