//! Compiling: the door of this module.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Passage, Place, Problem, Problems};
use crate::secret::vault::{Keyring, Locked};
use crate::secret::{Redactor, Taint};
use crate::yaml::{Node, Value};

use super::compile::{Reading, compile};
use super::lexical::{Backslash, is_plain};
use super::{Data, Need, Sink, Template, Tree, TreeEntry, TreeKind};

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

/// What names stand under in the scope that mean something else inside a module: its own inputs.
pub type Aliases = Arc<BTreeMap<Arc<str>, Arc<str>>>;

/// Compiles templates with runbook's filters and tests.
#[derive(Clone)]
pub struct Engine {
    redactor: Redactor,
    keys: Keyring,
    aliases: Aliases,
}

impl Engine {
    /// An engine that teaches `redactor` every text computed from a secret.
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor, keys: Keyring::default(), aliases: Aliases::default() }
    }

    /// The same engine with passwords for what Ansible Vault has encrypted.
    pub fn with_keys(self, keys: Keyring) -> Self {
        Self { keys, ..self }
    }

    /// The same engine for texts in which these names are aliases.
    pub fn with_aliases(&self, aliases: Aliases) -> Self {
        Self { aliases, ..self.clone() }
    }

    /// The aliases of its texts.
    pub fn aliases(&self) -> &Aliases {
        &self.aliases
    }

    /// The passwords it has.
    pub fn keys(&self) -> &Keyring {
        &self.keys
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
        compile(passage, reading, (&self.redactor, &self.aliases)).map(|compiled| Template(Arc::new(compiled)))
    }

    fn node(&self, node: &Node, problems: &mut Problems) -> Tree {
        let place = node.place.clone();
        if is_literal(node) {
            let value = node.to_json();
            let is_secret = place.source.is_secret();
            if is_secret {
                self.learn(&value);
            }
            let data = Data::from_json(&value, if is_secret { Taint::SECRET } else { Taint::PUBLIC });
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
            Value::Vault(passage) => self.sealed(passage, problems),
            Value::List(items) => TreeKind::List(items.iter().map(|item| self.node(item, problems)).collect()),
            Value::Map(map) => TreeKind::Map(map.entries.iter().map(|entry| self.entry(entry, problems)).collect()),
            _ => TreeKind::Literal(Data::public(())),
        };
        Tree { kind, place }
    }

    /// A text that Ansible Vault has encrypted: never a template, as in Ansible.
    fn sealed(&self, passage: &Passage, problems: &mut Problems) -> TreeKind {
        match self.keys.open(&passage.text) {
            Ok(secret) => {
                self.redactor.learn(secret.reveal());
                TreeKind::Literal(Data { value: secret.reveal().into(), taint: Taint::SECRET })
            }
            Err(Locked::NoPassword) if self.keys.may_wait => TreeKind::Awaited(Arc::new(Need {
                name: "the vault".to_owned(),
                because: "the password of the vault".to_owned(),
                place: Some(passage.place.clone()),
                taint: Taint::SECRET,
                text: true,
            })),
            Err(why) => {
                let problem = Problem::error(format!("the value cannot be read: {why}")).hint(why.hint());
                problems.push(problem.at(passage.place.clone()));
                TreeKind::Literal(Data::public(()))
            }
        }
    }

    /// Masks what a secret file holds.
    fn learn(&self, value: &serde_json::Value) {
        match value {
            serde_json::Value::String(text) => self.redactor.learn(text),
            serde_json::Value::Number(number) => self.redactor.learn(&number.to_string()),
            serde_json::Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            serde_json::Value::Object(map) => map.values().for_each(|item| self.learn(item)),
            serde_json::Value::Null | serde_json::Value::Bool(_) => {}
        }
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
        Value::Vault(_) => false,
        Value::List(items) => items.iter().all(is_literal),
        Value::Map(map) => map.entries.iter().all(|entry| is_literal(&entry.value)),
        _ => true,
    }
}
