//! PostgreSQL's binary values as JSON. A type that is not known here is an error that names it, never a guess.

use serde_json::Value;
use sqlx::postgres::{PgColumn, PgRow, PgTypeInfo, PgTypeKind};
use sqlx::{Column, Row, TypeInfo, ValueRef};

use super::text::{Cursor, text_of};
use super::time;
use crate::connection::sql::{Refusal, exact};

/// How values are read.
pub(super) struct Reader {
    /// Digits behind the point of `money`.
    pub money: usize,
}

impl Reader {
    /// The values of a row.
    pub fn row(&self, row: &PgRow) -> Result<Vec<Value>, Refusal> {
        let mut values = Vec::with_capacity(row.columns().len());
        for column in row.columns() {
            let raw = row.try_get_raw(column.ordinal()).map_err(|error| told(column, &error.to_string()))?;
            if raw.is_null() {
                values.push(Value::Null);
                continue;
            }
            let bytes = raw.as_bytes().map_err(|error| told(column, &error.to_string()))?;
            values.push(self.value(column.type_info(), bytes).map_err(|why| told(column, &why))?);
        }
        Ok(values)
    }

    fn value(&self, kind: &PgTypeInfo, bytes: &[u8]) -> Result<Value, String> {
        let mut cursor = Cursor(bytes);
        match kind.kind() {
            PgTypeKind::Domain(base) => return self.value(base, bytes),
            PgTypeKind::Array(element) => return self.array(element, bytes),
            PgTypeKind::Enum(_) => return Ok(utf8(bytes)?.into()),
            PgTypeKind::Range(element) => return Ok(super::text::range(element, bytes)?.into()),
            _ => {}
        }
        Ok(match kind.oid().map_or(0, |oid| oid.0) {
            16 => Value::Bool(cursor.take::<1>()? != [0]),
            20 => i64::from_be_bytes(cursor.take()?).into(),
            21 => i16::from_be_bytes(cursor.take()?).into(),
            23 => i32::from_be_bytes(cursor.take()?).into(),
            26 | 28 | 29 => u32::from_be_bytes(cursor.take()?).into(),
            700 => exact::float(f32::from_be_bytes(cursor.take()?)),
            701 => exact::double(f64::from_be_bytes(cursor.take()?)),
            17 => exact::bytes(bytes),
            114 => exact::json(utf8(bytes)?)?,
            3802 => exact::json(utf8(versioned(bytes)?)?)?,
            790 => money(i64::from_be_bytes(cursor.take()?), self.money).into(),
            1114 => time::timestamp(i64::from_be_bytes(cursor.take()?), 'T', "").into(),
            1184 => time::timestamp(i64::from_be_bytes(cursor.take()?), 'T', "Z").into(),
            _ => text_of(kind, bytes)?.into(),
        })
    }

    /// Lists in lists; the lower bounds of the indices are left out.
    fn array(&self, element: &PgTypeInfo, bytes: &[u8]) -> Result<Value, String> {
        let mut cursor = Cursor(bytes);
        let dimensions = u32::from_be_bytes(cursor.take()?);
        cursor.take::<8>()?;
        if dimensions > 6 {
            return Err("an array of more than six dimensions".to_owned());
        }
        let mut lengths = Vec::new();
        for _ in 0..dimensions {
            lengths.push(u32::from_be_bytes(cursor.take()?));
            cursor.take::<4>()?;
        }
        if lengths.is_empty() {
            return Ok(Value::Array(Vec::new()));
        }
        self.items(element, &mut cursor, &lengths)
    }

    fn items(&self, element: &PgTypeInfo, cursor: &mut Cursor<'_>, lengths: &[u32]) -> Result<Value, String> {
        let mut items = Vec::new();
        for _ in 0..lengths.first().copied().unwrap_or(0) {
            let item = if lengths.len() > 1 {
                self.items(element, cursor, &lengths[1..])?
            } else {
                cursor.field()?.map_or(Ok(Value::Null), |bytes| self.value(element, bytes))?
            };
            items.push(item);
        }
        Ok(Value::Array(items))
    }
}

fn told(column: &PgColumn, why: &str) -> Refusal {
    let (name, kind) = (column.name(), column.type_info().name().to_lowercase());
    Refusal::new(format!("column `{name}` ({kind}) cannot be read: {why}")).hint(format!("write `{name}::text`"))
}

pub(super) fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| error.to_string())
}

/// The content behind the version that `jsonb` and `jsonpath` send.
pub(super) fn versioned(bytes: &[u8]) -> Result<&[u8], String> {
    match bytes {
        [1, rest @ ..] => Ok(rest),
        _ => Err("a version of the format that is not known".to_owned()),
    }
}

fn money(units: i64, scale: usize) -> String {
    let (sign, digits) =
        (if units < 0 { "-" } else { "" }, format!("{:0>width$}", units.unsigned_abs(), width = scale + 1));
    let (whole, part) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}
