//! Names and what they stand for. A scope is a snapshot: adding names makes a new one that shares the old.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::Place;
use crate::secret::Taint;

use super::Tree;

/// A value with its taint.
#[derive(Clone, Debug)]
pub struct Data {
    /// The value; never undefined.
    pub value: minijinja::Value,
    /// What may be done with it.
    pub taint: Taint,
}

impl Data {
    /// A value written by the person who runs it.
    pub fn public(value: impl Into<minijinja::Value>) -> Self {
        Self { value: value.into(), taint: Taint::PUBLIC }
    }

    /// A JSON value with a taint.
    pub fn from_json(value: &serde_json::Value, taint: Taint) -> Self {
        Self { value: minijinja::value::Serde(value).into(), taint }
    }

    /// The value as JSON (mappings keep their order); an integer of more than 64 bits cannot be kept, nor a key that is
    /// a list or a mapping.
    pub fn exact_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(&self.value)
    }

    /// The same for people: what JSON cannot hold is its text.
    pub fn to_json(&self) -> serde_json::Value {
        self.exact_json().unwrap_or_else(|_| self.value.to_string().into())
    }
}

/// Why a value is not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The name that is waited for.
    pub name: String,
    /// What will give it, for people: "the result of step `build`".
    pub because: String,
    /// Where that step stands.
    pub place: Option<Place>,
    /// What the value will be tainted with.
    pub taint: Taint,
    /// Whether it is sure to be a text.
    pub text: bool,
}

/// A mapping of bindings: each entry has its own taint, may be lazy, and may not be there yet.
pub type Record = indexmap::IndexMap<Arc<str>, Binding>;

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Binding {
    /// A value.
    Known(Data),
    /// A template that is worked out where it is used, in the scope of the use (Ansible's lazy vars).
    Lazy(Arc<Tree>),
    /// Something an earlier step will give.
    Unknown(Arc<Need>),
    /// A mapping whose entries are bindings (`inputs`, `secrets`, `host`, `hostvars`): an entry is not tainted by its
    /// neighbours, and one that is not there is found before anything runs.
    Record(Arc<Record>),
}

/// A persistent map of names; the newest layer is looked at first.
#[derive(Clone, Debug, Default)]
pub struct Scope(Option<Arc<Layer>>);

#[derive(Debug)]
struct Layer {
    names: Arc<BTreeMap<Arc<str>, Binding>>,
    below: Scope,
}

impl Scope {
    /// A scope without names.
    pub fn empty() -> Self {
        Self(None)
    }

    /// This scope with further names over it.
    pub fn with(&self, names: impl IntoIterator<Item = (impl Into<Arc<str>>, Binding)>) -> Self {
        self.over(Arc::new(names.into_iter().map(|(name, binding)| (name.into(), binding)).collect()))
    }

    /// This scope with names over it that it shares with other scopes.
    pub fn over(&self, names: Arc<BTreeMap<Arc<str>, Binding>>) -> Self {
        if names.is_empty() {
            return self.clone();
        }
        Self(Some(Arc::new(Layer { names, below: self.clone() })))
    }

    /// This scope with one more name over it.
    pub fn bind(&self, name: impl Into<Arc<str>>, binding: Binding) -> Self {
        self.with([(name.into(), binding)])
    }

    /// What a name stands for.
    pub fn lookup(&self, name: &str) -> Option<&Binding> {
        let mut scope = self;
        while let Some(layer) = &scope.0 {
            if let Some(binding) = layer.names.get(name) {
                return Some(binding);
            }
            scope = &layer.below;
        }
        None
    }

    /// All names that stand for something.
    pub fn names(&self) -> BTreeSet<Arc<str>> {
        let mut all = BTreeSet::new();
        let mut scope = self;
        while let Some(layer) = &scope.0 {
            all.extend(layer.names.keys().cloned());
            scope = &layer.below;
        }
        all
    }
}
