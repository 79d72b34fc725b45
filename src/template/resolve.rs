//! What a name with a path stands for in a scope, as far as that can be told without evaluating anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use minijinja::Value;

use crate::secret::Taint;

use super::{Binding, Data, NameUse, Need, Record, Scope, Tree, TreeKind};

/// Where a lookup ends without evaluating.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'s> {
    /// There is no such name or entry.
    Missing(Missing<'s>),
    /// A value; the rest of the path is looked up in it.
    Known(&'s Data),
    /// A value that must be worked out; the rest of the path is looked up in it.
    Lazy(&'s Tree),
    /// A mapping of bindings; nothing of the path is left.
    Record(&'s Arc<Record>),
    /// Something that is not there yet.
    Unknown(&'s Arc<Need>),
}

/// In what a name or entry was not found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Missing<'s> {
    /// In the scope.
    Scope,
    /// In a mapping of bindings.
    Record(&'s Record),
    /// In a mapping of the file.
    Tree(&'s Tree),
}

/// A lookup's end: the target, and how much of the path led there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached<'s> {
    /// What is there.
    pub target: Target<'s>,
    /// How many of the path's names were used up.
    pub depth: usize,
}

/// Looks up `name` and as much of `path` as can be.
pub(super) fn reach<'s>(scope: &'s Scope, name: &str, path: &[String]) -> Reached<'s> {
    match scope.lookup(name) {
        Some(binding) => in_binding(binding, path, 0),
        None => Reached { target: Target::Missing(Missing::Scope), depth: 0 },
    }
}

fn in_binding<'s>(binding: &'s Binding, path: &[String], depth: usize) -> Reached<'s> {
    let target = match binding {
        Binding::Known(data) => Target::Known(data),
        Binding::Unknown(need) => Target::Unknown(need),
        Binding::Lazy(tree) => return in_tree(tree, path, depth),
        Binding::Record(record) => match path.get(depth) {
            None => Target::Record(record),
            Some(key) => match record.get(key.as_str()) {
                Some(entry) => return in_binding(entry, path, depth + 1),
                None => Target::Missing(Missing::Record(record)),
            },
        },
    };
    Reached { target, depth }
}

fn in_tree<'s>(tree: &'s Tree, path: &[String], depth: usize) -> Reached<'s> {
    let target = match (&tree.kind, path.get(depth)) {
        (TreeKind::Literal(data), _) => Target::Known(data),
        (TreeKind::Awaited(need), _) => Target::Unknown(need),
        (TreeKind::Map(entries), Some(key)) => match entries.iter().find(|entry| *entry.key == **key) {
            Some(entry) => return in_tree(&entry.value, path, depth + 1),
            None => Target::Missing(Missing::Tree(tree)),
        },
        _ => Target::Lazy(tree),
    };
    Reached { target, depth }
}

/// A name with the first `depth` names of its path.
pub(super) fn dotted(name: &str, path: &[String]) -> String {
    std::iter::once(plain(name)).chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
}

/// A name as it was written: an alias is that and, after an `@`, what tells it apart.
pub(super) fn plain(name: &str) -> &str {
    name.split_once('@').map_or(name, |(plain, _)| plain)
}

/// The rest of a path in a value: the value, or how much of the path is there.
pub(super) fn descend(value: &Value, path: &[String]) -> Result<Value, usize> {
    let mut value = value.clone();
    for (n, key) in path.iter().enumerate() {
        value = match value.get_attr(key) {
            Ok(inner) if !inner.is_undefined() => inner,
            _ => return Err(n),
        };
    }
    if value.is_undefined() { Err(0) } else { Ok(value) }
}

/// The identity of a tree while its scope lives.
pub(super) fn identity(tree: &Tree) -> usize {
    std::ptr::from_ref(tree).addr()
}

/// The taints of all that `uses` stand for, through lazy values.
pub(super) fn taint<'s>(scope: &'s Scope, uses: impl IntoIterator<Item = &'s NameUse>) -> Taint {
    let mut walk = Tainted { scope, seen: BTreeSet::new(), trees: Vec::new(), taint: Taint::PUBLIC };
    uses.into_iter().for_each(|used| walk.name(used));
    walk.finish()
}

struct Tainted<'s> {
    scope: &'s Scope,
    seen: BTreeSet<usize>,
    trees: Vec<&'s Tree>,
    taint: Taint,
}

impl<'s> Tainted<'s> {
    fn name(&mut self, used: &NameUse) {
        match reach(self.scope, &used.name, &used.path).target {
            Target::Missing(_) => {}
            Target::Known(data) => self.taint = self.taint.join(data.taint),
            Target::Unknown(need) => self.taint = self.taint.join(need.taint),
            Target::Lazy(tree) => self.trees.push(tree),
            Target::Record(record) => record.values().for_each(|entry| self.binding(entry)),
        }
    }

    fn binding(&mut self, binding: &'s Binding) {
        match binding {
            Binding::Known(data) => self.taint = self.taint.join(data.taint),
            Binding::Unknown(need) => self.taint = self.taint.join(need.taint),
            Binding::Lazy(tree) => self.trees.push(tree),
            Binding::Record(record) => record.values().for_each(|entry| self.binding(entry)),
        }
    }

    fn finish(mut self) -> Taint {
        while let Some(tree) = self.trees.pop() {
            if !self.seen.insert(identity(tree)) {
                continue;
            }
            match &tree.kind {
                TreeKind::Literal(data) => self.taint = self.taint.join(data.taint),
                TreeKind::Awaited(need) => self.taint = self.taint.join(need.taint),
                TreeKind::Template(template) => {
                    self.taint = self.taint.join(template.own_taint());
                    template.uses().iter().for_each(|used| self.name(used));
                }
                TreeKind::List(items) => self.trees.extend(items),
                TreeKind::Map(entries) => self.trees.extend(entries.iter().map(|entry| &entry.value)),
            }
        }
        self.taint
    }
}
