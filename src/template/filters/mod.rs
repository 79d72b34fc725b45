//! The filters and tests that Ansible has beyond Jinja2, with its answers.
//!
//! In: values. Out: values. Pure: what looks at files, time or chance is left out.

// The engine hands arguments over by value.
#![allow(clippy::needless_pass_by_value)]

mod collections;
mod digests;
mod documents;
mod members;
mod methods;
mod numbers;
mod paths;
mod patterns;
mod positional;
mod results;
mod shell;
mod versions;
mod yaml_text;
mod yaml_values;

use minijinja::value::{ArgType, Kwargs, Rest, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::running::LARGEST;

/// Adds all of them.
pub(super) fn register(env: &mut Environment<'static>) {
    collections::register(env);
    digests::register(env);
    documents::register(env);
    numbers::register(env);
    paths::register(env);
    patterns::register(env);
    positional::register(env);
    env.set_unknown_method_callback(methods::call);
    results::register(env);
    shell::register(env);
    versions::register(env);
}

/// Why a filter cannot answer.
fn refuse(words: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, words)
}

/// Refuses a text that would be longer than any may be.
fn bounded(length: usize, filter: &str) -> Result<(), Error> {
    match length {
        0..=LARGEST => Ok(()),
        _ => Err(refuse(format!("`{filter}` makes a text of more than {} MiB", LARGEST >> 20))),
    }
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

/// All arguments by their names; `names` are those of the positions.
fn named(names: &[&str], args: Rest<ValueOrKwargs>) -> Result<Kwargs, Error> {
    let (positional, kwargs) = arguments(args)?;
    if positional.len() > names.len() {
        return Err(Error::from(ErrorKind::TooManyArguments));
    }
    let given: Vec<String> = kwargs.args().map(str::to_owned).collect();
    let by_name = given.iter().map(|name| Ok((name.clone(), kwargs.get::<Value>(name)?)));
    let by_position = names.iter().zip(positional).map(|(name, value)| Ok(((*name).to_owned(), value)));
    by_position.chain(by_name).collect::<Result<Vec<(String, Value)>, Error>>().map(Kwargs::from_iter)
}
