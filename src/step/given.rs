//! Reading a step's resolved parameters, which fit its shape: what is missing or of another type is an error in words.

use serde_json::{Map, Value};

/// The parameters of a step, or of a record in them.
#[derive(Clone, Copy)]
pub(super) struct Given<'a>(&'a Map<String, Value>);

impl<'a> Given<'a> {
    /// The parameters, if they are a mapping.
    pub(super) fn new(args: &'a Value) -> Result<Self, String> {
        args.as_object().map(Self).ok_or_else(|| "a mapping is needed here".to_owned())
    }

    /// Whether a key is given.
    pub(super) fn has(self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// A value; null counts as not given.
    pub(super) fn value(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A text; numbers and booleans as they are written.
    pub(super) fn text(self, key: &str) -> Result<Option<String>, String> {
        self.value(key).map(|value| text(value).ok_or_else(|| format!("`{key}` must be a text"))).transpose()
    }

    /// A text that must be given.
    pub(super) fn need(self, key: &str) -> Result<String, String> {
        self.text(key)?.ok_or_else(|| format!("`{key}` is missing"))
    }

    /// `true` or `false`.
    pub(super) fn flag(self, key: &str, default: bool) -> Result<bool, String> {
        self.value(key)
            .map_or(Ok(default), |value| value.as_bool().ok_or_else(|| format!("`{key}` must be true or false")))
    }

    /// A whole number, not negative.
    pub(super) fn whole(self, key: &str) -> Result<Option<u64>, String> {
        self.value(key)
            .map(|value| value.as_u64().ok_or_else(|| format!("`{key}` must be a whole number, not negative")))
            .transpose()
    }

    /// The items of a list; none where it is not given.
    pub(super) fn list(self, key: &str) -> Result<&'a [Value], String> {
        self.value(key).map_or(Ok(&[]), |value| {
            value.as_array().map(Vec::as_slice).ok_or_else(|| format!("`{key}` must be a list"))
        })
    }

    /// A mapping with free keys; empty where it is not given.
    pub(super) fn map(self, key: &str) -> Result<Map<String, Value>, String> {
        self.value(key).map_or(Ok(Map::new()), |value| {
            value.as_object().cloned().ok_or_else(|| format!("`{key}` must be a mapping"))
        })
    }
}

/// A value as a text, where it is a scalar.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
