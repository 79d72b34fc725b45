//! The filters and tests that Ansible has beyond Jinja2, with its answers.
//!
//! In: values. Out: values. Pure: what looks at files, time or chance is left out.

// The engine hands arguments over by value.
#![allow(clippy::needless_pass_by_value)]

mod collections;
mod digests;
mod documents;
mod numbers;
mod paths;
mod patterns;
mod results;
mod shell;
mod versions;
mod yaml_text;
mod yaml_values;

use minijinja::value::{ArgType, Kwargs, Rest, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, Value};

/// The filters that are added to Jinja2's.
pub(super) const FILTERS: &[&str] = &[
    "b64decode",
    "b64encode",
    "basename",
    "bool",
    "center",
    "checksum",
    "combine",
    "dict2items",
    "difference",
    "dirname",
    "extract",
    "flatten",
    "float",
    "forceescape",
    "from_json",
    "from_yaml",
    "hash",
    "int",
    "intersect",
    "join",
    "items2dict",
    "mandatory",
    "md5",
    "path_join",
    "quote",
    "regex_escape",
    "regex_findall",
    "regex_replace",
    "regex_search",
    "sha1",
    "splitext",
    "symmetric_difference",
    "ternary",
    "to_json",
    "to_nice_json",
    "to_nice_yaml",
    "to_yaml",
    "union",
    "zip_longest",
];

/// The tests that are added to Jinja2's.
pub(super) const TESTS: &[&str] = &[
    "abs",
    "all",
    "any",
    "change",
    "changed",
    "contains",
    "failed",
    "failure",
    "falsy",
    "issubset",
    "issuperset",
    "match",
    "reachable",
    "regex",
    "search",
    "skip",
    "skipped",
    "subset",
    "succeeded",
    "success",
    "successful",
    "superset",
    "truthy",
    "unreachable",
    "version",
    "version_compare",
];

/// Adds all of them.
pub(super) fn register(env: &mut Environment<'static>) {
    collections::register(env);
    digests::register(env);
    documents::register(env);
    numbers::register(env);
    paths::register(env);
    patterns::register(env);
    results::register(env);
    shell::register(env);
    versions::register(env);
}

/// Why a filter cannot answer.
fn refuse(words: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, words)
}

/// The value, if it is defined.
fn defined(value: Value) -> Result<Value, Error> {
    if value.is_undefined() { Err(Error::from(ErrorKind::UndefinedError)) } else { Ok(value) }
}

/// The value as a text.
fn text(value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Ok(defined(value.clone())?.to_string()),
    }
}

/// An argument given by position or by name.
fn argument<'a, T: ArgType<'a, Output = T>>(
    given: Option<T>,
    kwargs: &'a Kwargs,
    name: &'static str,
) -> Result<Option<T>, Error> {
    match given {
        Some(given) => Ok(Some(given)),
        None if kwargs.has(name) => kwargs.get::<T>(name).map(Some),
        None => Ok(None),
    }
}

/// Any number of arguments, and the named ones.
fn arguments(args: Rest<ValueOrKwargs>) -> Result<(Vec<Value>, Kwargs), Error> {
    let args = args.into_values();
    let (positional, kwargs): (&[Value], Kwargs) = from_args(&args)?;
    Ok((positional.to_vec(), kwargs))
}

/// The items of a list.
fn items(value: &Value, filter: &str) -> Result<Vec<Value>, Error> {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map | ValueKind::String => Ok(value.try_iter()?.collect()),
        _ => Err(refuse(format!("`{filter}` needs a list"))),
    }
}
