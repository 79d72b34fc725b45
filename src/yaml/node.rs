//! The tree.

use std::sync::Arc;

use crate::diagnostic::{Passage, Place};
use crate::secret::MASK;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands, without the key.
    pub place: Place,
}

/// A YAML 1.2 value (core schema: `yes`, `no`, `on` and `off` are texts).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a decimal fraction that JSON can hold; [`Node::written`] is how it was written. A number with a
    /// leading zero (`0644`), or one too large to be kept exactly, is a text.
    Number(serde_json::Number),
    /// A text. Its passage gives the place of each part of it.
    Text(Passage),
    /// A text that Ansible Vault has encrypted (`!vault`), as it stands there.
    Vault(Passage),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping with text keys.
    Map(Map),
}

/// A mapping in the order in which it was written; no key is there twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// The entries.
    pub entries: Vec<Entry>,
}

/// One entry of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_place: Place,
    /// The value.
    pub value: Node,
}

impl Map {
    /// The entry with this key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| &*entry.key == key)
    }
}

impl Node {
    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(passage) => Some(&passage.text),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The items, if it is a sequence.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether it is a text that stands in the file without quotes and not as a block: `0644` as against `"0644"`.
    pub fn is_plain(&self) -> bool {
        let rest = self.place.source.text.get(self.place.start..).unwrap_or("");
        self.as_text().is_some() && !rest.starts_with(['"', '\'', '|', '>'])
    }

    /// A text, number or boolean as it was written: `1.10` stays `1.10`.
    pub fn written(&self) -> Option<&str> {
        match &self.value {
            Value::Text(passage) => Some(&passage.text),
            Value::Number(_) | Value::Bool(_) => self.place.source.text.get(self.place.start..self.place.end),
            _ => None,
        }
    }

    /// How many values it is made of, itself included.
    pub fn size(&self) -> usize {
        match &self.value {
            Value::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Value::Map(map) => 1 + map.entries.iter().map(|entry| entry.value.size()).sum::<usize>(),
            _ => 1,
        }
    }

    /// What it is, as an error says it: `a list`, `a number`.
    pub fn found(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::Vault(_) => "an encrypted text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// Whether a text that Ansible Vault has encrypted stands anywhere in it.
    pub fn holds_vault(&self) -> bool {
        match &self.value {
            Value::Vault(_) => true,
            Value::List(items) => items.iter().any(Self::holds_vault),
            Value::Map(map) => map.entries.iter().any(|entry| entry.value.holds_vault()),
            _ => false,
        }
    }

    /// The value without places.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::Text(passage) => (*passage.text).into(),
            Value::Vault(_) => MASK.into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(map) => {
                let entries = map.entries.iter();
                serde_json::Value::Object(entries.map(|e| (e.key.to_string(), e.value.to_json())).collect())
            }
        }
    }
}
