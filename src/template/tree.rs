//! A YAML value whose texts have been compiled: what stays the same is a literal, the rest is templates.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::Place;

use super::{Data, Need, Template};

/// A compiled value with its place.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The value.
    pub kind: TreeKind,
    /// Where it stands.
    pub place: Place,
}

/// The parts of a compiled value.
#[derive(Clone, Debug)]
pub enum TreeKind {
    /// Holds no template anywhere below.
    Literal(Data),
    /// A text with `{{ }}` or `{% %}`, or a bare expression.
    Template(Arc<Template>),
    /// Something that is not there yet: what Ansible Vault has encrypted, while no password is there.
    Awaited(Arc<Need>),
    /// A list with a template somewhere in it.
    List(Vec<Tree>),
    /// A mapping with a template somewhere in it.
    Map(Vec<TreeEntry>),
}

/// An entry of a compiled mapping; keys are never templates.
#[derive(Clone, Debug)]
pub struct TreeEntry {
    /// The key.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_place: Place,
    /// The value.
    pub value: Tree,
}

impl Tree {
    /// The names that it uses itself, not those in the lazy values they stand for.
    pub fn names(&self, names: &mut BTreeSet<Arc<str>>) {
        match &self.kind {
            TreeKind::Literal(_) | TreeKind::Awaited(_) => {}
            TreeKind::Template(template) => names.extend(template.uses().iter().map(|used| Arc::from(&*used.name))),
            TreeKind::List(items) => items.iter().for_each(|item| item.names(names)),
            TreeKind::Map(entries) => entries.iter().for_each(|entry| entry.value.names(names)),
        }
    }
}
