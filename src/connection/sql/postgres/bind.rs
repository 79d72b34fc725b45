//! JSON values as PostgreSQL's parameters: the common types as they are, all others as text that the server reads.

use serde_json::Value;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo, PgTypeKind};
use sqlx::{Arguments, Encode, Postgres, Type};

use crate::connection::sql::Refusal;

/// A value as it is sent.
pub(super) struct Argument {
    bytes: Option<Vec<u8>>,
    kind: PgTypeInfo,
    /// It goes as text, and the text of the statement must cast it.
    pub is_cast: bool,
}

impl Type<Postgres> for Argument {
    fn type_info() -> PgTypeInfo {
        <str as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Argument {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let Some(bytes) = &self.bytes else { return Ok(IsNull::Yes) };
        buffer.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.kind.clone())
    }
}

/// All arguments of a statement.
pub(super) fn arguments(encoded: Vec<Argument>) -> Result<PgArguments, Refusal> {
    let mut arguments = PgArguments::default();
    for argument in encoded {
        arguments.add(argument).map_err(|error| Refusal::new(error.to_string()))?;
    }
    Ok(arguments)
}

/// A value for a parameter of this type.
pub(super) fn encode(name: &str, value: &Value, kind: &PgTypeInfo) -> Result<Argument, Refusal> {
    let told = |why: String| Refusal::new(format!("parameter `{name}`: {why}"));
    let direct = |bytes: Vec<u8>| Ok(Argument { bytes: Some(bytes), kind: kind.clone(), is_cast: false });
    let base = base(kind);
    let oid = base.oid().map_or(0, |oid| oid.0);
    match (oid, value) {
        (_, Value::Null) => Ok(Argument { bytes: None, kind: kind.clone(), is_cast: false }),
        (16, Value::Bool(value)) => direct(vec![u8::from(*value)]),
        (20 | 21 | 23, Value::Number(number)) => direct(integer(oid, number).map_err(told)?),
        (701, Value::Number(number)) if number.is_f64() => {
            direct(number.as_f64().unwrap_or(0.0).to_be_bytes().to_vec())
        }
        (17, Value::String(text)) => direct(text.clone().into_bytes()),
        (3802, value) => direct([&[1], plain(value).as_bytes()].concat()),
        (114 | 142, value) => direct(plain(value).into_bytes()),
        (_, Value::Object(_)) if !is_text(base) => Err(told("a mapping goes into a json column only".to_owned())),
        (_, Value::Array(items)) if matches!(base.kind(), PgTypeKind::Array(_)) => {
            Ok(cast(array(items).map_err(told)?))
        }
        (_, Value::Array(_)) if !is_text(base) => {
            Err(told("a list stands where one value belongs".to_owned()).hint("write `in (:name)` or `= any(:name)`"))
        }
        (_, value) if is_text(base) => direct(plain(value).into_bytes()),
        (_, value) => Ok(cast(plain(value))),
    }
}

fn cast(text: String) -> Argument {
    Argument { bytes: Some(text.into_bytes()), kind: <str as Type<Postgres>>::type_info(), is_cast: true }
}

/// The type below a domain.
fn base(kind: &PgTypeInfo) -> &PgTypeInfo {
    match kind.kind() {
        PgTypeKind::Domain(below) => base(below),
        _ => kind,
    }
}

/// Whether the bytes of a text are the bytes of a value of this type.
fn is_text(kind: &PgTypeInfo) -> bool {
    let is_text = matches!(kind.oid().map(|oid| oid.0), Some(19 | 25 | 705 | 1042 | 1043));
    is_text || matches!(kind.kind(), PgTypeKind::Enum(_))
}

fn integer(oid: u32, number: &serde_json::Number) -> Result<Vec<u8>, String> {
    let whole = number.as_i64().or_else(|| whole_double(number));
    let fits = |name: &str| format!("{number} does not fit {name}");
    match oid {
        21 => {
            whole.and_then(|n| i16::try_from(n).ok()).map(|n| n.to_be_bytes().to_vec()).ok_or_else(|| fits("smallint"))
        }
        23 => {
            whole.and_then(|n| i32::try_from(n).ok()).map(|n| n.to_be_bytes().to_vec()).ok_or_else(|| fits("integer"))
        }
        _ => whole.map(|n| n.to_be_bytes().to_vec()).ok_or_else(|| fits("bigint")),
    }
}

/// `3.0` is a whole number.
fn whole_double(number: &serde_json::Number) -> Option<i64> {
    let text = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 9e15)?.to_string();
    text.parse().ok()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A list as the text of a PostgreSQL array.
fn array(items: &[Value]) -> Result<String, String> {
    let mut parts = Vec::with_capacity(items.len());
    for item in items {
        parts.push(match item {
            Value::Null => "NULL".to_owned(),
            Value::Array(inner) => array(inner)?,
            other => format!("\"{}\"", plain(other).replace('\\', r"\\").replace('"', "\\\"")),
        });
    }
    Ok(format!("{{{}}}", parts.join(",")))
}
