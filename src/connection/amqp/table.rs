//! JSON as AMQP's typed tables.

use lapin::types::{AMQPValue, FieldArray, FieldTable, LongString, ShortString};
use serde_json::{Map, Value};

/// A short text (at most 255 bytes), or a sentence about the one that is too long.
pub(super) fn short(what: &str, text: &str) -> Result<ShortString, String> {
    ShortString::try_new(text).map_err(|_| format!("{what} is {} bytes long, and AMQP takes at most 255", text.len()))
}

/// A table; whole numbers are 64-bit integers, other numbers doubles.
pub(super) fn table(map: &Map<String, Value>) -> Result<FieldTable, String> {
    let mut out = FieldTable::default();
    for (key, value) in map {
        out.insert(short("a header's or argument's name", key)?, field(value)?);
    }
    Ok(out)
}

fn field(value: &Value) -> Result<AMQPValue, String> {
    Ok(match value {
        Value::Null => AMQPValue::Void,
        Value::Bool(value) => AMQPValue::Boolean(*value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => AMQPValue::LongLongInt(whole),
            (None, Some(real)) => AMQPValue::Double(real),
            (None, None) => return Err(format!("the number {number} has no place in an AMQP table")),
        },
        Value::String(text) => AMQPValue::LongString(LongString::from(text.as_bytes())),
        Value::Array(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(field).collect();
            AMQPValue::FieldArray(FieldArray::from(items?))
        }
        Value::Object(map) => AMQPValue::FieldTable(table(map)?),
    })
}
