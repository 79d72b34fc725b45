//! Compiling: the door of this module.

use std::sync::Arc;

use crate::diagnostic::{Passage, Place, Problem, Problems};
use crate::secret::Redactor;
use crate::yaml::{Node, Value};

use super::compile::{Reading, compile};
use super::lexical::{Backslash, is_plain};
use super::{Data, Sink, Template, Tree, TreeEntry, TreeKind};

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
    /// It stands in a branch that may not be taken.
    pub conditional: bool,
    /// The constant attribute of an entry that is worked out: `up` in `hostvars[name].up`.
    pub entry: Option<String>,
}

/// Compiles templates with runbook's filters and tests.
#[derive(Clone)]
pub struct Engine {
    redactor: Redactor,
}

impl Engine {
    /// An engine that teaches `redactor` every text computed from a secret.
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor }
    }

    /// What it teaches.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Compiles a text with `{{ }}`. A backslash in a string literal stands for itself, as in Ansible's playbooks.
    pub fn template(&self, passage: &Passage) -> Result<Template, Problems> {
        self.compile(passage, Reading::Text(Backslash::Literal))
    }

    /// Compiles the text of a template file, in whose string literals `\` escapes as in Jinja2.
    pub fn file(&self, passage: &Passage) -> Result<Template, Problems> {
        self.compile(passage, Reading::Text(Backslash::Escape))
    }

    /// Compiles a bare expression.
    pub fn expression(&self, passage: &Passage) -> Result<Template, Problems> {
        self.compile(passage, Reading::Expression)
    }

    /// Compiles every text in a value. Keys are no templates.
    pub fn tree(&self, node: &Node) -> Result<Tree, Problems> {
        let mut problems = Problems::default();
        let tree = self.node(node, &mut problems);
        problems.or(tree)
    }

    fn compile(&self, passage: &Passage, reading: Reading) -> Result<Template, Problems> {
        compile(passage, reading, &self.redactor).map(|compiled| Template(Arc::new(compiled)))
    }

    fn node(&self, node: &Node, problems: &mut Problems) -> Tree {
        let place = node.place.clone();
        if is_literal(node) {
            let data = Data::public(minijinja::Value::from(minijinja::value::Serde(node.to_json())));
            return Tree { kind: TreeKind::Literal(data), place };
        }
        let kind = match &node.value {
            Value::Text(passage) => match self.template(passage) {
                Ok(template) => TreeKind::Template(Arc::new(template)),
                Err(found) => {
                    problems.extend(found);
                    TreeKind::Literal(Data::public(()))
                }
            },
            Value::List(items) => TreeKind::List(items.iter().map(|item| self.node(item, problems)).collect()),
            Value::Map(map) => TreeKind::Map(map.entries.iter().map(|entry| self.entry(entry, problems)).collect()),
            _ => TreeKind::Literal(Data::public(())),
        };
        Tree { kind, place }
    }

    fn entry(&self, entry: &crate::yaml::Entry, problems: &mut Problems) -> TreeEntry {
        if entry.key.contains("{{") {
            let problem = Problem::warning(format!("the key `{}` is taken as it is", entry.key));
            problems.push(problem.at(entry.key_place.clone()).hint("a key is never a template"));
        }
        let value = self.node(&entry.value, problems);
        TreeEntry { key: Arc::clone(&entry.key), key_place: entry.key_place.clone(), value }
    }
}

/// Whether nothing in it is a template.
fn is_literal(node: &Node) -> bool {
    match &node.value {
        Value::Text(passage) => is_plain(&passage.text),
        Value::List(items) => items.iter().all(is_literal),
        Value::Map(map) => map.entries.iter().all(|entry| is_literal(&entry.value)),
        _ => true,
    }
}
