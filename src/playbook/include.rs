//! Files that belong to a playbook: includes and vars files.

use std::sync::Arc;

use super::declarations;
use super::model::{Body, InputDecl, Named, Step, Var};
use super::reader::{Found, Reader};
use super::values;
use crate::diagnostic::Problem;
use crate::yaml::{Entry, Node, Value};

impl Reader<'_> {
    /// `include: FILE`, given `vars`.
    pub fn include(&mut self, entry: &Entry, given: &[Var]) -> Option<Body> {
        let file = values::literal(entry, &mut self.problems)?;
        let found = self.find(&file)?;
        if !self.may_include(&found, &file) {
            return None;
        }
        let tree = self.tree(&found, &file.place)?;
        self.chain.push((found.real, found.shown.display().to_string()));
        let (inputs, steps) = self.module(&tree, &file);
        self.chain.pop();
        self.judge(&inputs, given, &file);
        Some(Body::Include { file, inputs, steps })
    }

    /// Refuses a file that includes itself, directly or through others.
    fn may_include(&mut self, found: &Found, file: &Named) -> bool {
        let Some(at) = self.chain.iter().position(|(real, _)| *real == found.real) else { return true };
        let mut names: Vec<&str> = self.chain[at..].iter().map(|(_, shown)| shown.as_str()).collect();
        names.push(&self.chain[at].1);
        let problem = Problem::error(format!("this include goes in a circle: {}", names.join(" -> ")));
        self.problems.push(problem.at(file.place.clone()).hint("take one of them out"));
        self.open = true;
        false
    }

    /// An included file: a list of steps, or a mapping of `inputs` and `steps`.
    fn module(&mut self, tree: &Node, file: &Named) -> (Vec<InputDecl>, Vec<Step>) {
        match &tree.value {
            Value::List(nodes) => (Vec::new(), self.steps(nodes)),
            Value::Map(map) => {
                values::unknown(map, &["inputs", "steps"], "an included file", &mut self.problems);
                let inputs = map.get("inputs");
                let inputs = inputs.map(|entry| declarations::inputs(entry, &mut self.problems)).unwrap_or_default();
                let Some(steps) = map.get("steps") else {
                    self.open = true;
                    let problem = Problem::error(format!("`{}` has no `steps`", file.name));
                    self.problems.push(problem.at(tree.place.clone()).note("included here", file.place.clone()));
                    return (inputs, Vec::new());
                };
                (inputs, self.steps_of(steps))
            }
            _ => {
                self.open = true;
                let what = if tree.value == Value::Null { "is empty" } else { "is no list of steps" };
                let problem = Problem::error(format!("`{}` {what}", file.name)).at(file.place.clone());
                self.problems.push(problem.hint("write steps into it"));
                (Vec::new(), Vec::new())
            }
        }
    }

    /// Compares what is given with what the module declares.
    fn judge(&mut self, inputs: &[InputDecl], given: &[Var], file: &Named) {
        if inputs.is_empty() {
            return;
        }
        for var in given {
            if inputs.iter().all(|input| *input.name.name != *var.name) {
                let problem = Problem::error(format!("`{}` has no input `{}`", file.name, var.name));
                let known = inputs.iter().map(|input| input.name.name.as_str());
                self.problems.push(problem.at(var.name_place.clone()).did_you_mean(&var.name, known));
            }
        }
        for input in inputs.iter().filter(|input| input.required) {
            if given.iter().all(|var| *var.name != *input.name.name) {
                let problem = Problem::error(format!("`{}` needs the input `{}`", file.name, input.name.name));
                let problem = problem
                    .at(file.place.clone())
                    .hint(format!("give it under `vars: {{ {}: ... }}`", input.name.name));
                self.problems.push(problem.note("declared here", input.name.place.clone()));
            }
        }
    }

    /// What the files of a `vars_files` hold, in order.
    pub fn vars_files(&mut self, entry: &Entry) -> Vec<Var> {
        let mut all = Vec::new();
        for node in values::list(entry, "a list of paths", &mut self.problems) {
            let named = Entry { key: Arc::clone(&entry.key), key_place: entry.key_place.clone(), value: node.clone() };
            let Some(file) = values::literal(&named, &mut self.problems) else { continue };
            let Some(found) = self.find(&file) else { continue };
            let Some(tree) = self.tree(&found, &file.place) else { continue };
            match &tree.value {
                Value::Map(map) => all.extend(values::vars(map, &mut self.problems)),
                Value::Null => {}
                _ => {
                    self.open = true;
                    let problem =
                        Problem::error(format!("`{}` must hold a mapping, found {}", file.name, tree.found()));
                    self.problems.push(problem.at(tree.place.clone()).note("named here", file.place));
                }
            }
        }
        all
    }
}
