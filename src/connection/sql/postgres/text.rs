//! Binary values as the text PostgreSQL itself writes for them.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use sqlx::TypeInfo;
use sqlx::postgres::{PgTypeInfo, PgTypeKind};

use super::decode::{utf8, versioned};
use super::time;

/// What is left of a value.
pub(super) struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    /// The next N bytes.
    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or("it ends too early")?;
        self.0 = rest;
        Ok(*head)
    }

    /// The next so many bytes.
    pub fn slice(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (head, rest) = self.0.split_at_checked(length).ok_or("it ends too early")?;
        self.0 = rest;
        Ok(head)
    }

    /// A value with its length before it; none for null.
    pub fn field(&mut self) -> Result<Option<&'a [u8]>, String> {
        match i32::from_be_bytes(self.take()?) {
            -1 => Ok(None),
            length => self.slice(usize::try_from(length).map_err(|_| "a negative length".to_owned())?).map(Some),
        }
    }
}

/// A value as text.
pub(super) fn text_of(kind: &PgTypeInfo, bytes: &[u8]) -> Result<String, String> {
    let mut cursor = Cursor(bytes);
    match kind.kind() {
        PgTypeKind::Domain(base) => return text_of(base, bytes),
        PgTypeKind::Enum(_) => return Ok(utf8(bytes)?.to_owned()),
        PgTypeKind::Composite(_) => return Err("a composite value".to_owned()),
        _ => {}
    }
    Ok(match kind.oid().map_or(0, |oid| oid.0) {
        18 => utf8(bytes)?.trim_end_matches('\0').to_owned(),
        19 | 25 | 142 | 705 | 1042 | 1043 | 1790 => utf8(bytes)?.to_owned(),
        4072 => utf8(versioned(bytes)?)?.to_owned(),
        20 => i64::from_be_bytes(cursor.take()?).to_string(),
        21 => i16::from_be_bytes(cursor.take()?).to_string(),
        23 => i32::from_be_bytes(cursor.take()?).to_string(),
        701 => f64::from_be_bytes(cursor.take()?).to_string(),
        1700 => numeric(&mut cursor)?,
        1082 => time::date(i32::from_be_bytes(cursor.take()?)),
        1083 => time::clock(i64::from_be_bytes(cursor.take()?)),
        1266 => time::clock_with_zone(i64::from_be_bytes(cursor.take()?), i32::from_be_bytes(cursor.take()?)),
        1114 => time::timestamp(i64::from_be_bytes(cursor.take()?), ' ', ""),
        1184 => time::timestamp(i64::from_be_bytes(cursor.take()?), ' ', "+00"),
        1186 => {
            let micros = i64::from_be_bytes(cursor.take()?);
            let days = i32::from_be_bytes(cursor.take()?);
            time::interval(micros, days, i32::from_be_bytes(cursor.take()?))
        }
        2950 => uuid::Uuid::from_slice(bytes).map_err(|error| error.to_string())?.to_string(),
        650 | 869 => address(&mut cursor)?,
        774 | 829 => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"),
        1560 | 1562 => bits(&mut cursor)?,
        2278 => String::new(),
        3220 => {
            let lsn = u64::from_be_bytes(cursor.take()?);
            format!("{:X}/{:X}", lsn >> 32, lsn & 0xffff_ffff)
        }
        _ if kind.name().eq_ignore_ascii_case("citext") => utf8(bytes)?.to_owned(),
        _ => return Err("its binary form is not known here".to_owned()),
    })
}

/// A number of any precision: groups of four decimal digits.
fn numeric(cursor: &mut Cursor<'_>) -> Result<String, String> {
    let count = i16::from_be_bytes(cursor.take()?);
    let weight = i16::from_be_bytes(cursor.take()?);
    let sign = u16::from_be_bytes(cursor.take()?);
    let scale = usize::from(u16::from_be_bytes(cursor.take()?));
    match sign {
        0xc000 => return Ok("NaN".to_owned()),
        0xd000 => return Ok("Infinity".to_owned()),
        0xf000 => return Ok("-Infinity".to_owned()),
        _ => {}
    }
    let mut groups = Vec::new();
    for _ in 0..count {
        groups.push(i16::from_be_bytes(cursor.take()?));
    }
    let group = |at: i32| usize::try_from(at).ok().and_then(|at| groups.get(at)).copied().unwrap_or(0);
    let mut text = if sign == 0x4000 { "-".to_owned() } else { String::new() };
    if weight < 0 {
        text.push('0');
    }
    for at in 0..=i32::from(weight) {
        let _ = if at == 0 { write!(text, "{}", group(at)) } else { write!(text, "{:04}", group(at)) };
    }
    if scale > 0 {
        let mut part = String::new();
        let mut at = i32::from(weight) + 1;
        while part.len() < scale {
            let _ = write!(part, "{:04}", group(at));
            at += 1;
        }
        part.truncate(scale);
        text.push('.');
        text.push_str(&part);
    }
    Ok(text)
}

fn address(cursor: &mut Cursor<'_>) -> Result<String, String> {
    let [family, mask, is_cidr, length] = cursor.take()?;
    let (text, whole) = match (family, length) {
        (2, 4) => (Ipv4Addr::from(cursor.take::<4>()?).to_string(), 32),
        (3, 16) => (Ipv6Addr::from(cursor.take::<16>()?).to_string(), 128),
        _ => return Err("an address of a family that is not known".to_owned()),
    };
    Ok(if is_cidr == 0 && mask == whole { text } else { format!("{text}/{mask}") })
}

fn bits(cursor: &mut Cursor<'_>) -> Result<String, String> {
    let length = usize::try_from(i32::from_be_bytes(cursor.take()?)).map_err(|error| error.to_string())?;
    let mut all = String::with_capacity(cursor.0.len() * 8);
    for byte in cursor.0 {
        let _ = write!(all, "{byte:08b}");
    }
    all.get(..length).map(str::to_owned).ok_or_else(|| "it ends too early".to_owned())
}

/// `[1,10)`.
pub(super) fn range(element: &PgTypeInfo, bytes: &[u8]) -> Result<String, String> {
    let mut cursor = Cursor(bytes);
    let [flags] = cursor.take()?;
    if flags & 0x01 != 0 {
        return Ok("empty".to_owned());
    }
    let mut bound = |infinite: u8| -> Result<String, String> {
        if flags & infinite != 0 {
            return Ok(String::new());
        }
        let bytes = cursor.field()?.ok_or("a bound that is null")?;
        Ok(quoted(&text_of(element, bytes)?))
    };
    let (low, high) = (bound(0x08)?, bound(0x10)?);
    let open = if flags & 0x02 == 0 { '(' } else { '[' };
    let close = if flags & 0x04 == 0 { ')' } else { ']' };
    Ok(format!("{open}{low},{high}{close}"))
}

fn quoted(text: &str) -> String {
    let special = |c: char| c.is_whitespace() || "\"\\()[],".contains(c);
    if text.is_empty() || text.contains(special) {
        return format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\"\""));
    }
    text.to_owned()
}
