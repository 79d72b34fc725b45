//! Modules: included files with inputs of their own.
//!
//! In: what a module declares and what it is given. Out: the inputs as names that nobody else has (aliases), so that
//! neither `set`, `register` nor `-e` can take their place, and what is given is read where it is given:
//! `vars: { port: "{{ port }}" }` hands the caller's `port` on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compile::{Compiler, Inherited, bind, literal};
use super::inputs::fits;
use super::model::Names;
use crate::diagnostic::{Passage, Problem, Problems};
use crate::playbook::{InputDecl, InputKind, Step, Var};
use crate::template::{Binding, Data, Engine, Record, Rules, Scope, Sink, Tree, TreeKind};

/// An input of a module, and what it is given.
pub struct Given {
    /// The declaration.
    pub decl: InputDecl,
    /// The name under which it is bound.
    pub alias: Arc<str>,
    /// The value: what the caller gives, else the default, else null.
    pub value: Tree,
}

impl Given {
    /// The value in the caller's scope, if it fits.
    fn work_out(&self, scope: &Scope) -> Result<Data, Problem> {
        let data = self.value.evaluate(scope, Rules::of(Sink::Plain))?;
        let value = data.to_json();
        // A number in the place of a text is taken as it is; null where nothing was given.
        let is_scalar = self.decl.kind == InputKind::String && (value.is_number() || value.is_boolean());
        let is_absent = value.is_null() && !self.decl.required;
        let mut problems = Problems::default();
        if !is_absent {
            let judged = if is_scalar { value.to_string().into() } else { value };
            fits(&self.decl, &judged, &self.value.place, &mut problems);
        }
        problems.into_iter().next().map_or(Ok(data), Err)
    }

    /// Whether the value is another one in each turn of the loop around it.
    pub fn turns(&self) -> bool {
        let mut names = std::collections::BTreeSet::new();
        self.value.names(&mut names);
        names.contains("item") || names.contains("loop")
    }
}

/// The inputs of a module, worked out once where it is entered; what is not there yet (`--check`) stays open.
pub fn enter(inputs: &[Given], scope: &Scope) -> Result<Names, Problem> {
    let mut names = Names::new();
    for input in inputs.iter().filter(|input| input.value.needs(scope).is_empty()) {
        names.insert(Arc::clone(&input.alias), Binding::Known(input.work_out(scope)?));
    }
    Ok(names)
}

/// What is wrong with the inputs that are known beforehand.
pub fn judge(inputs: &[Given], scope: &Scope) -> Problems {
    let known = inputs.iter().filter(|input| input.value.needs(scope).is_empty());
    let mut problems = Problems::default();
    problems.extend(known.filter_map(|input| input.work_out(scope).err()));
    problems
}

impl Compiler<'_> {
    /// Enters a module: its names are bound in `inherited`, and the texts that are compiled from now on are its own.
    /// The engine of the caller comes back with the inputs.
    pub(super) fn enter(
        &mut self,
        decls: &[InputDecl],
        step: &Step,
        inherited: &mut Inherited,
    ) -> (Engine, Vec<Given>) {
        let outer = self.engine.clone();
        if decls.is_empty() {
            return (outer, Vec::new());
        }
        self.modules += 1;
        let number = self.modules;
        let alias = |name: &str| -> Arc<str> { format!("{name}@{number}").into() };
        let mut aliases: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::clone(outer.aliases());
        let own = decls.iter().map(|decl| decl.name.name.as_str()).chain(["inputs"]);
        aliases.extend(own.map(|name| (Arc::from(name), alias(name))));
        self.engine = outer.with_aliases(Arc::new(aliases));
        let given: Vec<Given> = decls
            .iter()
            .filter_map(|decl| {
                let alias = alias(&decl.name.name);
                let value = self.given(decl, &step.common.vars, &outer);
                if value.is_none() {
                    self.lost.insert(Arc::clone(&alias));
                }
                Some(Given { decl: decl.clone(), alias, value: value? })
            })
            .collect();
        for input in &given {
            inherited.vars.insert(Arc::clone(&input.alias), bind(input.value.clone()));
        }
        inherited.vars.insert(alias("inputs"), self.record(decls, &outer));
        self.inputs.extend(decls.iter().map(|decl| Arc::from(decl.name.name.as_str())));
        (outer, given)
    }

    fn given(&mut self, decl: &InputDecl, vars: &[Var], outer: &Engine) -> Option<Tree> {
        if let Some(var) = vars.iter().find(|var| *var.name == *decl.name.name) {
            return outer.tree(&var.value).map_err(|found| self.problems.extend(found)).ok();
        }
        match &decl.default {
            Some(default) => self.engine.tree(default).map_err(|found| self.problems.extend(found)).ok(),
            // That it is missing has been told where the file was read.
            None if decl.required => None,
            None => Some(literal(Data::public(()), &decl.name.place)),
        }
    }

    /// `inputs` inside a module: its own, over those of the caller.
    fn record(&self, decls: &[InputDecl], outer: &Engine) -> Binding {
        let mut record = Record::new();
        for name in &self.inputs {
            record.extend(entry(outer, name, &format!("{{{{ inputs.{name} }}}}")));
        }
        for decl in decls {
            let name = &decl.name.name;
            record.extend(entry(&self.engine, name, &format!("{{{{ {name} }}}}")));
        }
        Binding::Record(Arc::new(record))
    }

    /// A name that a step would give to an input of the module it is in.
    pub(super) fn covers_input(&mut self, name: &str, place: &crate::diagnostic::Place) {
        if self.engine.aliases().contains_key(name) && name != "inputs" {
            let problem = Problem::error(format!("`{name}` is an input of this file, which nothing else may set"));
            self.problems.push(problem.at(place.clone()).hint("use another name"));
        }
    }
}

fn entry(engine: &Engine, name: &str, text: &str) -> Option<(Arc<str>, Binding)> {
    let passage = Passage::unplaced("inputs", text);
    let place = passage.place.clone();
    let template = engine.template(&passage).ok()?;
    Some((name.into(), Binding::Lazy(Arc::new(Tree { kind: TreeKind::Template(Arc::new(template)), place }))))
}
