//! What can be told of a tree before it is evaluated: names that are not there, values that hang on themselves, and
//! what must be there first.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Place, Problem, Problems};

use super::evaluate::{absent, circle, missing_problem};
use super::resolve::{Target, descend, dotted, identity, reach};
use super::{Binding, NameUse, Need, Scope, Template, Tree, TreeKind};

/// How many lazy values are followed inside one another.
const DEEPEST: usize = 64;

impl Tree {
    /// Everything wrong with it that can be known in this scope: undefined names (also inside lazy values).
    pub fn check(&self, scope: &Scope, problems: &mut Problems) {
        let mut check = Check { scope, problems, done: BTreeSet::new(), open: Vec::new(), guarded: false };
        check.tree(self);
    }

    /// The uses of a name, also in lazy values.
    pub fn uses_of(&self, scope: &Scope, name: &str) -> Vec<NameUse> {
        let (mut found, mut seen, mut pending) = (Vec::new(), BTreeSet::new(), vec![self]);
        while let Some(tree) = pending.pop() {
            match &tree.kind {
                TreeKind::Literal(_) | TreeKind::Awaited(_) => {}
                TreeKind::List(items) => pending.extend(items),
                TreeKind::Map(entries) => pending.extend(entries.iter().map(|entry| &entry.value)),
                TreeKind::Template(template) => {
                    for used in template.uses() {
                        match reach(scope, &used.name, &used.path).target {
                            _ if used.name == name => found.push(used.clone()),
                            Target::Lazy(tree) if seen.insert(identity(tree)) => pending.push(tree),
                            _ => {}
                        }
                    }
                }
            }
        }
        found
    }

    /// What it needs that is not there yet, also through lazy values.
    pub fn needs(&self, scope: &Scope) -> Vec<Arc<Need>> {
        let mut needs = Needs { scope, seen: BTreeSet::new(), found: Vec::new(), depth: 0 };
        needs.tree(self);
        needs.found
    }
}

impl Template {
    /// The same as [`Tree::check`].
    pub fn check(&self, scope: &Scope, problems: &mut Problems) {
        let mut check = Check { scope, problems, done: BTreeSet::new(), open: Vec::new(), guarded: false };
        self.uses().iter().for_each(|used| check.name(used));
    }

    /// The same as [`Tree::needs`].
    pub fn needs(&self, scope: &Scope) -> Vec<Arc<Need>> {
        let mut needs = Needs { scope, seen: BTreeSet::new(), found: Vec::new(), depth: 0 };
        self.uses().iter().for_each(|used| needs.name(used));
        needs.found
    }
}

struct Check<'c> {
    scope: &'c Scope,
    problems: &'c mut Problems,
    /// Lazy values that were checked, with whether under a guard.
    done: BTreeSet<(usize, bool)>,
    /// The lazy values that are being checked: identity, name, place of use.
    open: Vec<(usize, String, Place)>,
    guarded: bool,
}

impl Check<'_> {
    fn tree(&mut self, tree: &Tree) {
        match &tree.kind {
            TreeKind::Literal(_) | TreeKind::Awaited(_) => {}
            TreeKind::Template(template) => template.uses().iter().for_each(|used| self.name(used)),
            TreeKind::List(items) => items.iter().for_each(|item| self.tree(item)),
            TreeKind::Map(entries) => entries.iter().for_each(|entry| self.tree(&entry.value)),
        }
    }

    fn name(&mut self, used: &NameUse) {
        let excused = used.guarded || self.guarded;
        let reached = reach(self.scope, &used.name, &used.path);
        match reached.target {
            Target::Missing(missing) if !excused => {
                self.tell(missing_problem(self.scope, used, reached.depth, missing));
            }
            Target::Known(data) if !excused && !used.conditional => {
                if let Err(depth) = descend(&data.value, &used.path[reached.depth..]) {
                    self.tell(absent(used, reached.depth + depth, &data.value).problem);
                }
            }
            Target::Lazy(tree) => self.lazy(tree, used, &dotted(&used.name, &used.path[..reached.depth])),
            Target::Record(record) => {
                let entries: Vec<_> = record.iter().collect();
                for (key, entry) in entries {
                    if let Binding::Lazy(tree) = entry {
                        self.lazy(tree, used, &dotted(&used.name, &[key.to_string()]));
                    }
                }
            }
            _ => {}
        }
    }

    fn lazy(&mut self, tree: &Tree, used: &NameUse, name: &str) {
        let id = identity(tree);
        if let Some(from) = self.open.iter().position(|(open, ..)| *open == id) {
            let chain = self.open[from..].iter().map(|(_, name, _)| name.as_str());
            let place = self.open[from].2.clone();
            let problem = circle(chain, name).at(used.place.clone());
            self.problems.push(if place == used.place { problem } else { problem.note("it is used here", place) });
            return;
        }
        let guarded = self.guarded || used.guarded;
        if self.open.len() >= DEEPEST || !self.done.insert((id, guarded)) {
            return;
        }
        self.open.push((id, name.to_owned(), used.place.clone()));
        let before = std::mem::replace(&mut self.guarded, guarded);
        self.tree(tree);
        self.guarded = before;
        self.open.pop();
    }

    /// Reports a problem; inside a lazy value, with its name and where it is used.
    fn tell(&mut self, mut problem: Problem) {
        if let Some((_, name, _)) = self.open.last() {
            problem.message = format!("{} in the value of `{name}`", problem.message);
            let (_, outermost, place) = &self.open[0];
            problem = problem.note(format!("`{outermost}` is used here"), place.clone());
        }
        self.problems.push(problem);
    }
}

struct Needs<'n> {
    scope: &'n Scope,
    seen: BTreeSet<usize>,
    found: Vec<Arc<Need>>,
    depth: usize,
}

impl Needs<'_> {
    fn tree(&mut self, tree: &Tree) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        match &tree.kind {
            TreeKind::Literal(_) => {}
            TreeKind::Awaited(need) => self.need(need),
            TreeKind::Template(template) => template.uses().iter().for_each(|used| self.name(used)),
            TreeKind::List(items) => items.iter().for_each(|item| self.tree(item)),
            TreeKind::Map(entries) => entries.iter().for_each(|entry| self.tree(&entry.value)),
        }
        self.depth -= 1;
    }

    fn name(&mut self, used: &NameUse) {
        match reach(self.scope, &used.name, &used.path).target {
            Target::Unknown(need) => self.need(need),
            Target::Lazy(tree) => self.lazy(tree),
            Target::Record(record) => record.values().for_each(|entry| self.binding(entry)),
            Target::Known(_) | Target::Missing(_) => {}
        }
    }

    fn binding(&mut self, binding: &Binding) {
        match binding {
            Binding::Known(_) => {}
            Binding::Unknown(need) => self.need(need),
            Binding::Lazy(tree) => self.lazy(tree),
            Binding::Record(record) => record.values().for_each(|entry| self.binding(entry)),
        }
    }

    fn lazy(&mut self, tree: &Tree) {
        if self.seen.insert(identity(tree)) {
            self.tree(tree);
        }
    }

    fn need(&mut self, need: &Arc<Need>) {
        if !self.found.contains(need) {
            self.found.push(Arc::clone(need));
        }
    }
}
