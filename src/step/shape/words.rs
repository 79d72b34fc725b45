//! What the walks over a shape share: its name in an error, and how the texts of its scalars are read.

use super::Shape;
use crate::template::Sink;
use crate::text::{DurationError, parse_duration};

impl Shape {
    /// What is expected, as an error says it: `a list`, `a text or a mapping`.
    pub(super) fn noun(&self) -> String {
        match self {
            Self::Text(_) => "a text".to_owned(),
            Self::Integer { .. } => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Duration => "a duration".to_owned(),
            Self::Mode => "a mode".to_owned(),
            Self::Any(_) => "a value".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) | Self::Record(_) => "a mapping".to_owned(),
            Self::OneOf(shapes) => alternatives(shapes),
            Self::Choice(words) => one_of(words),
            Self::Connection(_) => "the name of a connection".to_owned(),
            Self::Expressions => "an expression or a list of expressions".to_owned(),
            Self::Steps => "a list of steps".to_owned(),
        }
    }

    /// Whether a template may stand for the whole value.
    pub(super) fn takes_template(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Steps | Self::Expressions => false,
            Self::OneOf(shapes) => shapes.iter().any(Self::takes_template),
            _ => true,
        }
    }
}

fn alternatives(shapes: &[Shape]) -> String {
    let mut nouns: Vec<String> = shapes.iter().map(Shape::noun).collect();
    nouns.dedup();
    nouns.join(" or ")
}

fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("one of {}", quoted.join(", "))
}

/// Whether a text holds a template.
pub(super) fn has_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// What is wrong with a text for its use, if anything.
pub(super) fn unfit(text: &str, sink: Sink) -> Option<String> {
    let must_say = matches!(sink, Sink::Shell | Sink::Path | Sink::Sql | Sink::Url);
    if must_say && text.trim().is_empty() {
        return Some(format!("{} must not be empty", sink.noun()));
    }
    let reaches_system = matches!(sink, Sink::Shell | Sink::Path | Sink::Argument | Sink::Name);
    (reaches_system && text.contains('\0')).then(|| format!("{} must not hold a NUL character", sink.noun()))
}

/// Permission bits of an octal text of three to five digits.
pub(super) fn mode(text: &str) -> Option<u32> {
    let octal = (3..=5).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let bits = octal.then(|| u32::from_str_radix(text, 8).ok()).flatten()?;
    (bits <= 0o7777).then_some(bits)
}

/// What to write in place of a text that is no mode.
pub(super) const MODE_HINT: &str = "write permission bits as quoted octal digits, such as \"0644\"";

/// Seconds of a duration, or what is wrong with it.
pub(super) fn seconds(text: &str) -> Result<f64, &'static str> {
    match parse_duration(text) {
        Ok(duration) => Ok(duration.as_secs_f64()),
        Err(DurationError::NoUnit) => Err("a duration needs a unit"),
        Err(DurationError::Malformed) => Err("this is no duration"),
    }
}
