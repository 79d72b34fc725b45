//! MySQL's binary values as JSON.

use serde_json::Value;
use sqlx::mysql::{MySqlColumn, MySqlRow, MySqlTypeInfo};
use sqlx::{Column, Decode, MySql, Row, Type, TypeInfo};

use crate::connection::sql::{Refusal, exact};

/// How values are read.
pub(super) struct Reader {
    /// The session's time zone is UTC.
    pub utc: bool,
}

impl Reader {
    /// The values of a row; `json` says which text columns hold JSON.
    pub fn row(&self, row: &MySqlRow, json: &[bool]) -> Result<Vec<Value>, Refusal> {
        let mut values = Vec::with_capacity(row.columns().len());
        for column in row.columns() {
            let is_json = json.get(column.ordinal()).copied().unwrap_or(false);
            let raw = row.try_get_raw(column.ordinal()).map_err(|error| told(column, &error.to_string()))?;
            // Only this way are the bytes of a zero date seen: the driver calls it null elsewhere.
            let value = match <&[u8] as Decode<MySql>>::decode(raw) {
                Err(_) => Value::Null,
                Ok(bytes) => self.value(column.type_info(), bytes, is_json).map_err(|why| told(column, &why))?,
            };
            values.push(value);
        }
        Ok(values)
    }

    fn value(&self, kind: &MySqlTypeInfo, bytes: &[u8], is_json: bool) -> Result<Value, String> {
        let name = kind.name();
        Ok(match name.trim_end_matches(" UNSIGNED") {
            // A BOOLEAN is a TINYINT(1), and 7 is a value of it.
            "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => integer(kind, bytes)?,
            "YEAR" => unsigned_le(bytes)?.into(),
            "BIT" => bits(bytes)?,
            "FLOAT" => exact::float(f32::from_le_bytes(array(bytes)?)),
            "DOUBLE" => exact::double(f64::from_le_bytes(array(bytes)?)),
            "DECIMAL" => text(bytes)?.into(),
            "DATE" => Moment::read(bytes)?.date().into(),
            "DATETIME" => Moment::read(bytes)?.text("").into(),
            "TIMESTAMP" => Moment::read(bytes)?.text(if self.utc { "Z" } else { "" }).into(),
            "TIME" => time(bytes)?.into(),
            "JSON" => exact::json(text(bytes)?)?,
            "NULL" => Value::Null,
            "GEOMETRY" => exact::bytes(bytes),
            _ if is_json => exact::json(text(bytes)?)?,
            "SET" | "ENUM" => text(bytes)?.into(),
            _ if <str as Type<MySql>>::compatible(kind) => text(bytes)?.into(),
            _ => exact::bytes(bytes),
        })
    }
}

fn told(column: &MySqlColumn, why: &str) -> Refusal {
    let (name, kind) = (column.name(), column.type_info().name());
    Refusal::new(format!("column `{name}` ({kind}) cannot be read: {why}"))
        .hint(format!("write `cast({name} as char)`"))
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| format!("{} bytes where {N} belong", bytes.len()))
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| error.to_string())
}

fn unsigned_le(bytes: &[u8]) -> Result<u64, String> {
    if bytes.len() > 8 {
        return Err(format!("{} bytes in a number", bytes.len()));
    }
    Ok(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn integer(kind: &MySqlTypeInfo, bytes: &[u8]) -> Result<Value, String> {
    let value = unsigned_le(bytes)?;
    if <u64 as Type<MySql>>::compatible(kind) {
        return Ok(value.into());
    }
    let shift = 64 - 8 * u32::try_from(bytes.len().clamp(1, 8)).unwrap_or(8);
    Ok(((value << shift).cast_signed() >> shift).into())
}

fn bits(bytes: &[u8]) -> Result<Value, String> {
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    Ok(unsigned_le(&reversed)?.into())
}

/// A date with its time, as far as one was sent.
struct Moment {
    date: (u64, u8, u8),
    time: (u8, u8, u8),
    micros: u64,
}

impl Moment {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let body = body(bytes, &[0, 4, 7, 11])?;
        let at = |index: usize| body.get(index).copied().unwrap_or(0);
        let micros = unsigned_le(body.get(7..11).unwrap_or(&[]))?;
        let year = unsigned_le(body.get(..2).unwrap_or(&[]))?;
        Ok(Self { date: (year, at(2), at(3)), time: (at(4), at(5), at(6)), micros })
    }

    fn date(&self) -> String {
        let (year, month, day) = self.date;
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// ISO 8601; what is no date stays as the server writes it.
    fn text(&self, zone: &str) -> String {
        let (hour, minute, second) = self.time;
        let fraction = fraction(self.micros);
        let clock = format!("{hour:02}:{minute:02}:{second:02}{fraction}");
        if self.date.1 == 0 || self.date.2 == 0 {
            return format!("{} {clock}", self.date());
        }
        format!("{}T{clock}{zone}", self.date())
    }
}

/// The bytes behind the length; a length that is not known is refused.
fn body<'a>(bytes: &'a [u8], lengths: &[usize]) -> Result<&'a [u8], String> {
    let length = usize::from(*bytes.first().ok_or("nothing was sent")?);
    let body = bytes.get(1..=length).filter(|_| lengths.contains(&length));
    body.ok_or_else(|| format!("a time of {length} bytes"))
}

fn fraction(micros: u64) -> String {
    if micros == 0 { String::new() } else { format!(".{micros:06}").trim_end_matches('0').to_owned() }
}

/// `-838:59:59.5`: more than a day, and with its sign.
fn time(bytes: &[u8]) -> Result<String, String> {
    let body = body(bytes, &[0, 8, 12])?;
    let at = |index: usize| body.get(index).copied().unwrap_or(0);
    let sign = if at(0) == 1 { "-" } else { "" };
    let days = unsigned_le(body.get(1..5).unwrap_or(&[]))?;
    let hours = days * 24 + u64::from(at(5));
    let micros = unsigned_le(body.get(8..12).unwrap_or(&[]))?;
    Ok(format!("{sign}{hours:02}:{:02}:{:02}{}", at(6), at(7), fraction(micros)))
}
