//! Compiling and evaluating.

use crate::diagnostic::{Passage, Place, Problem, Problems};
use crate::secret::Redactor;
use crate::yaml::Node;

use super::{Data, Scope, Sink, Tree};

/// How a text is put together.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What the text is used for.
    pub sink: Sink,
    /// The character with which the SQL dialect quotes identifiers (for [`Sink::Sql`]).
    pub identifier_quote: char,
}

impl Rules {
    /// The rules of a sink.
    pub fn of(sink: Sink) -> Self {
        Self { sink, identifier_quote: '"' }
    }
}

/// A name that a template uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameUse {
    /// The first name of the chain.
    pub name: String,
    /// What is looked up in it, as far as it is constant.
    pub path: Vec<String>,
    /// Where.
    pub place: Place,
    /// It may be undefined there (`default`, `is defined`).
    pub guarded: bool,
}

/// A compiled text or expression.
#[derive(Debug)]
pub struct Template {
    uses: Vec<NameUse>,
    passage: Passage,
}

impl Template {
    /// The names it uses, in order.
    pub fn uses(&self) -> &[NameUse] {
        &self.uses
    }

    /// Its text.
    pub fn passage(&self) -> &Passage {
        &self.passage
    }

    /// The value; `scope` must know every name it needs.
    pub fn evaluate(&self, _scope: &Scope, _rules: Rules) -> Result<Data, Problem> {
        unreachable!()
    }
}

/// Compiles templates with runbook's filters and tests.
#[derive(Clone)]
pub struct Engine {
    #[allow(dead_code)]
    redactor: Redactor,
}

impl Engine {
    /// An engine that teaches `redactor` every text computed from a secret.
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor }
    }

    /// Compiles a text with `{{ }}`.
    pub fn template(&self, _passage: &Passage) -> Result<Template, Problems> {
        unreachable!()
    }

    /// Compiles a bare expression.
    pub fn expression(&self, _passage: &Passage) -> Result<Template, Problems> {
        unreachable!()
    }

    /// Compiles every text in a value.
    pub fn tree(&self, _node: &Node) -> Result<Tree, Problems> {
        unreachable!()
    }
}

impl Tree {
    /// Everything wrong with it that can be known in this scope: undefined names (also inside lazy values).
    pub fn check(&self, _scope: &Scope, _problems: &mut Problems) {}

    /// What it needs that is not there yet, also through lazy values.
    pub fn needs(&self, _scope: &Scope) -> Vec<std::sync::Arc<super::Need>> {
        Vec::new()
    }

    /// The value; `scope` must know every name it needs.
    pub fn evaluate(&self, _scope: &Scope, _rules: Rules) -> Result<Data, Problem> {
        unreachable!()
    }
}
