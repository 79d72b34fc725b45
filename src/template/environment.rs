//! The one engine environment of the process: filters, tests, functions and limits, and the names of them all.
//!
//! It holds no values and no templates, so that it can be shared by everything that is compiled.

use std::sync::LazyLock;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::{emit, filters};

/// What a template may use by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `| name`.
    Filter,
    /// `is name`.
    Test,
    /// `name()`.
    Function,
}

impl Kind {
    /// What it is called in an error.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Test => "test",
            Self::Function => "function",
        }
    }

    /// All of this kind.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let (own, theirs): (&[_], &[_]) = match self {
            Self::Filter => (filters::FILTERS, FILTERS),
            Self::Test => (filters::TESTS, TESTS),
            Self::Function => (&[], FUNCTIONS),
        };
        own.iter().chain(theirs).copied()
    }
}

/// Whether there is one of this name.
pub(super) fn is_known(kind: Kind, name: &str) -> bool {
    kind.names().any(|known| known == name)
}

/// Jinja2's filters.
const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "filesizeformat",
    "first",
    "format",
    "groupby",
    "indent",
    "items",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pluralize",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "striptags",
    "sum",
    "title",
    "tojson",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "wordcount",
    "wordwrap",
    "zip",
];

/// Jinja2's tests.
const TESTS: &[&str] = &[
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// Jinja2's functions. `debug` is left out: it shows everything that is in scope.
const FUNCTIONS: &[&str] = &["cycler", "dict", "joiner", "namespace", "range"];

/// How many instructions (and, in smaller units, bytes) one evaluation may use.
const FUEL: u64 = 2_000_000;

/// The environment.
pub(super) fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(build);
    &ENVIRONMENT
}

fn build() -> Environment<'static> {
    let mut env = Environment::new();
    minijinja_contrib::add_to_environment(&mut env);
    env.remove_global("debug");
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_syntax(super::tokens::syntax());
    env.set_debug(false);
    env.set_fuel(Some(FUEL));
    filters::register(&mut env);
    emit::register(&mut env);
    env
}
