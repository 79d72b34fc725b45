//! Who reads which name: what tells, when a run is taken up again, whether a result that was not kept is still wanted.
//!
//! Over-careful: what cannot be followed (a lazy var, a template file, `hostvars` by a name that is worked out) counts
//! as a use.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Action, Frame, Names, Node, Plan};
use crate::event::StepPath;
use crate::template::{Binding, Tree, TreeKind};

/// The names that are read.
#[derive(Default)]
pub struct Uses {
    /// By what governs blocks, plays and vars.
    around: Read,
    /// By steps, each with its play and path.
    steps: BTreeMap<(u32, StepPath), Read>,
}

/// What somebody reads.
#[derive(Default)]
struct Read {
    names: BTreeSet<String>,
    /// It may be anything.
    all: bool,
}

impl Uses {
    /// Everything that a plan reads.
    pub fn of(plan: &Plan) -> Self {
        let mut uses = Self::default();
        for play in &plan.plays {
            play.when.iter().chain(&play.timeout).for_each(|tree| uses.around.tree(tree));
            play.vars.iter().for_each(|names| uses.around.vars(names));
            uses.nodes(play.index, &play.steps);
            play.handlers.iter().for_each(|(_, node)| uses.nodes(play.index, std::slice::from_ref(node)));
        }
        for vars in plan.hosts.values().map(|host| &host.vars).chain([&plan.all_vars]) {
            vars.names().iter().filter_map(|name| vars.lookup(name)).for_each(|found| uses.around.binding(found));
        }
        plan.connections.iter().flat_map(super::ConnectionPlan::trees).for_each(|tree| uses.around.tree(tree));
        uses
    }

    /// Whether anybody reads `name` but the step at `own` and those of which `is_done` holds.
    pub fn is_wanted(&self, name: &str, own: (u32, &StepPath), is_done: impl Fn(u32, &StepPath) -> bool) -> bool {
        let others = self.steps.iter().filter(|((play, path), _)| (*play, path) != own && !is_done(*play, path));
        self.around.has(name) || others.map(|(_, read)| read).any(|read| read.has(name))
    }

    fn nodes(&mut self, play: u32, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Action(action) => {
                    self.action(play, action);
                    action.lists().for_each(|list| self.nodes(play, list));
                }
                Node::Block(block) => {
                    self.frame(&block.frame);
                    for part in [&block.steps, &block.rescue, &block.always] {
                        self.nodes(play, part);
                    }
                }
                Node::Parallel(parallel) => {
                    self.frame(&parallel.frame);
                    parallel.branches.iter().for_each(|branch| self.nodes(play, branch));
                }
                Node::Flush(_) => {}
            }
        }
    }

    fn frame(&mut self, frame: &Frame) {
        let repeat = &frame.repeat;
        let trees = frame.when.iter().chain(&frame.name).chain(&frame.timeout).chain(&repeat.items);
        let trees = trees.chain(&repeat.retries).chain(&repeat.delay).chain(&repeat.until).chain(&frame.throttle);
        trees.for_each(|tree| self.around.tree(tree));
        self.around.vars(&frame.vars);
    }

    fn action(&mut self, play: u32, action: &Action) {
        let mut read = Read { all: action.args.keys().iter().any(|key| &**key == "template"), ..Read::default() };
        action.trees().into_iter().for_each(|tree| read.tree(tree));
        read.vars(&action.vars);
        self.steps.insert((play, action.path.clone()), read);
    }
}

impl Read {
    fn has(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }

    fn vars(&mut self, names: &Names) {
        for binding in names.values() {
            self.binding(binding);
        }
    }

    fn binding(&mut self, binding: &Binding) {
        match binding {
            Binding::Lazy(tree) => self.tree(tree),
            Binding::Record(record) => record.values().for_each(|inner| self.binding(inner)),
            Binding::Known(_) | Binding::Unknown(_) => {}
        }
    }

    fn tree(&mut self, tree: &Tree) {
        match &tree.kind {
            TreeKind::Literal(_) | TreeKind::Awaited(_) => {}
            TreeKind::Template(template) => {
                for used in template.uses() {
                    self.names.insert(used.name.clone());
                    if used.name == "hostvars" {
                        self.all |= used.path.len() < 2 && used.entry.is_none();
                        self.names.extend(used.path.iter().chain(&used.entry).cloned());
                    }
                }
            }
            TreeKind::List(items) => items.iter().for_each(|item| self.tree(item)),
            TreeKind::Map(entries) => entries.iter().for_each(|entry| self.tree(&entry.value)),
        }
    }
}
