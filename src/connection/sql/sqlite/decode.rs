//! SQLite's values by the class in which each is stored; the declared type of the column changes nothing.

use serde_json::Value;
use sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sqlx::{Column, Decode, Row, Sqlite, TypeInfo, ValueRef};

use crate::connection::sql::{Refusal, exact};

pub(super) fn row(row: &SqliteRow) -> Result<Vec<Value>, Refusal> {
    let mut values = Vec::with_capacity(row.columns().len());
    for column in row.columns() {
        let told = |why: &dyn std::fmt::Display| {
            Refusal::new(format!("column `{}` cannot be read: {why}", column.name()))
                .hint("take it as text or as a BLOB: `cast(... as text)`, `cast(... as blob)`")
        };
        let raw = row.try_get_raw(column.ordinal()).map_err(|error| told(&error))?;
        values.push(value(raw).map_err(|error| told(&error))?);
    }
    Ok(values)
}

fn value(raw: SqliteValueRef<'_>) -> Result<Value, sqlx::error::BoxDynError> {
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let class = raw.type_info().name().to_owned();
    Ok(match class.as_str() {
        "INTEGER" => <i64 as Decode<Sqlite>>::decode(raw)?.into(),
        "REAL" => exact::double(<f64 as Decode<Sqlite>>::decode(raw)?),
        "TEXT" => <&str as Decode<Sqlite>>::decode(raw)?.into(),
        "BLOB" => exact::bytes(<&[u8] as Decode<Sqlite>>::decode(raw)?),
        other => return Err(format!("unknown storage class {other}").into()),
    })
}
