//! The plan: a playbook joined with an inventory, compiled, judged and sealed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::args::Args;
use super::module::Given;
use crate::connection::host::HostTarget;
use crate::diagnostic::{Place, Problems};
use crate::event::{Class, Segment, StepPath};
use crate::secret::Redactor;
use crate::step::StepType;
use crate::template::{Aliases, Binding, Scope, Tree};

/// Names and what they stand for, in the order of names.
pub type Names = BTreeMap<Arc<str>, Binding>;

/// Everything that will be done, as far as it is known before anything is contacted.
pub struct Plan {
    /// The playbook's name.
    pub name: String,
    /// `lock`.
    pub lock: Option<Tree>,
    /// The plays in order.
    pub plays: Vec<PlayPlan>,
    /// The hosts of all plays, and those that steps are delegated to.
    pub hosts: BTreeMap<Arc<str>, Arc<HostPlan>>,
    /// Connections by name, compiled; they are worked out when a step first uses them.
    pub connections: Vec<ConnectionPlan>,
    /// What stands above all other names: `-e`, `inputs`, `secrets`, `groups`, `env` and the like.
    pub top: Names,
    /// The inventory's vars of the group `all`, which service steps see too.
    pub all_vars: Scope,
    /// Whether some template reads `hostvars`.
    pub uses_hostvars: bool,
    /// What was found that does not forbid running it.
    pub warnings: Problems,
}

/// A host.
pub struct HostPlan {
    /// Its name.
    pub name: Arc<str>,
    /// Its vars from the inventory.
    pub vars: Scope,
    /// The names that only it has: `host`, `inventory_hostname`, `group_names`.
    pub own: Names,
    /// How it is reached; none where that needs a secret that has not been read.
    pub target: Option<Arc<HostTarget>>,
}

/// A play.
pub struct PlayPlan {
    /// Its number, from 0.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// Its hosts in batches; a play without hosts has one batch that holds the control machine.
    pub batches: Vec<Vec<Arc<str>>>,
    /// It has no `hosts`: it runs on the control machine, and what it registers is seen by all.
    pub on_control: bool,
    /// How many percent of a batch may fail.
    pub max_fail_percentage: f64,
    /// The vars of playbook and play that lie over the inventory's.
    pub vars: Vec<Names>,
    /// Conditions of the play itself.
    pub when: Vec<Tree>,
    /// Bounds the play.
    pub timeout: Option<Tree>,
    /// The steps.
    pub steps: Vec<Node>,
    /// The handlers, each with the name by which it is notified.
    pub handlers: Vec<(String, Node)>,
}

/// A step or a structure of steps.
pub enum Node {
    /// A step of a type.
    Action(Arc<Action>),
    /// `block`, also for an include.
    Block(Arc<Block>),
    /// `parallel`.
    Parallel(Arc<Parallel>),
    /// `flush_handlers`.
    Flush(StepPath),
}

/// What governs a block or `parallel` as a whole.
pub struct Frame {
    /// Its path.
    pub path: StepPath,
    /// Where it begins.
    pub place: Place,
    /// Its name, for people.
    pub name: Option<Tree>,
    /// Worked out once per host.
    pub when: Vec<Tree>,
    /// `vars` (and the inputs of an include).
    pub vars: Names,
    /// The inputs of an include, worked out where it is entered.
    pub inputs: Vec<Given>,
    /// The kind of the structure, for messages.
    pub word: &'static str,
    /// `register`ed, `loop`ed and repeated as a whole.
    pub repeat: Repeat,
    /// `timeout` of the whole.
    pub timeout: Option<Tree>,
    /// At most so many hosts in it at a time.
    pub throttle: Option<Tree>,
}

/// `block`.
pub struct Block {
    /// What governs the whole.
    pub frame: Frame,
    /// The steps.
    pub steps: Vec<Node>,
    /// Where a host goes that fails in them.
    pub rescue: Vec<Node>,
    /// What runs in every case.
    pub always: Vec<Node>,
}

/// `parallel`.
pub struct Parallel {
    /// What governs the whole.
    pub frame: Frame,
    /// The branches.
    pub branches: Vec<Vec<Node>>,
}

/// `loop`, `retries`, `delay`, `until`.
#[derive(Default)]
pub struct Repeat {
    /// The items.
    pub items: Option<Tree>,
    /// How often it is tried again.
    pub retries: Option<Tree>,
    /// How long between two tries.
    pub delay: Option<Tree>,
    /// Tried again until all of these hold.
    pub until: Vec<Tree>,
}

/// How often an action runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// In each host's own flow.
    PerHost,
    /// Once per batch, where the hosts meet.
    Once,
}

/// A step of a type, compiled.
pub struct Action {
    /// Its path.
    pub path: StepPath,
    /// Where it begins.
    pub place: Place,
    /// Its name, for people; the type and its main argument where it has none.
    pub name: Tree,
    /// Its type.
    pub kind: &'static StepType,
    /// Its parameters.
    pub args: Args,
    /// Per host or once.
    pub scale: Scale,
    /// It runs on the control machine only and sees no host.
    pub is_service: bool,
    /// `register`.
    pub register: Option<Arc<str>>,
    /// `when`, its own and those it inherits from the play.
    pub when: Vec<Tree>,
    /// `loop` and retries.
    pub repeat: Repeat,
    /// `timeout`.
    pub timeout: Option<Tree>,
    /// `ignore_errors`.
    pub ignore_errors: Option<Tree>,
    /// `changed_when`.
    pub changed_when: Vec<Tree>,
    /// `failed_when`.
    pub failed_when: Vec<Tree>,
    /// `notify`.
    pub notify: Vec<String>,
    /// `throttle`.
    pub throttle: Option<Tree>,
    /// `vars`, with those of the blocks around it (the inner ones stronger).
    pub vars: Names,
    /// `environment`, inherited entries first.
    pub environment: Vec<(String, Tree)>,
    /// `become`.
    pub r#become: Option<Tree>,
    /// `become_user`.
    pub become_user: Option<Tree>,
    /// `delegate_to`.
    pub delegate_to: Option<Tree>,
    /// `no_log`.
    pub no_log: Option<Tree>,
    /// `class`, where it is told.
    pub class: Option<Class>,
    /// The connections it uses, by their names.
    pub connections: Vec<String>,
    /// The steps that it holds and runs itself.
    pub inside: Arc<Vec<Inside>>,
    /// The inputs of the file it stands in, for the texts of files.
    pub aliases: Aliases,
}

/// Steps that a step holds: `ready`, `each`.
pub struct Inside {
    /// Which; `each` stands for the message with number 0.
    pub part: Segment,
    /// The steps.
    pub steps: Vec<Node>,
}

impl Action {
    /// The lists of steps inside.
    pub fn lists(&self) -> impl Iterator<Item = &[Node]> {
        self.inside.iter().map(|inside| inside.steps.as_slice())
    }

    /// The texts that are worked out before it runs, without `when` and `loop`.
    pub fn own_trees(&self) -> Vec<&Tree> {
        let mut trees = self.args.trees();
        trees.push(&self.name);
        trees.extend(self.environment.iter().map(|(_, tree)| tree));
        let optional = [
            &self.timeout,
            &self.ignore_errors,
            &self.throttle,
            &self.r#become,
            &self.become_user,
            &self.delegate_to,
            &self.no_log,
            &self.repeat.retries,
            &self.repeat.delay,
        ];
        trees.extend(optional.into_iter().flatten());
        trees
    }

    /// Every text of it.
    pub fn trees(&self) -> Vec<&Tree> {
        let mut trees = self.own_trees();
        trees.extend(self.when.iter().chain(&self.repeat.items).chain(&self.repeat.until));
        trees.extend(self.changed_when.iter().chain(&self.failed_when));
        trees
    }
}

/// A connection, compiled.
pub struct ConnectionPlan {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// The URL, or the fields.
    pub value: super::connections::Declared,
    /// It depends on the host: one connection per host.
    pub per_host: bool,
    /// Learns its passwords once they are worked out.
    pub redactor: Redactor,
}

/// How many steps of a type there are, at any depth.
pub fn count_steps(nodes: &[Node]) -> usize {
    let count = |node: &Node| match node {
        Node::Action(action) => 1 + action.lists().map(count_steps).sum::<usize>(),
        Node::Block(block) => count_steps(&block.steps) + count_steps(&block.rescue) + count_steps(&block.always),
        Node::Parallel(parallel) => parallel.branches.iter().map(|branch| count_steps(branch)).sum(),
        Node::Flush(_) => 0,
    };
    nodes.iter().map(count).sum()
}
