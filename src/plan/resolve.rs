//! Works out what can be known of a step, for every host whose values may differ.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Unready;
use super::check::Judge;
use super::kept::Kept;
use super::model::{Action, ConnectionPlan, Frame, Names, Scale};
use super::module;
use super::on_hosts::OnHosts;
use super::prepare::prepare_noting;
use crate::connection::Kind;
use crate::diagnostic::{Problem, Problems};
use crate::secret::Taint;
use crate::step::Step;
use crate::template::{Binding, Data, Rules, Scope, Sink, Tree, secret_in};
use crate::text::spells_false;

/// What is known of a step on a host.
#[derive(Default)]
struct Found {
    /// The steps, one for each item.
    steps: Vec<Box<dyn Step>>,
    /// The template files that went into them.
    templates: Vec<Arc<Tree>>,
    /// What is wrong.
    problems: Problems,
}

impl Judge<'_> {
    /// Works out what can be known, once for hosts that are alike.
    pub(super) fn resolve(&mut self, action: &Action, known: &Names) {
        let connection = action.connections.first();
        let connection = connection.and_then(|name| self.plan.connections.iter().find(|c| c.name == *name));
        let kind = connection.and_then(ConnectionPlan::kind);
        if !action.is_service && connection.is_some_and(|c| c.per_host) && self.control {
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
        let shared = Arc::new(self.shared(&action.vars, known));
        if action.is_service || self.control {
            let scope = self.plan.all_vars.over(shared).over(Arc::new(self.batch.clone()));
            let found = self.resolve_on(action, &scope, kind);
            self.problems.extend(found.problems);
        } else {
            self.resolve_on_hosts(action, &shared, kind);
        }
    }

    /// Compares what is given to a module with what it declares, as far as it is known.
    pub(super) fn inputs(&mut self, frame: &Frame, known: &Names) {
        let given: Vec<&Tree> = frame.inputs.iter().map(|input| &input.value).collect();
        if given.is_empty() {
            return;
        }
        let shared = Arc::new(self.shared(&frame.vars, known));
        if self.control {
            let scope = self.plan.all_vars.over(shared).over(Arc::new(self.batch.clone()));
            return self.problems.extend(module::judge(&frame.inputs, &scope));
        }
        let mut wrong = OnHosts::default();
        for alike in self.alike.group(self.alike.all(), given, &[&shared, &self.batch]) {
            let host = self.alike.host(alike[0]);
            let scope = host.vars.over(Arc::clone(&shared)).over(Arc::clone(&self.above[alike[0]]));
            for problem in module::judge(&frame.inputs, &scope) {
                wrong.add(problem, alike.iter().map(|host| &self.alike.host(*host).name));
            }
        }
        self.problems.extend(wrong.told(self.above.len()));
    }

    fn resolve_on_hosts(&mut self, action: &Action, shared: &Arc<Names>, kind: Option<Kind>) {
        let (mut kept, mut wrong) = (Kept::default(), OnHosts::default());
        let is_writer = action.scale == Scale::PerHost && action.delegate_to.is_none();
        let all = self.alike.all();
        let mut waiting = VecDeque::from(self.alike.group(all, action.trees(), &[shared, &self.batch]));
        while let Some(mut alike) = waiting.pop_front() {
            let host = Arc::clone(self.alike.host(alike[0]));
            let scope = host.vars.over(Arc::clone(shared)).over(Arc::clone(&self.above[alike[0]]));
            let found = self.resolve_on(action, &scope, kind);
            if !found.templates.is_empty() {
                let templates = found.templates.iter().map(|tree| &**tree);
                let mut groups = self.alike.group(alike, templates, &[shared, &self.batch]).into_iter();
                alike = groups.next().unwrap_or_default();
                waiting.extend(groups);
            }
            for step in found.steps.iter().filter(|_| is_writer) {
                let access = step.access();
                for host in &alike {
                    kept.add(&self.alike.host(*host).name, &access, self.request.files.folder());
                }
            }
            for problem in found.problems {
                wrong.add(problem, alike.iter().map(|host| &self.alike.host(*host).name));
            }
        }
        self.problems.extend(wrong.told(self.above.len()));
        self.problems.extend(kept.clashes(action));
    }

    /// The names that are the same for all hosts, over the inventory's.
    fn shared(&self, step: &Names, known: &Names) -> Names {
        let mut shared = Names::new();
        for names in self.play.vars.iter().chain([step, known, &self.moment, &self.plan.top]) {
            shared.extend(names.iter().map(|(name, binding)| (Arc::clone(name), binding.clone())));
        }
        shared
    }

    /// `delegate_to` a host that is not there.
    fn delegated_nowhere(&self, action: &Action, scope: &Scope) -> Option<Problem> {
        let tree = action.delegate_to.as_ref().filter(|tree| tree.needs(scope).is_empty())?;
        let name = tree.evaluate(scope, Rules::of(Sink::Name)).ok()?.value.to_string();
        if self.plan.hosts.contains_key(name.as_str()) {
            return None;
        }
        let problem = Problem::error(format!("`delegate_to`: there is no host `{name}`")).at(tree.place.clone());
        Some(problem.did_you_mean(&name, self.plan.hosts.keys().map(|host| &**host)))
    }

    /// The steps, as far as they are known.
    fn resolve_on(&self, action: &Action, scope: &Scope, kind: Option<Kind>) -> Found {
        let mut found = Found::default();
        let items = match &action.repeat.items {
            None => vec![scope.clone()],
            Some(tree) if tree.needs(scope).is_empty() => match items(tree, scope) {
                Ok(items) => (0..).zip(&items).map(|(n, item)| with_item(scope, n, item.clone())).collect(),
                Err(problem) => {
                    found.problems.push(problem);
                    return found;
                }
            },
            Some(_) => return found,
        };
        for scope in &items {
            let holds = match holds(&action.when, scope) {
                Some(Ok(false)) => continue,
                Some(Err(problem)) => {
                    found.problems.push(problem);
                    return found;
                }
                Some(Ok(true)) => true,
                None => false,
            };
            found.problems.extend(exposed(action, scope));
            found.problems.extend(action.args.bare(scope));
            found.problems.extend(self.delegated_nowhere(action, scope));
            if !holds || !action.args.needs(scope).is_empty() {
                continue;
            }
            match prepare_noting(action, scope, kind, self.request.files, &mut found.templates) {
                Ok(prepared) => found.steps.push(prepared.step),
                Err(Unready::Wrong(problems)) => found.problems.extend(problems),
                Err(Unready::Waiting) => {}
            }
        }
        found
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

/// Whether all conditions hold; none where that is not known yet.
pub fn holds(conditions: &[Tree], scope: &Scope) -> Option<Result<bool, Problem>> {
    for tree in conditions {
        if !tree.needs(scope).is_empty() {
            return None;
        }
        match is_true(tree, scope) {
            Ok(true) => {}
            end => return Some(end),
        }
    }
    Some(Ok(true))
}

/// Whether a condition holds: truth as in Jinja, but a text that says "no" is refused, for it would count as true.
pub fn is_true(tree: &Tree, scope: &Scope) -> Result<bool, Problem> {
    let data = tree.evaluate(scope, Rules::of(Sink::Plain))?;
    match data.value.as_str().filter(|text| spells_false(text)) {
        Some(text) => {
            let problem = Problem::error(format!("this is the text `{text}`, which would count as true"));
            Err(problem.at(tree.place.clone()).hint("write `| bool` behind it"))
        }
        None => Ok(data.value.is_true()),
    }
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
