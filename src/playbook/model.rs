//! The model.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::{Place, Source};
use crate::yaml::{Map, Node};

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Where.
    pub place: Place,
}

/// A variable as it was declared; its value may hold templates.
#[derive(Clone, Debug, PartialEq)]
pub struct Var {
    /// The name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub name_place: Place,
    /// The value.
    pub value: Node,
}

/// What an input takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list.
    List,
    /// A mapping.
    Map,
}

impl InputKind {
    /// What a value of this kind is called in an error.
    pub fn noun(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
            Self::List => "a list",
            Self::Map => "a mapping",
        }
    }
}

/// A typed parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct InputDecl {
    /// Its name.
    pub name: Named,
    /// What it takes; a text unless told.
    pub kind: InputKind,
    /// It must be given.
    pub required: bool,
    /// What it is otherwise.
    pub default: Option<Node>,
    /// The values it may have.
    pub one_of: Option<Vec<Node>>,
    /// What a text must match, whole.
    pub pattern: Option<Node>,
    /// Least value, or least length.
    pub min: Option<Node>,
    /// Greatest value, or greatest length.
    pub max: Option<Node>,
    /// What it is for.
    pub description: Option<String>,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file's content without the line break at its end; relative to the playbook.
    File(PathBuf),
    /// What a command prints, without the line break at its end.
    Command(Vec<String>),
    /// A file encrypted with age.
    Age(PathBuf),
}

/// A secret.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretDecl {
    /// Its name.
    pub name: Named,
    /// Where it comes from.
    pub source: SecretSource,
}

/// A named connection: a URL, or a mapping of `url` or fields and options; both may hold templates.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionDecl {
    /// Its name.
    pub name: Named,
    /// What was written.
    pub value: Node,
}

/// The step types, as far as reading needs to know them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Their names.
    pub types: Vec<&'static str>,
    /// Parameters that are lists of steps: type and key.
    pub lists: Vec<(&'static str, &'static str)>,
}

/// A playbook with everything that belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Playbook {
    /// Its text.
    pub source: Arc<Source>,
    /// The folder it lies in, absolute.
    pub folder: PathBuf,
    /// Its name; the file's name where it has none.
    pub name: String,
    /// One run of this name at a time.
    pub lock: Option<Node>,
    /// Typed parameters.
    pub inputs: Vec<InputDecl>,
    /// Secrets.
    pub secrets: Vec<SecretDecl>,
    /// Connections.
    pub connections: Vec<ConnectionDecl>,
    /// `vars`.
    pub vars: Vec<Var>,
    /// What the `vars_files` hold, in order; stronger than any `vars`.
    pub file_vars: Vec<Var>,
    /// The plays.
    pub plays: Vec<Play>,
    /// Every file that was read, the playbook first.
    pub sources: Vec<Arc<Source>>,
    /// What is missing of it.
    pub gaps: Gaps,
}

/// What a playbook with mistakes would have declared without them: it must not be told as missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gaps {
    /// Names that steps with mistakes would have given.
    pub names: BTreeSet<Arc<str>>,
    /// There are mistakes in `inputs`.
    pub inputs: bool,
    /// There are mistakes in `secrets`.
    pub secrets: bool,
    /// A file or the hosts of a play could not be read: any name may be declared, so none can be told as missing.
    pub open: bool,
}

/// A play.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    /// Its name; `play 1` where it has none.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// The host pattern (a text, or a list of them); none: it runs on the control machine only.
    pub hosts: Option<Node>,
    /// `serial`.
    pub serial: Option<Node>,
    /// `max_fail_percentage`.
    pub max_fail_percentage: Option<Node>,
    /// `vars`.
    pub vars: Vec<Var>,
    /// What its `vars_files` hold.
    pub file_vars: Vec<Var>,
    /// What its steps inherit: `environment`, `tags`, `when`, `become`, `become_user`, `no_log`; and `timeout`, which
    /// bounds the play.
    pub common: Common,
    /// The steps.
    pub steps: Vec<Step>,
    /// The handlers, in order.
    pub handlers: Vec<Step>,
}

/// The common keys of a step or block. Values that may be templates are kept as nodes, boxed: most
/// are not given, and there may be many steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Common {
    /// `register`.
    pub register: Option<Named>,
    /// `when`: expressions that must all hold.
    pub when: Vec<Node>,
    /// `loop`: a list, or an expression.
    pub r#loop: Option<Box<Node>>,
    /// `retries`.
    pub retries: Option<Box<Node>>,
    /// `delay`.
    pub delay: Option<Box<Node>>,
    /// `until`: expressions that must all hold.
    pub until: Vec<Node>,
    /// `timeout`.
    pub timeout: Option<Box<Node>>,
    /// `ignore_errors`.
    pub ignore_errors: Option<Box<Node>>,
    /// `changed_when`.
    pub changed_when: Vec<Node>,
    /// `failed_when`.
    pub failed_when: Vec<Node>,
    /// `notify`.
    pub notify: Vec<Named>,
    /// `throttle`.
    pub throttle: Option<Box<Node>>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `vars`.
    pub vars: Vec<Var>,
    /// `environment`.
    pub environment: Option<Map>,
    /// `become`.
    pub r#become: Option<Box<Node>>,
    /// `become_user`.
    pub become_user: Option<Box<Node>>,
    /// `each_host`.
    pub each_host: Option<Box<Node>>,
    /// `delegate_to`.
    pub delegate_to: Option<Box<Node>>,
    /// `run_once`.
    pub run_once: Option<Box<Node>>,
    /// `no_log`.
    pub no_log: Option<Box<Node>>,
    /// `class`.
    pub class: Option<Named>,
}

/// A step, or a structure of steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `name`, which may hold templates.
    pub name: Option<Node>,
    /// Where it begins.
    pub place: Place,
    /// Its common keys.
    pub common: Common,
    /// What it is.
    pub body: Body,
}

/// What a step is.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A step of a type.
    Action {
        /// The type key.
        kind: Named,
        /// Its parameters as they were written.
        args: Node,
        /// The steps among them, by their keys (`ready`, `each`).
        inside: Vec<(Named, Vec<Step>)>,
    },
    /// `block`, `rescue`, `always`.
    Block {
        /// The steps.
        steps: Vec<Step>,
        /// Where a host goes that fails in them.
        rescue: Vec<Step>,
        /// What runs in every case.
        always: Vec<Step>,
    },
    /// `parallel`.
    Parallel(Vec<Vec<Step>>),
    /// `include`: the file has been read.
    Include {
        /// As it was written.
        file: Named,
        /// The module's own inputs.
        inputs: Vec<InputDecl>,
        /// Its steps.
        steps: Vec<Step>,
    },
    /// `flush_handlers`.
    FlushHandlers,
}

impl Body {
    /// The lists of steps inside.
    pub fn lists(&self) -> Vec<&[Step]> {
        match self {
            Self::Block { steps, rescue, always } => vec![steps, rescue, always],
            Self::Include { steps, .. } => vec![steps],
            Self::Parallel(branches) => branches.iter().map(Vec::as_slice).collect(),
            Self::Action { inside, .. } => inside.iter().map(|(_, steps)| steps.as_slice()).collect(),
            Self::FlushHandlers => Vec::new(),
        }
    }
}
