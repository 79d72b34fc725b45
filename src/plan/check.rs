//! The judgement of a plan: every name is there where it is used, for every host; and every value that can be known
//! already has the type its step wants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::alike::Alike;
use super::compile::items_need;
use super::model::{Action, ConnectionPlan, Frame, HostPlan, Names, Node, Plan, PlayPlan, Repeat};
use super::on_hosts::OnHosts;
use super::settled::Settled;
use super::{Request, results, throttled};
use crate::diagnostic::{Place, Problem, Problems};
use crate::playbook::{Body, Playbook, Step, Var};
use crate::secret::Taint;
use crate::template::{Binding, Data, Need, Scope, Tree, TreeKind};

/// Judges every play in order; what one registers, the next may use.
pub fn judge(plan: &Plan, request: &Request<'_>, problems: &mut Problems) {
    for connection in &plan.connections {
        judge_connection(plan, connection, problems);
    }
    let mut shared = Names::new();
    let mut of_hosts = Names::new();
    let mut settled = Settled::default();
    for play in &plan.plays {
        let hosts = play.batches.iter().flatten().filter_map(|name| plan.hosts.get(name));
        let hosts: Vec<Arc<HostPlan>> = hosts.cloned().collect();
        let (groups, batch) = (groups(plan, play), batch(play));
        let above = hosts.iter().map(|host| Arc::new(merged(&batch, &host.own))).collect();
        let (alike, registered) = (Alike::new(hosts), Names::new());
        let (control, moment) = (play.on_control, Names::new());
        let mut judge =
            Judge { plan, request, play, control, moment, groups, alike, above, batch, registered, settled, problems };
        let mut known = if play.on_control { shared.clone() } else { merged(&shared, &of_hosts) };
        judge.nodes(&play.steps, &mut known, &mut shared);
        for (_, handler) in &play.handlers {
            judge.nodes(std::slice::from_ref(handler), &mut known, &mut shared);
        }
        if !play.on_control {
            of_hosts.extend(known);
        }
        settled = judge.settled;
        settled.meet();
    }
}

/// The scope of a step: weakest first the inventory's vars, those of the play, of blocks and step, what was set and
/// registered, then what stands above all.
pub fn compose(base: &Scope, play: &PlayPlan, step: &Names, dynamic: &Names, above: [&Names; 2]) -> Scope {
    let mut scope = base.clone();
    for names in play.vars.iter().chain([step, dynamic, above[0], above[1]]) {
        scope = scope.with(names.clone());
    }
    scope
}

/// Whether a connection depends on the host: its names are there with a host, and not without one.
pub fn is_per_host(connection: &ConnectionPlan, plan: &Plan) -> bool {
    let Some(first) = plan.plays.first() else { return false };
    let nothing = Names::new();
    let lacks = |base: &Scope, own: &Names| {
        let scope = compose(base, first, &nothing, &nothing, [&plan.top, own]);
        let mut problems = Problems::default();
        connection.trees().for_each(|tree| tree.check(&scope, &mut problems));
        problems.has_errors()
    };
    lacks(&plan.all_vars, &nothing) && plan.hosts.values().any(|host| !lacks(&host.vars, &host.own))
}

fn judge_connection(plan: &Plan, connection: &ConnectionPlan, problems: &mut Problems) {
    let Some(first) = plan.plays.first() else { return };
    let mut with_hosts =
        plan.plays.iter().filter(|play| !play.on_control).flat_map(|play| play.batches.iter().flatten());
    let host = with_hosts.next().and_then(|name| plan.hosts.get(name));
    let nothing = Names::new();
    let scope = match (connection.per_host, host) {
        (true, Some(host)) => compose(&host.vars, first, &nothing, &nothing, [&plan.top, &host.own]),
        _ => compose(&plan.all_vars, first, &nothing, &nothing, [&plan.top, &nothing]),
    };
    connection.trees().for_each(|tree| tree.check(&scope, problems));
    problems.extend(connection.stray(&scope, &plan.hosts));
}

/// Whether a name is used anywhere in the texts of a playbook. Over-careful: a mention in a comment of a template counts.
pub fn mentions(plays: &[PlayPlan], playbook: &Playbook, name: &str) -> bool {
    !plays.is_empty() && playbook.sources.iter().any(|source| source.text.contains(name))
}

/// Hosts that have the same names, with one that stands for them.
pub(super) struct Group {
    host: Option<Arc<HostPlan>>,
    members: Vec<Arc<str>>,
}

/// The control machine alone.
pub(super) fn nobody() -> Vec<Group> {
    vec![Group { host: None, members: vec!["localhost".into()] }]
}

fn groups(plan: &Plan, planned: &PlayPlan) -> Vec<Group> {
    if planned.on_control {
        return nobody();
    }
    let mut groups: BTreeMap<Vec<Arc<str>>, Group> = BTreeMap::new();
    for host in planned.batches.iter().flatten().filter_map(|name| plan.hosts.get(name)) {
        let names: Vec<Arc<str>> = host.vars.names().into_iter().collect();
        let group = groups.entry(names).or_insert_with(|| Group { host: Some(Arc::clone(host)), members: Vec::new() });
        group.members.push(Arc::clone(&host.name));
    }
    groups.into_values().collect()
}

/// Judges a play; what can be known of its steps is worked out in `resolve.rs`.
pub(super) struct Judge<'a> {
    pub(super) plan: &'a Plan,
    pub(super) request: &'a Request<'a>,
    pub(super) play: &'a PlayPlan,
    /// Steps run as in a play without hosts.
    pub(super) control: bool,
    /// Names of the moment: `message`.
    pub(super) moment: Names,
    pub(super) groups: Vec<Group>,
    pub(super) alike: Alike,
    /// The names above all others, on each host of `alike`.
    pub(super) above: Vec<Arc<Names>>,
    pub(super) batch: Names,
    /// What host steps have registered so far.
    registered: Names,
    settled: Settled,
    pub(super) problems: &'a mut Problems,
}

/// The names of the batch, known beforehand where a play has one batch only.
fn batch(play: &PlayPlan) -> Names {
    let binding = match play.batches.as_slice() {
        _ if play.on_control => Binding::Known(Data::from_json(&serde_json::json!([]), Taint::PUBLIC)),
        [hosts] => Binding::Known(Data::from_json(&serde_json::json!(hosts), Taint::PUBLIC)),
        _ => super::unknown("hosts", "the batch", Taint::PUBLIC),
    };
    Names::from([("hosts".into(), binding)])
}

impl Judge<'_> {
    /// The scope of a step, with the names of its batch.
    fn scope(&self, base: &Scope, step: &Names, known: &Names, own: &Names) -> Scope {
        compose(base, self.play, step, &merged(known, &self.moment), [&self.plan.top, &merged(&self.batch, own)])
    }

    pub(super) fn nodes(&mut self, nodes: &[Node], known: &mut Names, shared: &mut Names) {
        for node in nodes {
            match node {
                Node::Action(action) => self.action(action, known, shared),
                Node::Block(block) => {
                    self.frame(&block.frame, known);
                    let mut inner = known.clone();
                    add_items(&mut inner, &block.frame.repeat, &block.frame.place);
                    for input in block.frame.inputs.iter().filter(|input| input.turns()) {
                        inner
                            .insert(Arc::clone(&input.alias), Binding::Unknown(items_need("item", &input.value.place)));
                    }
                    self.nodes(&block.steps, &mut inner, shared);
                    inner.insert("failed".into(), results::of_failure(&block.frame.place));
                    self.nodes(&block.rescue, &mut inner, shared);
                    self.nodes(&block.always, &mut inner, shared);
                    keep(known, inner);
                    self.after(&block.frame, known, &[&block.steps, &block.rescue, &block.always]);
                }
                Node::Parallel(parallel) => {
                    self.frame(&parallel.frame, known);
                    let (before, settled) = (known.clone(), self.settled.clone());
                    let mut branches = Vec::new();
                    for branch in &parallel.branches {
                        let mut inner = before.clone();
                        self.settled = settled.clone();
                        self.nodes(branch, &mut inner, shared);
                        branches.push(std::mem::take(&mut self.settled));
                        keep(known, inner);
                    }
                    self.settled = settled;
                    self.settled.join(&branches);
                    let branches: Vec<&[Node]> = parallel.branches.iter().map(Vec::as_slice).collect();
                    self.after(&parallel.frame, known, &branches);
                }
                Node::Flush(_) => {}
            }
        }
    }

    fn frame(&mut self, frame: &Frame, known: &Names) {
        let trees = frame.when.iter().chain(&frame.name).chain(&frame.repeat.items).chain(&frame.timeout);
        let trees = trees.chain(&frame.throttle).chain(&frame.repeat.retries).chain(&frame.repeat.delay);
        let trees: Vec<&Tree> = trees.collect();
        self.each_group(&trees, &frame.vars, known, false);
        let mut with_items = known.clone();
        add_items(&mut with_items, &frame.repeat, &frame.place);
        self.inputs(frame, &with_items);
    }

    /// `until` of a structure sees what was registered in it; who waits in it for others must not keep them out.
    fn after(&mut self, frame: &Frame, known: &Names, inside: &[&[Node]]) {
        let until: Vec<&Tree> = frame.repeat.until.iter().collect();
        let mut known = known.clone();
        add_items(&mut known, &frame.repeat, &frame.place);
        self.each_group(&until, &frame.vars, &known, false);
        let scope = self.scope(&self.plan.all_vars, &frame.vars, &known, &Names::new());
        self.problems.extend(throttled::judge(frame, inside, self.play, &scope));
    }

    fn action(&mut self, action: &Action, known: &mut Names, shared: &mut Names) {
        self.registered.clone_from(known);
        self.settled.arrive(action);
        let visible = if action.is_service { shared.clone() } else { merged(shared, known) };
        let before = self.problems.iter().count();
        let outer: Vec<&Tree> = action.when.iter().chain(&action.repeat.items).collect();
        let mut with_items = visible.clone();
        add_items(&mut with_items, &action.repeat, &action.place);
        // A loop's `when` is asked per item.
        self.each_group(&outer, &action.vars, &with_items, action.is_service);
        self.each_group(&action.own_trees(), &action.vars, &with_items, action.is_service);
        let mut with_result = with_items.clone();
        let because = format!("the result of {}", label(action));
        let result = results::of_one(action, &because);
        with_result.extend(action.register.iter().map(|name| (Arc::clone(name), result.clone())));
        with_result.insert("result".into(), result);
        let after =
            action.changed_when.iter().chain(&action.failed_when).chain(&action.repeat.until).collect::<Vec<_>>();
        self.each_group(&after, &action.vars, &with_result, action.is_service);
        if self.problems.iter().count() == before {
            self.resolve(action, &visible);
        }
        self.inside(action, known, shared);
        let registered = action.register.iter().map(|name| (Arc::clone(name), results::of_step(action, &because)));
        let defined = defined(action).into_iter().map(|name| {
            let binding = outside(&name, &because, &action.place);
            (name, binding)
        });
        for (name, binding) in registered.chain(defined) {
            let from = (because.as_str(), &action.place);
            if action.is_service || self.control {
                results::give(shared, &name, &binding, from);
            }
            if !action.is_service && !self.control {
                self.settled.register(&name, action);
            }
            if !action.is_service {
                results::give(known, &name, &binding, from);
            }
        }
    }

    /// Checks trees for one host of each group, and says for how many hosts a problem stands.
    fn each_group(&mut self, trees: &[&Tree], step: &Names, known: &Names, is_service: bool) {
        let nothing = Names::new();
        let total: usize = self.groups.iter().map(|group| group.members.len()).sum();
        let mut found = OnHosts::default();
        for group in &self.groups {
            let (base, own) = match &group.host {
                Some(host) if !is_service => (&host.vars, &host.own),
                _ => (&self.plan.all_vars, &nothing),
            };
            let scope = self.scope(base, step, known, own);
            let mut problems = Problems::default();
            for tree in trees {
                tree.check(&scope, &mut problems);
            }
            // The hosts of earlier batches have met those of later ones, and which is meant is not known here.
            if self.play.batches.len() < 2 {
                problems.extend(self.settled.judge(trees, &scope));
            }
            for problem in problems {
                let problem = self.explain(problem, group, (step, known), is_service, trees);
                found.add(problem, group.members.iter());
            }
        }
        self.problems.extend(found.told(total));
    }

    /// A service step that uses a host's name wants `each_host`.
    fn explain(
        &self,
        problem: Problem,
        group: &Group,
        (step, known): (&Names, &Names),
        is_service: bool,
        trees: &[&Tree],
    ) -> Problem {
        let Some(host) = group.host.as_ref().filter(|_| is_service) else { return problem };
        let known = merged(known, &self.registered);
        let scope = self.scope(&host.vars, step, &known, &host.own);
        let mut there = Problems::default();
        for tree in trees {
            tree.check(&scope, &mut there);
        }
        if there.iter().any(|other| other.message == problem.message) {
            return problem;
        }
        let message = format!("{}: this step runs once for all hosts and sees none of them", problem.message);
        Problem { message, ..problem }.hint("add `each_host: true` to run it for each host")
    }
}

/// The names that a step like `set` defines.
fn defined(action: &Action) -> Vec<Arc<str>> {
    if action.kind.defines_names { action.args.keys() } else { Vec::new() }
}

pub(super) fn add_items(names: &mut Names, repeat: &Repeat, place: &Place) {
    if repeat.items.is_some() {
        for name in ["item", "loop"] {
            names.insert(name.into(), Binding::Unknown(items_need(name, place)));
        }
    }
}

/// What a host, a message or a row will give.
pub fn outside(name: &str, because: &str, place: &Place) -> Binding {
    let (name, because) = (name.to_owned(), because.to_owned());
    Binding::Unknown(Arc::new(Need { name, because, place: Some(place.clone()), taint: Taint::OUTSIDE, text: false }))
}

/// How a step is called in a message.
fn label(action: &Action) -> String {
    match &action.name.kind {
        TreeKind::Literal(data) => format!("step \"{}\"", data.value),
        TreeKind::Template(template) => format!("step \"{}\"", template.passage().text),
        _ => format!("the {} step", action.kind.name),
    }
}

fn merged(below: &Names, above: &Names) -> Names {
    let mut names = below.clone();
    names.extend(above.clone());
    names
}

/// What a block has registered stays, its loop variables and inputs do not.
fn keep(known: &mut Names, inner: Names) {
    let own = |name: &str| matches!(name, "item" | "loop" | "failed") || name.contains('@');
    let added = inner.into_iter().filter(|(name, _)| !own(name));
    known.extend(added);
}

/// All names of variables in a list of steps, for near names.
pub fn step_vars(steps: &[Step]) -> BTreeSet<Arc<str>> {
    fn walk(steps: &[Step], names: &mut BTreeSet<Arc<str>>) {
        for step in steps {
            // What a module with inputs is given is nobody else's.
            if !matches!(&step.body, Body::Include { inputs, .. } if !inputs.is_empty()) {
                names.extend(step.common.vars.iter().map(|var: &Var| Arc::clone(&var.name)));
            }
            for list in step.body.lists() {
                walk(list, names);
            }
        }
    }
    let mut names = BTreeSet::new();
    walk(steps, &mut names);
    names
}
