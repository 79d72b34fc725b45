//! Replies as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use redis::Value as Reply;
use serde_json::Value;

/// A reply: texts as they are, bytes that are no UTF-8 as base64, maps by their keys; the error is what the server said
/// inside it.
pub(super) fn to_json(reply: Reply) -> Result<Value, String> {
    Ok(match reply {
        Reply::Nil => Value::Null,
        Reply::Int(number) => number.into(),
        Reply::BulkString(bytes) | Reply::BigNumber(bytes) => text_or_base64(bytes).into(),
        Reply::SimpleString(text) | Reply::VerbatimString { text, .. } => text.into(),
        Reply::Okay => "OK".into(),
        Reply::Array(items) | Reply::Set(items) | Reply::Push { data: items, .. } => {
            items.into_iter().map(to_json).collect::<Result<Vec<_>, _>>()?.into()
        }
        Reply::Map(pairs) => {
            let entries = pairs.into_iter().map(|(key, value)| Ok((key_text(key)?, to_json(value)?)));
            Value::Object(entries.collect::<Result<_, String>>()?)
        }
        Reply::Attribute { data, .. } => to_json(*data)?,
        // JSON has no infinities; Redis does (scores).
        Reply::Double(number) => match serde_json::Number::from_f64(number) {
            Some(number) => Value::Number(number),
            None => number.to_string().into(),
        },
        Reply::Boolean(value) => value.into(),
        Reply::ServerError(error) => {
            return Err(format!("{} {}", error.code(), error.details().unwrap_or("")).trim().to_owned());
        }
        other => return Err(format!("a reply that has no place in JSON ({other:?})")),
    })
}

fn key_text(key: Reply) -> Result<String, String> {
    Ok(match to_json(key)? {
        Value::String(text) => text,
        other => other.to_string(),
    })
}

fn text_or_base64(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| STANDARD.encode(error.as_bytes()))
}
