//! Which names a playbook may give to its variables, inputs, secrets and connections.

use crate::diagnostic::{Place, Problem};

/// Names that always stand for something, and words of the expression language.
const RESERVED: &[&str] = &[
    "inputs",
    "secrets",
    "host",
    "hosts",
    "groups",
    "hostvars",
    "run",
    "env",
    "item",
    "loop",
    "result",
    "failed",
    "inventory_hostname",
    "group_names",
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "self",
    "super",
];

/// A letter or `_`, then letters, digits and `_`, all ASCII.
pub fn is_identifier(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What is wrong with `name` as the name of a variable, if anything.
pub fn variable(name: &str, place: &Place) -> Option<Problem> {
    if RESERVED.contains(&name) {
        let problem = Problem::error(format!("`{name}` is reserved and cannot name a variable"));
        return Some(problem.at(place.clone()).hint("choose another name"));
    }
    identifier(name, place, "variable")
}

/// What is wrong with `name` as the name of a `noun`, if anything.
pub fn identifier(name: &str, place: &Place, noun: &str) -> Option<Problem> {
    if is_identifier(name) {
        return None;
    }
    let problem = Problem::error(format!("`{name}` is no name for {} {noun}", article(noun)));
    Some(problem.at(place.clone()).hint("use letters, digits and `_`, and begin with a letter"))
}

/// `a` or `an`.
pub fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// A connection's name, which never stands in an expression and may hold dashes.
pub fn connection(name: &str, place: &Place) -> Option<Problem> {
    identifier(&name.replace('-', "_"), place, "connection")
        .map(|problem| Problem { message: format!("`{name}` is no name for a connection"), ..problem })
}
