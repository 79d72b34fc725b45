//! The plan: a playbook joined with an inventory. Pure but for the local files that steps name.
//!
//! In: a [`Playbook`], an [`Inventory`] and what the command line adds. Out: a [`Plan`] in which every step is compiled,
//! every name known to be there, and every value that can be known of the right type; or all problems at once. What
//! depends on an earlier result stays open, with what it needs named ([`crate::template::Need`]).

mod alike;
mod args;
mod batch;
mod branches;
mod check;
mod compile;
mod connections;
mod files;
mod hosts;
mod inputs;
mod inside;
mod kept;
mod model;
mod module;
mod on_hosts;
mod prepare;
mod resolve;
mod results;
mod schema;
mod settled;
mod start_at;
mod tags;
mod throttled;
mod unreachable;
mod uses;

pub use args::{Args, Resolved};
pub use check::compose;
pub use connections::KEYS as CONNECTION_KEYS;
pub use files::Files;
pub use hosts::FACTS_NEED;
pub use inputs::Extra;
pub use inside::awaited;
pub use model::{
    Action, Block, ConnectionPlan, Frame, HostPlan, Inside, Names, Node, Parallel, Plan, PlayPlan, Repeat, Scale,
    count_steps,
};
pub use module::{Given, enter};
pub use prepare::{Prepared, Unready, prepare};
pub use resolve::{holds, is_true, items, with_item};
pub use results::awaited_result;
pub use schema::schema;
pub use tags::Tags;
pub use uses::Uses;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::diagnostic::{Problem, Problems};
use crate::event::{Segment, StepPath};
use crate::inventory::{Inventory, LOCALHOST};
use crate::playbook::{Play, Playbook, Step, Var};
use crate::secret::{Redactor, Secret, Taint};
use crate::template::{Binding, Data, Engine, Need, Record, Scope};

/// What a plan is made from.
pub struct Request<'a> {
    /// The playbook.
    pub playbook: &'a Playbook,
    /// The inventory.
    pub inventory: &'a Inventory,
    /// Compiles templates.
    pub engine: &'a Engine,
    /// Learns passwords.
    pub redactor: &'a Redactor,
    /// `-e`.
    pub extras: &'a [Extra],
    /// `--limit`.
    pub limit: Option<&'a str>,
    /// `--tags`, `--skip-tags`.
    pub tags: &'a Tags,
    /// `--start-at`.
    pub start_at: Option<&'a str>,
    /// The secrets' values; none where they are not read (`validate`).
    pub secrets: Option<&'a BTreeMap<String, Secret>>,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
    /// `run.id`, `run.started` and `run.check`; none where nothing will run.
    pub run: Option<Value>,
    /// The local files.
    pub files: &'a Files,
    /// Whether all files that may declare names or hosts could be read; else none is told as missing.
    pub whole: bool,
}

/// Makes the plan, or tells everything that is wrong.
pub fn build(request: &Request<'_>) -> Result<Plan, Problems> {
    let mut problems = Problems::default();
    let top = top(request, &mut problems);
    let connections: Vec<ConnectionPlan> = request
        .playbook
        .connections
        .iter()
        .map(|decl| connections::compile(request.engine, decl, &mut problems))
        .collect();
    let lost = request.playbook.gaps.names.clone();
    let becomes = request.playbook.sources.iter().any(|source| source.text.contains("become"));
    let mut builder = Builder { request, top: &top, hosts: BTreeMap::new(), problems: &mut problems, lost, becomes };
    let mut plays: Vec<PlayPlan> =
        (0u32..).zip(&request.playbook.plays).map(|(n, play)| builder.play(n, play)).collect();
    let gaps = gaps(&builder.lost);
    for play in &mut plays {
        play.vars.insert(0, gaps.clone());
    }
    let uses_hostvars = check::mentions(&plays, request.playbook, "hostvars");
    let tunnels = connections.iter().any(ConnectionPlan::goes_through_a_host);
    if uses_hostvars || tunnels || check::mentions(&plays, request.playbook, "delegate_to") {
        builder.other_hosts();
    }
    let hosts = builder.hosts;
    if let Some(name) = request.start_at.filter(|_| request.whole) {
        start_at::start_at(&mut plays, name, &mut problems);
    }
    let all_vars = all_vars(request);
    let lock = request.playbook.lock.as_ref().and_then(|node| match request.engine.tree(node) {
        Ok(tree) => Some(tree),
        Err(found) => {
            problems.extend(found);
            None
        }
    });
    let mut plan = Plan {
        name: request.playbook.name.clone(),
        lock,
        plays,
        hosts,
        connections,
        top,
        all_vars,
        uses_hostvars,
        warnings: Problems::default(),
    };
    let per_host: Vec<bool> = plan.connections.iter().map(|one| check::is_per_host(one, &plan)).collect();
    plan.connections.iter_mut().zip(per_host).for_each(|(connection, is)| connection.per_host = is);
    for play in &request.playbook.plays {
        branches::judge(&play.steps, &mut problems);
        unreachable::handlers(play, &mut problems);
    }
    plan.plays.iter().for_each(|play| unreachable::steps(play, &mut problems));
    if request.whole {
        check::judge(&plan, request, &mut problems);
        problems.extend(request.tags.unknown(&request.playbook.plays));
        problems.extend(nobody(&plan, request));
    }
    plan.warnings = problems.clone();
    problems.or(plan)
}

/// `--limit` that leaves no play a host is a mistake, not a success.
fn nobody(plan: &Plan, request: &Request<'_>) -> Option<Problem> {
    let limit = request.limit?;
    let mut plays = plan.plays.iter().filter(|play| !play.on_control).peekable();
    let left_out = plays.peek().is_some() && plays.all(|play| play.batches.is_empty());
    left_out.then(|| {
        let hosts = request.playbook.plays.iter().find_map(|play| play.hosts.as_ref());
        let problem = Problem::error(format!("no host of the playbook is in `--limit {limit}`"));
        match hosts {
            Some(node) => problem.at(node.place.clone()).hint("the limit takes hosts of the play"),
            None => problem,
        }
    })
}

/// The names above all others.
fn top(request: &Request<'_>, problems: &mut Problems) -> Names {
    let mut names = Names::new();
    let mut known = |name: &str, value: Value| {
        names.insert(name.into(), Binding::Known(Data::from_json(&value, Taint::PUBLIC)));
    };
    known("env", json!(request.env));
    let groups = &request.inventory.groups;
    let members = groups.keys().map(|group| (group.to_string(), json!(request.inventory.members(group))));
    known("groups", Value::Object(members.collect()));
    if let Some(run) = &request.run {
        known("run", run.clone());
    } else {
        names.insert("run".into(), unknown("run", "the run", Taint::PUBLIC));
    }
    names.insert("secrets".into(), secrets(request));
    names.insert("hostvars".into(), unknown("hostvars", "what the hosts have registered so far", Taint::OUTSIDE));
    names.insert("hosts".into(), unknown("hosts", "the hosts of the batch", Taint::PUBLIC));
    let scope = Scope::empty().with(names.clone());
    let decls = &request.playbook.inputs;
    let gaps = &request.playbook.gaps;
    let inputs = if gaps.inputs {
        unknown("inputs", MISTAKEN, Taint::PUBLIC)
    } else {
        let values = inputs::inputs(decls, request.extras, (request.engine, &scope), problems);
        Binding::Known(Data::from_json(&Value::Object(values), Taint::PUBLIC))
    };
    names.insert("inputs".into(), inputs);
    let mut undeclared = Problems::default();
    names.extend(inputs::overrides(decls, request.extras, &declared(request), &mut undeclared));
    if request.whole && !gaps.inputs {
        problems.extend(undeclared);
    }
    names
}

/// Why something is not known that a mistake stands in the way of.
const MISTAKEN: &str = "what is wrong has been mended";

/// The names that what is wrong would have given, so that they are not told as missing too.
fn gaps(lost: &BTreeSet<Arc<str>>) -> Names {
    lost.iter().map(|name| (Arc::clone(name), unknown(name, MISTAKEN, Taint::PUBLIC))).collect()
}

/// A record, so that a secret that is not declared is found, whether or not the others have been read.
fn secrets(request: &Request<'_>) -> Binding {
    if request.playbook.gaps.secrets {
        return unknown("secrets", MISTAKEN, Taint::SECRET);
    }
    let value = |name: &str| match request.secrets.and_then(|secrets| secrets.get(name)) {
        Some(secret) => Binding::Known(Data { value: minijinja::Value::from(secret.reveal()), taint: Taint::SECRET }),
        None => unknown("secrets", "the secrets, which are read when the playbook is applied", Taint::SECRET),
    };
    let declared = request.playbook.secrets.iter().map(|decl| decl.name.name.as_str());
    Binding::Record(Arc::new(declared.map(|name| (Arc::from(name), value(name))).collect::<Record>()))
}

fn unknown(name: &str, because: &str, taint: Taint) -> Binding {
    Binding::Unknown(Arc::new(Need {
        name: name.to_owned(),
        because: because.to_owned(),
        place: None,
        taint,
        text: false,
    }))
}

/// Every variable name that the playbook or the inventory declares.
fn declared(request: &Request<'_>) -> Vec<Arc<str>> {
    let mut names = BTreeSet::new();
    let playbook = request.playbook;
    let mut add = |vars: &[Var]| names.extend(vars.iter().map(|var| Arc::clone(&var.name)));
    add(&playbook.vars);
    add(&playbook.file_vars);
    for play in &playbook.plays {
        add(&play.vars);
        add(&play.file_vars);
    }
    for play in &playbook.plays {
        names.extend(check::step_vars(&play.steps));
        names.extend(check::step_vars(&play.handlers));
    }
    names.extend(request.inventory.hosts.values().flat_map(|host| host.vars.iter().map(|(name, _)| Arc::clone(name))));
    names.extend(request.inventory.groups.values().flat_map(|group| group.vars.keys().cloned()));
    names.extend(playbook.gaps.names.iter().cloned());
    names.into_iter().collect()
}

/// The inventory's `all` vars: what a service step sees of the inventory.
fn all_vars(request: &Request<'_>) -> Scope {
    let Some(all) = request.inventory.groups.get("all") else { return Scope::empty() };
    Scope::empty().with(all.vars.iter().map(|(name, var)| (Arc::clone(name), hosts::binding(var))))
}

struct Builder<'a> {
    request: &'a Request<'a>,
    top: &'a Names,
    hosts: BTreeMap<Arc<str>, Arc<HostPlan>>,
    problems: &'a mut Problems,
    lost: BTreeSet<Arc<str>>,
    /// Some step becomes another user.
    becomes: bool,
}

impl Builder<'_> {
    fn play(&mut self, index: u32, play: &Play) -> PlayPlan {
        let on_control = play.hosts.is_none();
        let names = if on_control { vec![Arc::from("localhost")] } else { self.select(play).unwrap_or_default() };
        for name in &names {
            self.host(name);
        }
        let connections: Vec<&str> = self.request.playbook.connections.iter().map(|c| c.name.name.as_str()).collect();
        let (request, playbook) = (self.request, self.request.playbook);
        let mut compiler = compile::Compiler {
            engine: request.engine.clone(),
            inputs: playbook.inputs.iter().map(|decl| decl.name.name.as_str().into()).collect(),
            modules: 0,
            tags: Some(request.tags),
            connections: &connections,
            problems: self.problems,
            lost: &mut self.lost,
        };
        let vars = [&playbook.vars, &play.vars, &playbook.file_vars, &play.file_vars]
            .into_iter()
            .map(|vars| compiler.vars(vars))
            .collect();
        let inherited = compiler.inherit(&play.common, &compile::Inherited::default());
        let steps = compiler.steps(&play.steps, &StepPath::default(), &inherited);
        let when = compiler.conditions(&play.common.when);
        let timeout = compiler.optional(play.common.timeout.as_deref());
        // As in Ansible, a handler that was notified runs whatever tags were asked for.
        compiler.tags = None;
        let handlers = compiler.handlers(&play.handlers, &inherited);
        if play.hosts.is_some() && inside::is_anywhere(&steps) {
            // A step that runs once has the host steps inside it run here.
            self.host(&LOCALHOST.into());
        }
        let serial = batch::serial(play.serial.as_ref(), self.problems);
        let max_fail_percentage = batch::percentage(play.max_fail_percentage.as_ref(), self.problems);
        PlayPlan {
            index,
            name: play.name.clone(),
            place: play.place.clone(),
            batches: batch::batches(&names, &serial),
            on_control,
            max_fail_percentage,
            vars,
            when,
            timeout,
            steps,
            handlers,
        }
    }

    /// The hosts of a play, in the order of the inventory, within `--limit`.
    fn select(&mut self, play: &Play) -> Option<Vec<Arc<str>>> {
        let node = play.hosts.as_ref()?;
        let patterns = node.as_list().unwrap_or(std::slice::from_ref(node));
        let texts: Option<Vec<&str>> = patterns.iter().map(crate::yaml::Node::as_text).collect();
        let Some(texts) = texts else {
            self.problems.push(Problem::error("`hosts` must be a pattern or a list of them").at(node.place.clone()));
            return None;
        };
        let inventory = self.request.inventory;
        let mut names = match inventory.select(&texts.join(",")) {
            Ok(names) => names,
            Err(_) if !self.request.whole => return None,
            Err(error) => {
                self.problems.push(Problem::from(error).at(node.place.clone()));
                return None;
            }
        };
        if let Some(limit) = self.request.limit {
            match inventory.limit(limit) {
                Ok(limited) => names.retain(|name| limited.hosts.contains(name)),
                Err(error) => self.problems.push(error.into()),
            }
        }
        Some(names)
    }

    fn host(&mut self, name: &Arc<str>) {
        if self.hosts.contains_key(name) {
            return;
        }
        let Some(host) = self.request.inventory.host(name) else { return };
        let planner = hosts::Hosts { top: self.top, redactor: self.request.redactor, becomes: self.becomes };
        match planner.plan(host) {
            Ok(plan) => {
                self.hosts.insert(Arc::clone(name), Arc::new(plan));
            }
            Err(problem) => self.problems.push(problem),
        }
    }

    /// The hosts of no play, which steps may look at or delegate to; one that cannot be reached as it is written is not
    /// there, for nobody may ask for it.
    fn other_hosts(&mut self) {
        let inventory = self.request.inventory;
        let planner = hosts::Hosts { top: self.top, redactor: self.request.redactor, becomes: self.becomes };
        for host in inventory.hosts.values().chain(inventory.host(LOCALHOST)) {
            if !self.hosts.contains_key(&host.name)
                && let Ok(plan) = planner.plan(host)
            {
                self.hosts.insert(Arc::clone(&host.name), Arc::new(plan));
            }
        }
    }
}

impl compile::Compiler<'_> {
    /// The handlers of a play, each under its name.
    fn handlers(&mut self, steps: &[Step], inherited: &compile::Inherited) -> Vec<(String, Node)> {
        let compile = |(n, step): (u32, &Step)| {
            let name = step.name.as_ref().and_then(crate::yaml::Node::as_text)?.to_owned();
            Some((name, self.step(step, StepPath(vec![Segment::Handler(n)]), inherited)?))
        };
        (0u32..).zip(steps).filter_map(compile).collect()
    }
}
