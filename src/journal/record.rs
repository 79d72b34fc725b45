//! An event as a record's payload, and back.

use super::JournalError;
use super::chain::{Hash, digest};
use crate::event::{Event, What};

/// Payloads longer than this go beside the records, by their hash.
const LARGE: usize = 64 * 1024;

/// No payload is longer than this; a longer one is a defect of whoever did not cap a result.
const LARGEST: usize = 512 * 1024 * 1024;

/// How a payload begins that only names one beside it. An event begins with its time.
const BESIDE: &str = "{\"beside\":\"";

/// Results nested deeper than this are not kept: the reader's limit is 128.
const DEEPEST: usize = 100;

/// A payload, and what goes beside it.
pub(super) struct Payload {
    pub text: String,
    pub beside: Option<(Hash, Vec<u8>)>,
}

/// The payload of an event.
pub(super) fn encode(event: &Event) -> Result<Payload, JournalError> {
    let fail = |why: String| JournalError::Write { why };
    let shallow = without_depth(event);
    let text = serde_json::to_string(shallow.as_ref().unwrap_or(event)).map_err(|error| fail(error.to_string()))?;
    if text.len() > LARGEST {
        return Err(fail(format!("a record of {} bytes is too large", text.len())));
    }
    if text.len() <= LARGE {
        return Ok(Payload { text, beside: None });
    }
    let hash = digest(text.as_bytes());
    let name = format!("{BESIDE}{}\",\"bytes\":{}}}", hex::encode(hash), text.len());
    Ok(Payload { text: name, beside: Some((hash, text.into_bytes())) })
}

/// The event of a payload.
pub(super) fn decode(payload: &[u8]) -> Result<Event, String> {
    serde_json::from_slice(payload).map_err(|error| format!("it is no event ({})", error_kind(&error)))
}

/// The hash of the payload that this one names, if it does.
pub(super) fn beside(payload: &[u8]) -> Option<Hash> {
    let rest = payload.strip_prefix(BESIDE.as_bytes())?;
    let mut hash = Hash::default();
    hex::decode_to_slice(rest.get(..64)?, &mut hash).ok()?;
    Some(hash)
}

/// The event with what is nested too deep withheld, if anything is: resuming repeats such a step if it may.
fn without_depth(event: &Event) -> Option<Event> {
    let value = match &event.what {
        What::StepFinished(end) => &end.result,
        What::StepCheckpointed { data, .. } => data,
        _ => return None,
    };
    if !is_deep(value, DEEPEST) {
        return None;
    }
    let mut event = event.clone();
    match &mut event.what {
        What::StepFinished(end) => {
            end.result = serde_json::Value::Null;
            end.withheld = true;
        }
        What::StepCheckpointed { data, .. } => *data = serde_json::Value::Null,
        _ => {}
    }
    Some(event)
}

fn is_deep(value: &serde_json::Value, left: usize) -> bool {
    use serde_json::Value;
    match value {
        Value::Array(items) => left == 0 || items.iter().any(|item| is_deep(item, left - 1)),
        Value::Object(map) => left == 0 || map.values().any(|item| is_deep(item, left - 1)),
        _ => false,
    }
}

/// What kind of error it is, without the text that is around it.
fn error_kind(error: &serde_json::Error) -> String {
    format!("{:?} at byte {}", error.classify(), error.column())
}
