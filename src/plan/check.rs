//! The judgement of a plan: every name is there where it is used, for every host; and every value that can be known
//! already has the type its step wants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::kept::Kept;
use super::model::Scale;
use super::model::{Action, ConnectionPlan, Frame, HostPlan, Names, Node, Plan, PlayPlan, Repeat};
use super::settled::Settled;
use super::{Request, Unready, prepare, results, throttled};
use crate::connection::Kind;
use crate::diagnostic::{Place, Problem, Problems};
use crate::playbook::{Playbook, Step, Var};
use crate::secret::Taint;
use crate::template::{Binding, Data, Need, Rules, Scope, Sink, Tree, TreeKind, secret_in};

/// Judges every play in order; what one registers, the next may use.
pub fn judge(plan: &Plan, request: &Request<'_>, problems: &mut Problems) {
    for connection in &plan.connections {
        judge_connection(plan, connection, problems);
    }
    let mut shared = Names::new();
    let mut of_hosts = Names::new();
    let mut settled = Settled::default();
    for play in &plan.plays {
        let (groups, batch) = (groups(plan, play), batch(play));
        let registered = Names::new();
        let mut judge = Judge { plan, request, play, groups, batch, registered, settled, problems };
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
struct Group {
    host: Option<Arc<HostPlan>>,
    members: Vec<Arc<str>>,
}

fn groups(plan: &Plan, planned: &PlayPlan) -> Vec<Group> {
    if planned.on_control {
        return vec![Group { host: None, members: vec!["localhost".into()] }];
    }
    let mut groups: BTreeMap<Vec<Arc<str>>, Group> = BTreeMap::new();
    for host in planned.batches.iter().flatten().filter_map(|name| plan.hosts.get(name)) {
        let names: Vec<Arc<str>> = host.vars.names().into_iter().collect();
        let group = groups.entry(names).or_insert_with(|| Group { host: Some(Arc::clone(host)), members: Vec::new() });
        group.members.push(Arc::clone(&host.name));
    }
    groups.into_values().collect()
}

struct Judge<'a> {
    plan: &'a Plan,
    request: &'a Request<'a>,
    play: &'a PlayPlan,
    groups: Vec<Group>,
    batch: Names,
    /// What host steps have registered so far.
    registered: Names,
    settled: Settled,
    problems: &'a mut Problems,
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
        let mut above = self.batch.clone();
        above.extend(own.iter().map(|(name, binding)| (Arc::clone(name), binding.clone())));
        compose(base, self.play, step, known, [&self.plan.top, &above])
    }

    fn nodes(&mut self, nodes: &[Node], known: &mut Names, shared: &mut Names) {
        for node in nodes {
            match node {
                Node::Action(action) => self.action(action, known, shared),
                Node::Block(block) => {
                    self.frame(&block.frame, known);
                    let mut inner = known.clone();
                    add_items(&mut inner, &block.frame.repeat, &block.frame.place);
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
        let registered = action.register.iter().map(|name| (Arc::clone(name), results::of_step(action, &because)));
        let defined = defined(action).into_iter().map(|name| {
            let binding = outside(&name, &because, &action.place);
            (name, binding)
        });
        for (name, binding) in registered.chain(defined) {
            let from = (because.as_str(), &action.place);
            if action.is_service || self.play.on_control {
                results::give(shared, &name, &binding, from);
            }
            if !action.is_service && !self.play.on_control {
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
        let mut found: Vec<(Problem, Vec<Arc<str>>)> = Vec::new();
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
                match found.iter_mut().find(|(other, _)| *other == problem) {
                    Some((_, hosts)) => hosts.extend(group.members.iter().cloned()),
                    None => found.push((problem, group.members.clone())),
                }
            }
        }
        for (mut problem, hosts) in found {
            if hosts.len() < total {
                let some: Vec<&str> = hosts.iter().take(3).map(|host| &**host).collect();
                let more = if hosts.len() > 3 { ", ..." } else { "" };
                problem.message =
                    format!("{} on {} of {total} hosts: {}{more}", problem.message, hosts.len(), some.join(", "));
            }
            self.problems.push(problem);
        }
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

    /// Works out what can be known, for every host whose values may differ.
    fn resolve(&mut self, action: &Action, known: &Names) {
        let connection = action.connections.first();
        let connection = connection.and_then(|name| self.plan.connections.iter().find(|c| c.name == *name));
        let kind = connection.and_then(ConnectionPlan::kind);
        if !action.is_service && connection.is_some_and(|c| c.per_host) && self.play.on_control {
            return;
        }
        if action.is_service
            && let Some(connection) = connection.filter(|connection| connection.per_host)
        {
            let message = format!("connection `{}` depends on the host, and this step has none", connection.name);
            self.problems.push(
                Problem::error(message)
                    .at(action.args.place_of("connection").clone())
                    .hint("add `each_host: true` to run it for each host"),
            );
            return;
        }
        let nothing = Names::new();
        let hosts: Vec<Option<Arc<HostPlan>>> = if action.is_service || self.play.on_control {
            vec![None]
        } else {
            let names = self.play.batches.iter().flatten();
            names.filter_map(|name| self.plan.hosts.get(name)).cloned().map(Some).collect()
        };
        let mut kept = Kept::default();
        for host in hosts {
            let (base, own) = host.as_ref().map_or((&self.plan.all_vars, &nothing), |host| (&host.vars, &host.own));
            let scope = self.scope(base, &action.vars, known, own);
            let before = self.problems.iter().count();
            let steps = self.resolve_on(action, &scope, kind);
            if let Some(host) = host.filter(|_| action.scale == Scale::PerHost && action.delegate_to.is_none()) {
                for step in steps {
                    kept.add(&host.name, &step.access(), self.request.files.folder());
                }
            }
            if self.problems.iter().count() > before + 20 {
                return;
            }
        }
        self.problems.extend(kept.clashes(action));
    }

    /// The steps, as far as they are known.
    fn resolve_on(&mut self, action: &Action, scope: &Scope, kind: Option<Kind>) -> Vec<Box<dyn crate::step::Step>> {
        let mut steps = Vec::new();
        let items = match &action.repeat.items {
            None => vec![scope.clone()],
            Some(tree) if tree.needs(scope).is_empty() => match items(tree, scope) {
                Ok(items) => (0..).zip(&items).map(|(n, item)| with_item(scope, n, item.clone())).collect(),
                Err(problem) => {
                    self.problems.push(problem);
                    return steps;
                }
            },
            Some(_) => return steps,
        };
        for scope in &items {
            let holds = match holds(&action.when, scope) {
                Some(Ok(false)) => continue,
                Some(Err(problem)) => {
                    self.problems.push(problem);
                    return steps;
                }
                Some(Ok(true)) => true,
                None => false,
            };
            self.problems.extend(exposed(action, scope));
            self.problems.extend(action.args.bare(scope));
            if !holds || !action.args.needs(scope).is_empty() {
                continue;
            }
            match prepare(action, scope, kind, self.request.files) {
                Ok(prepared) => steps.push(prepared.step),
                Err(Unready::Wrong(found)) => self.problems.extend(found),
                Err(Unready::Waiting) => {}
            }
        }
        steps
    }
}

/// Secrets that have not been read and stand where none may, and those in names.
fn exposed(action: &Action, scope: &Scope) -> Vec<Problem> {
    let names = std::iter::once(&action.name).chain(&action.delegate_to).map(|tree| (tree, Sink::Name));
    let is_secret = |tree: &Tree| {
        let needs = tree.needs(scope);
        let known = || tree.evaluate(scope, Rules::of(Sink::Plain)).is_ok_and(|data| data.taint.secret);
        if needs.is_empty() { known() } else { needs.iter().any(|need| need.taint.secret) }
    };
    let exposed = names.filter(|(tree, _)| is_secret(tree)).map(|(tree, sink)| secret_in(sink).at(tree.place.clone()));
    action.args.exposed(scope).into_iter().chain(exposed).collect()
}

/// The names that a step like `set` defines.
fn defined(action: &Action) -> Vec<Arc<str>> {
    if action.kind.defines_names { action.args.keys() } else { Vec::new() }
}

/// Whether all conditions hold; none where that is not known yet.
pub fn holds(conditions: &[Tree], scope: &Scope) -> Option<Result<bool, Problem>> {
    for tree in conditions {
        if !tree.needs(scope).is_empty() {
            return None;
        }
        match tree.evaluate(scope, Rules::of(Sink::Plain)) {
            Ok(data) if data.value.is_true() => {}
            Ok(_) => return Some(Ok(false)),
            Err(problem) => return Some(Err(problem)),
        }
    }
    Some(Ok(true))
}

/// The items of a loop.
pub fn items(tree: &Tree, scope: &Scope) -> Result<Vec<Data>, Problem> {
    let data = tree.evaluate(scope, Rules::of(Sink::Plain))?;
    if data.value.kind() != minijinja::value::ValueKind::Seq
        && data.value.kind() != minijinja::value::ValueKind::Iterable
    {
        let found = data.value.kind();
        return Err(Problem::error(format!("`loop` wants a list, found a {found}")).at(tree.place.clone()));
    }
    let items = data.value.try_iter().map_err(|error| Problem::error(error.to_string()).at(tree.place.clone()))?;
    Ok(items.map(|value| Data { value, taint: data.taint }).collect())
}

/// A scope with `item` and `loop`.
pub fn with_item(scope: &Scope, index0: usize, item: Data) -> Scope {
    let position = serde_json::json!({ "index0": index0, "index": index0 + 1 });
    scope.with([("item", Binding::Known(item)), ("loop", Binding::Known(Data::from_json(&position, Taint::PUBLIC)))])
}

fn add_items(names: &mut Names, repeat: &Repeat, place: &Place) {
    if repeat.items.is_some() {
        for name in ["item", "loop"] {
            let need = Need {
                name: name.to_owned(),
                because: "the items of the loop".to_owned(),
                place: Some(place.clone()),
                taint: Taint::PUBLIC,
                text: false,
            };
            names.insert(name.into(), Binding::Unknown(Arc::new(need)));
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

/// What a block has registered stays, its loop variables do not.
fn keep(known: &mut Names, inner: Names) {
    let added = inner.into_iter().filter(|(name, _)| !matches!(&**name, "item" | "loop" | "failed"));
    known.extend(added);
}

/// All names of variables in a list of steps, for near names.
pub fn step_vars(steps: &[Step]) -> BTreeSet<Arc<str>> {
    fn walk(steps: &[Step], names: &mut BTreeSet<Arc<str>>) {
        for step in steps {
            names.extend(step.common.vars.iter().map(|var: &Var| Arc::clone(&var.name)));
            for list in step.body.lists() {
                walk(list, names);
            }
        }
    }
    let mut names = BTreeSet::new();
    walk(steps, &mut names);
    names
}
