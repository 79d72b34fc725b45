//! The same check on a value that has been worked out, which also brings it to its one form: durations become seconds,
//! modes numbers, numbers in the place of texts texts.

use serde_json::{Map, Value};

use super::judge::out_of_bounds;
use super::words::{mode, seconds, unfit};
use super::{Field, Shape};
use crate::template::Sink;

/// Where in the value (`tables.users[0]`, empty for the whole) and what is wrong there.
type Unfit = (String, String);

/// The value in its one form, or where it does not fit and why. Texts that read as the number or boolean that is
/// expected are taken (the environment and messages know texts only); a key whose value is null is left out.
pub fn conform(shape: &Shape, value: Value) -> Result<Value, Unfit> {
    match (shape, value) {
        (Shape::Any(_) | Shape::Steps | Shape::Expressions, value) => Ok(value),
        (Shape::Text(sink), value) => text(*sink, value),
        (Shape::Connection(_), Value::String(text)) => Ok(Value::String(text)),
        (Shape::Integer { min, max }, value) => integer(*min, *max, &value),
        (Shape::Number, value) => number(value),
        (Shape::Boolean, value) => boolean(value),
        (Shape::Duration, Value::String(text)) => seconds(&text).map(Value::from).map_err(here),
        (Shape::Duration, Value::Number(_)) => Err(here("a duration needs a unit, such as `30s`")),
        (Shape::Mode, Value::String(text)) => {
            let bits = mode(&text).ok_or_else(|| here(format!("`{text}` is no mode; expected octal digits")))?;
            Ok(bits.into())
        }
        (Shape::List(shape), Value::Array(items)) => {
            let each = items.into_iter().enumerate();
            each.map(|(at, item)| conform(shape, item).map_err(|e| below(&format!("[{at}]"), e))).collect()
        }
        (Shape::Map(shape), Value::Object(map)) => {
            let each = map.into_iter();
            let pairs = each.map(|(key, item)| match conform(shape, item) {
                Ok(item) => Ok((key, item)),
                Err(error) => Err(below(&key, error)),
            });
            pairs.collect::<Result<Map<_, _>, _>>().map(Value::Object)
        }
        (Shape::Record(fields), Value::Object(map)) => record(fields, map),
        (Shape::Choice(words), Value::String(text)) if words.contains(&&*text) => Ok(Value::String(text)),
        (Shape::Choice(_), Value::String(text)) => Err(here(format!("expected {}, found `{text}`", shape.noun()))),
        (Shape::OneOf(shapes), value) => one_of(shape, shapes, &value),
        (shape, value) => Err(wrong(shape, &value)),
    }
}

fn here(message: impl Into<String>) -> Unfit {
    (String::new(), message.into())
}

fn below(step: &str, (path, message): Unfit) -> Unfit {
    let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    (format!("{step}{dot}{path}"), message)
}

fn wrong(shape: &Shape, value: &Value) -> Unfit {
    here(format!("expected {}, found {}", shape.noun(), found(value)))
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn text(sink: Sink, value: Value) -> Result<Value, Unfit> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        value => return Err(wrong(&Shape::Text(sink), &value)),
    };
    match unfit(&text, sink) {
        Some(message) => Err(here(message)),
        None => Ok(Value::String(text)),
    }
}

fn integer(min: i64, max: i64, value: &Value) -> Result<Value, Unfit> {
    let number = match value {
        Value::Number(number) => number.as_i64().ok_or_else(|| number.to_string()),
        Value::String(text) => text.trim().parse().map_err(|_| String::new()),
        _ => Err(String::new()),
    };
    match number {
        Ok(number) if (min..=max).contains(&number) => Ok(number.into()),
        Ok(number) => Err(here(out_of_bounds(min, max, &number.to_string()))),
        Err(number) if number.is_empty() => Err(wrong(&Shape::Integer { min, max }, value)),
        Err(number) => Err(here(format!("expected a whole number, found {number}"))),
    }
}

fn number(value: Value) -> Result<Value, Unfit> {
    let read = match &value {
        Value::Number(_) => return Ok(value),
        Value::String(text) => serde_json::from_str(text.trim()).ok().map(Value::Number),
        _ => None,
    };
    read.ok_or_else(|| wrong(&Shape::Number, &value))
}

fn boolean(value: Value) -> Result<Value, Unfit> {
    match &value {
        Value::Bool(_) => Ok(value),
        Value::String(text) if text == "true" => Ok(true.into()),
        Value::String(text) if text == "false" => Ok(false.into()),
        _ => Err(wrong(&Shape::Boolean, &value)),
    }
}

fn record(fields: &[Field], map: Map<String, Value>) -> Result<Value, Unfit> {
    let mut out = Map::new();
    for (key, value) in map {
        let Some(field) = fields.iter().find(|field| field.key == key) else {
            return Err((key.clone(), format!("unknown key `{key}`")));
        };
        if value.is_null() && !matches!(field.shape, Shape::Any(_)) {
            continue;
        }
        let value = conform(&field.shape, value).map_err(|error| below(&key, error))?;
        out.insert(key, value);
    }
    match fields.iter().find(|field| field.required && !out.contains_key(field.key)) {
        Some(field) => Err(here(format!("`{}` is missing", field.key))),
        None => Ok(Value::Object(out)),
    }
}

/// The first alternative that fits counts; where none does, the first that came further than the kind of the value.
fn one_of(shape: &Shape, shapes: &[Shape], value: &Value) -> Result<Value, Unfit> {
    let mut first = None;
    for shape in shapes {
        match conform(shape, value.clone()) {
            Ok(value) => return Ok(value),
            Err(error) if error == wrong(shape, value) => {}
            Err(error) => _ = first.get_or_insert(error),
        }
    }
    Err(first.unwrap_or_else(|| wrong(shape, value)))
}
