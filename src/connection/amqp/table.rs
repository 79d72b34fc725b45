//! JSON as AMQP's typed tables, and back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

/// A table as JSON. Bytes that are no UTF-8 are base64; a time is seconds since 1970, a decimal its digits as a text.
pub(super) fn to_json(table: &FieldTable) -> Map<String, Value> {
    table.inner().iter().map(|(key, field)| (key.to_string(), value(field))).collect()
}

fn value(field: &AMQPValue) -> Value {
    match field {
        AMQPValue::Void => Value::Null,
        AMQPValue::Boolean(value) => (*value).into(),
        AMQPValue::ShortShortInt(n) => (*n).into(),
        AMQPValue::ShortShortUInt(n) => (*n).into(),
        AMQPValue::ShortInt(n) => (*n).into(),
        AMQPValue::ShortUInt(n) => (*n).into(),
        AMQPValue::LongInt(n) => (*n).into(),
        AMQPValue::LongUInt(n) => (*n).into(),
        AMQPValue::LongLongInt(n) => (*n).into(),
        AMQPValue::Float(n) => real(f64::from(*n)),
        AMQPValue::Double(n) => real(*n),
        AMQPValue::DecimalValue(n) => decimal(n.value, n.scale).into(),
        AMQPValue::ShortString(text) => text.to_string().into(),
        AMQPValue::LongString(text) => bytes(text.as_bytes()),
        AMQPValue::FieldArray(items) => items.as_slice().iter().map(value).collect(),
        AMQPValue::Timestamp(at) => (*at).into(),
        AMQPValue::FieldTable(inner) => Value::Object(to_json(inner)),
        AMQPValue::ByteArray(inner) => STANDARD.encode(inner.as_slice()).into(),
    }
}

fn bytes(bytes: &[u8]) -> Value {
    std::str::from_utf8(bytes).map_or_else(|_| STANDARD.encode(bytes), str::to_owned).into()
}

fn real(number: f64) -> Value {
    serde_json::Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
}

fn decimal(value: u32, scale: u8) -> String {
    let (digits, scale) = (value.to_string(), usize::from(scale));
    if scale == 0 {
        return digits;
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    format!("{whole}.{part}")
}
