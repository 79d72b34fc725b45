//! From the steps of a playbook to the nodes of a plan: keys are compiled, what is inherited is handed down, and what
//! the tags leave out is dropped.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::args::{Args, expression};
use super::model::{Action, Block, Frame, Names, Node, Parallel, Repeat, Scale};
use crate::diagnostic::{Place, Problem, Problems};
use crate::event::{Class, Segment, StepPath};
use crate::playbook::{Body, Common, InputDecl, Named, Step, Var};
use crate::secret::Taint;
use crate::step::{self, Runs};
use crate::template::{Binding, Data, Engine, Need, Tree, TreeKind};
use crate::yaml;

use super::tags::Tags;

/// What a step has from the blocks and the play around it.
#[derive(Clone, Default)]
pub struct Inherited {
    environment: Vec<(String, Tree)>,
    pub(super) vars: Names,
    r#become: Option<Tree>,
    become_user: Option<Tree>,
    pub(super) ignore_errors: Option<Tree>,
    pub(super) delegate_to: Option<Tree>,
    no_log: Option<Tree>,
    tags: Vec<String>,
    pub(super) notify: Vec<String>,
    pub(super) each_host: bool,
    pub(super) run_once: bool,
}

/// Compiles steps.
pub struct Compiler<'a> {
    /// Compiles texts.
    pub engine: Engine,
    /// The names in `inputs`.
    pub inputs: BTreeSet<Arc<str>>,
    /// How many modules have been entered.
    pub modules: u32,
    /// Which steps are wanted; all where there is none.
    pub tags: Option<&'a Tags>,
    /// The names of the declared connections.
    pub connections: &'a [&'a str],
    /// What is wrong.
    pub problems: &'a mut Problems,
    /// Names that what is wrong would have given.
    pub lost: &'a mut BTreeSet<Arc<str>>,
}

impl Compiler<'_> {
    /// A list of steps at a path.
    pub fn steps(&mut self, steps: &[Step], at: &StepPath, inherited: &Inherited) -> Vec<Node> {
        let numbered = (0u32..).zip(steps);
        numbered.filter_map(|(n, step)| self.step(step, at.join(Segment::Step(n)), inherited)).collect()
    }

    /// What the steps of a play or block inherit from it.
    pub fn inherit(&mut self, common: &Common, from: &Inherited) -> Inherited {
        let mut inherited = from.clone();
        for entry in common.environment.iter().flat_map(|map| &map.entries) {
            if let Some(tree) = self.tree(&entry.value) {
                inherited.environment.retain(|(name, _)| *name != *entry.key);
                inherited.environment.push((entry.key.to_string(), tree));
            }
        }
        inherited.vars.extend(self.vars(&common.vars));
        inherited.tags.extend(common.tags.iter().cloned());
        inherited.notify.extend(common.notify.iter().map(|named| named.name.clone()));
        inherited.each_host |= self.flag(common.each_host.as_deref());
        inherited.run_once |= self.flag(common.run_once.as_deref());
        for (own, slot) in [
            (&common.r#become, &mut inherited.r#become),
            (&common.become_user, &mut inherited.become_user),
            (&common.ignore_errors, &mut inherited.ignore_errors),
            (&common.delegate_to, &mut inherited.delegate_to),
            (&common.no_log, &mut inherited.no_log),
        ] {
            if let Some(node) = own {
                *slot = compile_tree(&self.engine, node, self.problems);
            }
        }
        inherited
    }

    /// Variables as bindings: literals as they are, the rest worked out where it is used.
    pub fn vars(&mut self, vars: &[Var]) -> Names {
        let mut names = Names::new();
        for var in vars {
            let name = Arc::clone(&var.name);
            self.covers_input(&name, &var.name_place);
            if let Some(tree) = self.tree(&var.value) {
                names.insert(name, bind(tree));
            } else {
                self.lost.insert(name);
            }
        }
        names
    }

    /// One step.
    pub fn step(&mut self, step: &Step, path: StepPath, from: &Inherited) -> Option<Node> {
        if let Body::Include { inputs, steps, .. } = &step.body
            && !inputs.is_empty()
        {
            return Some(self.module(step, (inputs, steps), path, from));
        }
        let inherited = self.inherit(&step.common, from);
        match &step.body {
            Body::Action { kind, args, inside } => {
                let wanted = self.tags.is_none_or(|tags| tags.wants(&inherited.tags));
                let inside = self.inside(inside, &path, &inherited);
                let Some(mut action) = self.action(step, (kind, args), path, inherited) else {
                    self.lost.extend(gives(step, args));
                    step.body.lists().into_iter().for_each(|list| lose(list, self.lost));
                    return None;
                };
                action.inside = Arc::new(inside);
                wanted.then(|| Node::Action(Arc::new(action)))
            }
            Body::Block { steps, rescue, always } => {
                let part = |this: &mut Self, list: &[Step], segment| this.steps(list, &path.join(segment), &inherited);
                let steps = part(self, steps, Segment::Block);
                let rescue = part(self, rescue, Segment::Rescue);
                let always = part(self, always, Segment::Always);
                let frame = self.frame(step, path, &inherited, "block");
                Some(Node::Block(Arc::new(Block { frame, steps, rescue, always })))
            }
            Body::Include { steps, .. } => {
                let steps = self.steps(steps, &path.join(Segment::Block), &inherited);
                let frame = self.frame(step, path, &inherited, "include");
                Some(Node::Block(Arc::new(Block { frame, steps, rescue: Vec::new(), always: Vec::new() })))
            }
            Body::Parallel(branches) => {
                let numbered = (0u32..).zip(branches);
                let branches =
                    numbered.map(|(n, steps)| self.steps(steps, &path.join(Segment::Branch(n)), &inherited)).collect();
                let frame = self.frame(step, path, &inherited, "parallel");
                Some(Node::Parallel(Arc::new(Parallel { frame, branches })))
            }
            Body::FlushHandlers => Some(Node::Flush(path)),
        }
    }

    /// An include of a file with inputs, whose `vars` are what it is given.
    fn module(
        &mut self,
        step: &Step,
        (decls, steps): (&[InputDecl], &[Step]),
        path: StepPath,
        from: &Inherited,
    ) -> Node {
        let mut inherited = self.inherit(&Common { vars: Vec::new(), ..step.common.clone() }, from);
        let names = self.inputs.clone();
        let (outer, inputs) = self.enter(decls, step, &mut inherited);
        let steps = self.steps(steps, &path.join(Segment::Block), &inherited);
        let frame = Frame { inputs, ..self.frame(step, path, &inherited, "include") };
        (self.engine, self.inputs) = (outer, names);
        Node::Block(Arc::new(Block { frame, steps, rescue: Vec::new(), always: Vec::new() }))
    }

    fn frame(&mut self, step: &Step, path: StepPath, inherited: &Inherited, word: &'static str) -> Frame {
        let common = &step.common;
        Frame {
            path,
            place: step.place.clone(),
            name: step.name.as_ref().and_then(|node| self.tree(node)),
            when: self.conditions(&common.when),
            vars: inherited.vars.clone(),
            inputs: Vec::new(),
            word,
            repeat: self.repeat(common),
            timeout: self.optional(common.timeout.as_deref()),
            throttle: self.optional(common.throttle.as_deref()),
        }
    }

    fn action(
        &mut self,
        step: &Step,
        (kind, args): (&Named, &yaml::Node),
        path: StepPath,
        inherited: Inherited,
    ) -> Option<Action> {
        let kind_row = step::find(&kind.name)?;
        let before = self.problems.iter().count();
        step::judge(&kind_row.shape, args, self.problems);
        if self.problems.iter().count() > before {
            return None;
        }
        let args = Args::compile(&self.engine, &kind_row.shape, args, self.problems)?;
        for name in args.keys().iter().filter(|_| kind_row.defines_names) {
            self.covers_input(name, args.place_of(name));
        }
        if let Some(named) = &step.common.register {
            self.covers_input(&named.name, &named.place);
        }
        let common = &step.common;
        self.judge_end(kind_row, (kind, &args), common);
        self.judge_turns(kind_row, kind, &inherited);
        let is_service = kind_row.runs == Runs::Service && !inherited.each_host;
        let connections = self.connections_of(&args);
        Some(Action {
            path,
            place: step.place.clone(),
            name: self.name(step, kind, (&args, inherited.no_log.is_some()))?,
            kind: kind_row,
            scale: if is_service || inherited.run_once { Scale::Once } else { Scale::PerHost },
            is_service,
            register: common.register.as_ref().map(|named| named.name.as_str().into()),
            when: self.conditions(&common.when),
            repeat: self.repeat(common),
            timeout: self.optional(common.timeout.as_deref()),
            ignore_errors: inherited.ignore_errors,
            changed_when: self.conditions(&common.changed_when),
            failed_when: self.conditions(&common.failed_when),
            notify: inherited.notify,
            throttle: self.optional(common.throttle.as_deref()),
            vars: inherited.vars,
            environment: inherited.environment,
            r#become: inherited.r#become,
            become_user: inherited.become_user,
            delegate_to: inherited.delegate_to,
            no_log: inherited.no_log,
            class: common.class.as_ref().map(|named| if named.name == "read" { Class::Read } else { Class::Converge }),
            connections,
            inside: Arc::default(),
            aliases: Arc::clone(self.engine.aliases()),
            args,
        })
    }

    fn name(&mut self, step: &Step, kind: &Named, (args, hidden): (&Args, bool)) -> Option<Tree> {
        if let Some(name) = &step.name {
            return self.tree(name);
        }
        // Arguments under `no_log` are not shown as a name either.
        let headline = if hidden { String::new() } else { args.headline(step::find(&kind.name)?) };
        let line = headline.lines().next().unwrap_or_default().trim();
        let short: String = line.chars().take(60).collect();
        let name = format!("{} {short}", kind.name);
        Some(literal(Data::public(name.trim_end()), &step.place))
    }

    fn connections_of(&mut self, args: &Args) -> Vec<String> {
        let Some(name) = args.literal("connection") else { return Vec::new() };
        if !self.connections.contains(&name.as_str()) && !self.lost.contains(&*name) {
            let place = args.place_of("connection").clone();
            let problem = Problem::error(format!("unknown connection `{name}`")).at(place);
            self.problems.push(match self.connections {
                [] => problem.hint("declare it under `connections:`"),
                known => problem
                    .hint(format!("declared are: {}", known.join(", ")))
                    .did_you_mean(&name, known.iter().copied()),
            });
        }
        vec![name]
    }

    fn repeat(&mut self, common: &Common) -> Repeat {
        let items = common.r#loop.as_ref().map(|node| {
            let items = match &node.value {
                yaml::Value::Text(_) => expression(&self.engine, node, self.problems),
                _ => self.tree(node),
            };
            // One that is wrong still says that there is an `item`.
            items.unwrap_or_else(|| Tree {
                kind: TreeKind::Awaited(items_need("item", &node.place)),
                place: node.place.clone(),
            })
        });
        Repeat {
            items,
            retries: self.optional(common.retries.as_deref()),
            delay: self.optional(common.delay.as_deref()),
            until: self.conditions(&common.until),
        }
    }

    /// Bare expressions that must all hold.
    pub fn conditions(&mut self, nodes: &[yaml::Node]) -> Vec<Tree> {
        nodes.iter().filter_map(|node| expression(&self.engine, node, self.problems)).collect()
    }

    /// A value that may be a template.
    pub fn optional(&mut self, node: Option<&yaml::Node>) -> Option<Tree> {
        node.and_then(|node| self.tree(node))
    }

    fn tree(&mut self, node: &yaml::Node) -> Option<Tree> {
        compile_tree(&self.engine, node, self.problems)
    }

    /// A flag that decides the structure, and so must be a literal.
    fn flag(&mut self, node: Option<&yaml::Node>) -> bool {
        match node.map(|node| (&node.value, &node.place)) {
            None => false,
            Some((yaml::Value::Bool(value), _)) => *value,
            Some((_, place)) => {
                self.problems.push(Problem::error("this must be `true` or `false`").at(place.clone()));
                false
            }
        }
    }
}

/// The names that steps inside a step with a mistake would have given.
fn lose(steps: &[Step], lost: &mut BTreeSet<Arc<str>>) {
    for step in steps {
        lost.extend(step.common.register.iter().map(|named| Arc::from(named.name.as_str())));
        if let Body::Action { args, .. } = &step.body {
            lost.extend(gives(step, args));
        }
        step.body.lists().into_iter().for_each(|list| lose(list, lost));
    }
}

/// The names that a step may give: what it registers, and the keys of its parameters, which `set` makes names of.
fn gives(step: &Step, args: &yaml::Node) -> Vec<Arc<str>> {
    let registered = step.common.register.iter().map(|named| Arc::from(named.name.as_str()));
    let keys = args.as_map().into_iter().flat_map(|map| map.entries.iter().map(|entry| Arc::clone(&entry.key)));
    registered.chain(keys).collect()
}

fn compile_tree(engine: &Engine, node: &yaml::Node, problems: &mut Problems) -> Option<Tree> {
    match engine.tree(node) {
        Ok(tree) => Some(tree),
        Err(found) => {
            problems.extend(found);
            None
        }
    }
}

/// What waits for the items of a loop.
pub fn items_need(name: &str, place: &Place) -> Arc<Need> {
    Arc::new(Need {
        name: name.to_owned(),
        because: "the items of the loop".to_owned(),
        place: Some(place.clone()),
        taint: Taint::PUBLIC,
        text: false,
    })
}

/// A literal is known; anything else is worked out where it is used.
pub fn bind(tree: Tree) -> Binding {
    match tree.kind {
        TreeKind::Literal(data) => Binding::Known(data),
        _ => Binding::Lazy(Arc::new(tree)),
    }
}

/// A tree without templates.
pub fn literal(data: Data, place: &Place) -> Tree {
    debug_assert_eq!(data.taint, Taint::PUBLIC);
    Tree { kind: TreeKind::Literal(data), place: place.clone() }
}
