//! The body of a message as a value, and back: text is text, other bytes are `{$base64: TEXT}`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Failure, Results};

/// The key of a body that is no text.
const KEY: &str = "$base64";

/// A result holds messages of so many bytes.
const MOST: usize = 64 << 20;

/// A body as a value.
pub(super) fn body(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => json!({ KEY: STANDARD.encode(bytes) }),
    }
}

/// What a body is as JSON.
pub(super) fn json_of(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

/// The bytes of a value that [`body`] made of what is no text.
pub(super) fn bytes_of(value: &Value) -> Option<Bytes> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    STANDARD.decode(map.get(KEY)?.as_str()?).ok().map(Bytes::from)
}

/// The messages that a result holds.
#[derive(Default)]
pub(super) struct Kept {
    /// The messages in order.
    pub(super) messages: Vec<Value>,
    size: usize,
}

impl Kept {
    /// One more, whose body has this size.
    pub(super) fn push(&mut self, message: Results, size: usize) -> Result<(), Failure> {
        self.size += size;
        if self.size > MOST {
            let text = format!("the result is too large to keep: more than {} MiB of messages", MOST >> 20);
            return Err(Failure::failed(text).hint("work on them one by one with `each`"));
        }
        self.messages.push(Value::Object(message));
        Ok(())
    }
}
