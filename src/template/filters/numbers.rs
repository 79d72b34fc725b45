//! `int`, `float`, `bool` and the tests of truth, as Jinja2 and Ansible read them.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::{argument, defined};

pub(super) fn register(env: &mut Environment<'static>) {
    env.add_filter("int", int);
    env.add_filter("float", float);
    env.add_filter("bool", |value: Value| defined(value).map(|value| to_bool(&value).unwrap_or(false)));
    env.add_test("truthy", truthy);
    env.add_test("falsy", |value: Value, kwargs: Kwargs| truthy(value, kwargs).map(|truth| !truth));
    env.add_filter("center", center);
    env.add_filter("forceescape", minijinja::filters::escape);
}

fn int(value: Value, default: Option<Value>, base: Option<u32>, kwargs: Kwargs) -> Result<Value, Error> {
    let default = argument(default, &kwargs, "default")?.unwrap_or(Value::from(0));
    let base = argument(base, &kwargs, "base")?.unwrap_or(10);
    kwargs.assert_all_used()?;
    if !matches!(base, 0 | 2..=36) {
        return Err(Error::new(ErrorKind::InvalidOperation, "the base of `int` is 2 to 36, or 0"));
    }
    let value = defined(value)?;
    Ok(match (value.kind(), value.as_str()) {
        (ValueKind::Bool, _) => Value::from(i64::from(value.is_true())),
        (ValueKind::Number, _) if value.is_integer() => value,
        (ValueKind::Number, _) => f64::try_from(value).ok().and_then(truncated).unwrap_or(default),
        (_, Some(text)) => {
            whole(text, base).or_else(|| text.trim().parse().ok().and_then(truncated)).unwrap_or(default)
        }
        _ => default,
    })
}

#[allow(clippy::cast_possible_truncation)] // Truncating is what `int` is for; what does not fit was sorted out.
fn truncated(number: f64) -> Option<Value> {
    (number.is_finite() && number.abs() < 1e18).then(|| Value::from(number as i64))
}

/// Python's `int(text, base)`.
fn whole(text: &str, base: u32) -> Option<Value> {
    let text = text.trim().replace('_', "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find(|(prefix, of)| lower.starts_with(prefix) && (base == *of || base == 0))
        .map_or((if base == 0 { 10 } else { base }, &lower[..]), |(prefix, of)| (of, &lower[prefix.len()..]));
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = i128::from_str_radix(digits, base).ok()?;
    let number = if negative { -number } else { number };
    Some(i64::try_from(number).map_or_else(|_| Value::from(number), Value::from))
}

fn float(value: Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let default = argument(default, &kwargs, "default")?.unwrap_or(Value::from(0.0));
    kwargs.assert_all_used()?;
    let value = defined(value)?;
    Ok(match (value.kind(), value.as_str()) {
        (ValueKind::Bool, _) => Value::from(f64::from(u8::from(value.is_true()))),
        (ValueKind::Number, _) => f64::try_from(value).map_or(default, Value::from),
        (_, Some(text)) => text.trim().parse::<f64>().map_or(default, Value::from),
        _ => default,
    })
}

/// What Ansible takes for true or false; none for anything else.
fn to_bool(value: &Value) -> Option<bool> {
    let text = match (value.kind(), value.as_str()) {
        (ValueKind::Bool, _) => return Some(value.is_true()),
        (ValueKind::Number, _) => return Some(*value == Value::from(1)),
        (_, text) => text?.to_ascii_lowercase(),
    };
    match text.as_str() {
        "yes" | "on" | "true" | "1" => Some(true),
        "no" | "off" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn truthy(value: Value, kwargs: Kwargs) -> Result<bool, Error> {
    let convert = argument(None::<bool>, &kwargs, "convert_bool")?.unwrap_or(false);
    kwargs.assert_all_used()?;
    let value = defined(value)?;
    let short = match value.as_str() {
        Some("y" | "t" | "Y" | "T") => Some(true),
        Some("n" | "f" | "N" | "F") => Some(false),
        _ => to_bool(&value),
    };
    Ok(if convert { short.unwrap_or_else(|| value.is_true()) } else { value.is_true() })
}

fn center(value: Value, width: Option<usize>) -> Result<String, Error> {
    let text = super::text(&value)?;
    let width = width.unwrap_or(80);
    super::bounded(width, "center")?;
    Ok(format!("{text:^width$}"))
}
