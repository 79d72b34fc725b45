//! Which fixed flags differ between what is declared and what stands at the broker.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::{Exchange, Queue};

/// A flag that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// `type`, `durable`, ..., or an argument's name.
    pub flag: String,
    /// What is declared; nothing where the argument is not declared.
    pub declared: Option<Value>,
    /// What is there; nothing where there is no such argument.
    pub found: Option<Value>,
}

/// `durable is false, declared true`.
impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = |value: &Option<Value>| value.as_ref().map_or_else(|| "not set".to_owned(), shown);
        write!(f, "{} is {}, declared {}", self.flag, word(&self.found), word(&self.declared))
    }
}

/// A value without quotes where it is a text.
pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An object that can be declared again with one flag as it was found.
pub(super) trait Flags {
    /// A flag or argument as declared.
    fn flag(&self, name: &str) -> Option<Value>;
    /// Takes over what was found; false where this flag is none of the object's.
    fn adopt(&mut self, name: &str, found: Option<&Value>) -> bool;
}

/// What differs between two maps of flags, in the order of the first.
pub(super) fn between(declared: &Map<String, Value>, found: &Map<String, Value>) -> Vec<Difference> {
    let names = declared.keys().chain(found.keys().filter(|key| !declared.contains_key(*key)));
    names
        .filter(|key| declared.get(*key) != found.get(*key))
        // A broker with a default queue type writes it into the arguments of every queue.
        .filter(|key| *key != "x-queue-type" || declared.contains_key(*key))
        .map(|key| Difference {
            flag: key.clone(),
            declared: declared.get(key).cloned(),
            found: found.get(key).cloned(),
        })
        .collect()
}

/// All flags of an exchange in one map, arguments too.
pub(super) fn of_exchange(exchange: &Exchange) -> Map<String, Value> {
    let mut flags = Map::new();
    flags.insert("type".into(), exchange.kind.clone().into());
    flags.insert("durable".into(), exchange.durable.into());
    flags.insert("auto_delete".into(), exchange.auto_delete.into());
    flags.insert("internal".into(), exchange.internal.into());
    flags.extend(exchange.arguments.clone());
    flags
}

/// All flags of a queue in one map, arguments too.
pub(super) fn of_queue(queue: &Queue) -> Map<String, Value> {
    let mut flags = Map::new();
    flags.insert("durable".into(), queue.durable.into());
    flags.insert("exclusive".into(), queue.exclusive.into());
    flags.insert("auto_delete".into(), queue.auto_delete.into());
    flags.extend(queue.arguments.clone());
    flags
}

impl Flags for Exchange {
    fn flag(&self, name: &str) -> Option<Value> {
        of_exchange(self).remove(name)
    }

    fn adopt(&mut self, name: &str, found: Option<&Value>) -> bool {
        match (name, found) {
            ("type", Some(Value::String(kind))) => self.kind.clone_from(kind),
            ("durable", Some(Value::Bool(is))) => self.durable = *is,
            ("auto_delete", Some(Value::Bool(is))) => self.auto_delete = *is,
            ("internal", Some(Value::Bool(is))) => self.internal = *is,
            ("type" | "durable" | "auto_delete" | "internal", _) => return false,
            _ => adopt_argument(&mut self.arguments, name, found),
        }
        true
    }
}

impl Flags for Queue {
    fn flag(&self, name: &str) -> Option<Value> {
        of_queue(self).remove(name)
    }

    fn adopt(&mut self, name: &str, found: Option<&Value>) -> bool {
        match (name, found) {
            ("durable", Some(Value::Bool(is))) => self.durable = *is,
            ("auto_delete", Some(Value::Bool(is))) => self.auto_delete = *is,
            ("durable" | "auto_delete" | "exclusive", _) => return false,
            _ => adopt_argument(&mut self.arguments, name, found),
        }
        true
    }
}

fn adopt_argument(arguments: &mut Map<String, Value>, name: &str, found: Option<&Value>) {
    match found {
        Some(value) => arguments.insert(name.to_owned(), value.clone()),
        None => arguments.remove(name),
    };
}

/// The flag and what was found, from the broker's sentence (`inequivalent arg 'durable' for queue 'x' in vhost '/':
/// received 'true' but current is 'false'`).
pub(super) fn parse(text: &str) -> Option<(String, Option<Value>)> {
    static SENTENCE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?s)inequivalent arg '([^']+)' for .* but current is (.+)$").ok());
    static TYPED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?s)^the value '(.*)' of type '([^']+)'$").ok());
    let parts = SENTENCE.as_ref()?.captures(text)?;
    let found = &parts[2];
    let value = match TYPED.as_ref()?.captures(found) {
        Some(typed) => Some(typed_value(&typed[1], &typed[2])),
        None if found == "none" => None,
        None => {
            let bare = found.trim_matches('\'');
            Some(bare.parse::<bool>().map_or_else(|_| bare.into(), Value::Bool))
        }
    };
    Some((parts[1].to_owned(), value))
}

fn typed_value(text: &str, kind: &str) -> Value {
    match kind {
        "longstr" | "shortstr" => text.into(),
        _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}
