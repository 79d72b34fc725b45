//! The static check: a YAML value against a shape, with a place for every finding.

use serde_json::Number;

use super::words::{MODE_HINT, has_template, mode, seconds, unfit};
use super::{Field, Shape};
use crate::diagnostic::{Passage, Problem, Problems};
use crate::template::{Sink, secret_in};
use crate::yaml::{Entry, Map, Node, Value};

/// Tells everything that is wrong with a value as it was written. A text with a template is taken for whatever it may
/// come to; [`conform`](super::conform) looks at that.
pub fn judge(shape: &Shape, node: &Node, problems: &mut Problems) {
    if node.as_text().is_some_and(has_template) {
        if !shape.takes_template() {
            problems.push(stray_template(shape, node));
        }
        return;
    }
    match (shape, &node.value) {
        (Shape::Text(sink), Value::Vault(_)) if sink.takes_secrets() => {}
        (Shape::Text(sink), Value::Vault(_)) => problems.push(secret_in(*sink).at(node.place.clone())),
        (Shape::Text(sink), Value::Text(passage)) => text(*sink, passage, node, problems),
        (Shape::Text(_), Value::Number(number)) => written(number, node, problems),
        (Shape::Any(_), _)
        | (Shape::Text(_) | Shape::Boolean | Shape::Expressions, Value::Bool(_))
        | (Shape::Connection(_) | Shape::Expressions, Value::Text(_))
        | (Shape::Number, Value::Number(_))
        | (Shape::Steps, Value::List(_)) => {}
        (Shape::Integer { min, max }, Value::Number(number)) => integer(*min, *max, number, node, problems),
        (Shape::Duration, Value::Text(passage)) => duration(&passage.text, node, problems),
        (Shape::Duration, Value::Number(number)) => duration(&number.to_string(), node, problems),
        (Shape::Mode, Value::Text(_) | Value::Number(_)) => permissions(node, problems),
        (Shape::List(shape), Value::List(items)) => items.iter().for_each(|item| judge(shape, item, problems)),
        (Shape::Expressions, Value::List(items)) => expressions(items, problems),
        (Shape::Map(shape), Value::Map(map)) => map.entries.iter().for_each(|e| judge(shape, &e.value, problems)),
        (Shape::Record(fields), Value::Map(map)) => record(fields, map, node, problems),
        (Shape::Choice(words), Value::Text(passage)) => choice(shape, words, &passage.text, node, problems),
        (Shape::OneOf(shapes), _) => one_of(shape, shapes, node, problems),
        _ => problems.push(wrong(shape, node)),
    }
}

/// Found something else than what is expected.
fn wrong(shape: &Shape, node: &Node) -> Problem {
    let problem = Problem::error(format!("expected {}, found {}", shape.noun(), node.found())).at(node.place.clone());
    match (shape, &node.value) {
        (_, Value::Null) => problem.hint("give it a value, or leave the key out"),
        (Shape::List(_), Value::Text(_) | Value::Number(_) | Value::Bool(_)) => {
            problem.hint("put it in brackets: `[...]`")
        }
        (Shape::Integer { .. } | Shape::Number | Shape::Boolean, Value::Text(_)) => {
            problem.hint("write it without quotes, or as one whole `{{ expression }}`")
        }
        _ => problem,
    }
}

fn stray_template(shape: &Shape, node: &Node) -> Problem {
    let (message, hint) = match shape {
        Shape::Expressions => ("an expression stands bare", "leave out the `{{ }}`"),
        Shape::Steps => ("steps are written out, never computed", "write the steps here, or use `include`"),
        _ => ("the name of a connection is never computed", "name one of `connections`; its URL may be a template"),
    };
    Problem::error(message).at(node.place.clone()).hint(hint)
}

fn text(sink: Sink, passage: &Passage, node: &Node, problems: &mut Problems) {
    if let Some(message) = unfit(&passage.text, sink) {
        problems.push(Problem::error(message).at(node.place.clone()));
    }
}

/// A number stands for a text as it is written; where its value would read otherwise (`1.10`), it must be quoted.
fn written(number: &Number, node: &Node, problems: &mut Problems) {
    let source = node.written().unwrap_or("").trim();
    let value = number.to_string();
    if source.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) && source != value {
        let message = format!("this is read as the number {value}");
        problems.push(Problem::error(message).at(node.place.clone()).hint(format!("write it quoted: \"{source}\"")));
    }
}

fn integer(min: i64, max: i64, number: &Number, node: &Node, problems: &mut Problems) {
    let message = match number.as_i64() {
        Some(value) if (min..=max).contains(&value) => return,
        None if number.is_f64() => format!("expected a whole number, found {number}"),
        _ => out_of_bounds(min, max, &number.to_string()),
    };
    problems.push(Problem::error(message).at(node.place.clone()));
}

/// The sentence about a number outside its bounds.
pub(super) fn out_of_bounds(min: i64, max: i64, found: &str) -> String {
    match (min, max) {
        (min, i64::MAX) => format!("expected at least {min}, found {found}"),
        (i64::MIN, max) => format!("expected at most {max}, found {found}"),
        _ => format!("expected a number from {min} to {max}, found {found}"),
    }
}

fn duration(text: &str, node: &Node, problems: &mut Problems) {
    if let Err(message) = seconds(text) {
        let example = if message.contains("unit") { format!("{}s", text.trim()) } else { "30s".to_owned() };
        let hint = format!("write a number with ms, s, m, h or d, such as `{example}`");
        problems.push(Problem::error(message).at(node.place.clone()).hint(hint));
    }
}

fn permissions(node: &Node, problems: &mut Problems) {
    let problem = match node.as_text().map(mode) {
        Some(Some(_)) if !node.is_plain() => return,
        Some(None) => Problem::error("this is no mode").hint(MODE_HINT),
        _ => {
            let written = node.written().unwrap_or("0644").trim();
            Problem::error("a mode must be quoted").hint(format!("write it quoted: \"{written}\""))
        }
    };
    problems.push(problem.at(node.place.clone()));
}

fn expressions(items: &[Node], problems: &mut Problems) {
    for item in items {
        match &item.value {
            Value::Text(passage) if has_template(&passage.text) => {
                problems.push(stray_template(&Shape::Expressions, item));
            }
            Value::Text(_) | Value::Bool(_) => {}
            _ => {
                let message = format!("expected an expression, found {}", item.found());
                problems.push(Problem::error(message).at(item.place.clone()));
            }
        }
    }
}

fn record(fields: &[Field], map: &Map, node: &Node, problems: &mut Problems) {
    let keys = || fields.iter().map(|field| field.key);
    for (at, entry) in map.entries.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| map.entries.get(at));
        if let Some(cut) = before.and_then(|before| cut_at_comma(before, entry)) {
            problems.push(cut);
            continue;
        }
        match fields.iter().find(|field| field.key == &*entry.key) {
            None => problems.push(unknown_key(&entry.key, keys()).at(entry.key_place.clone())),
            Some(Field { shape: Shape::Any(_), .. }) => {}
            Some(field) if entry.value.value == Value::Null => {
                let problem = Problem::error(format!("`{}` has no value", entry.key)).at(entry.key_place.clone());
                problems.push(problem.hint(format!("expected {}, or leave the key out", field.shape.noun())));
            }
            Some(field) => judge(&field.shape, &entry.value, problems),
        }
    }
    for field in fields.iter().filter(|field| field.required && map.get(field.key).is_none()) {
        let problem = Problem::error(format!("`{}` is missing", field.key)).at(node.place.clone());
        problems.push(problem.hint(format!("`{}`: {}", field.key, field.doc)));
    }
}

/// `{ type: decimal(10,2) }`: in braces a comma ends the value, also between parentheses.
fn cut_at_comma(before: &Entry, entry: &Entry) -> Option<Problem> {
    let begun = before.value.as_text().filter(|text| before.value.is_plain() && text.contains('('))?;
    if begun.contains(')') || !entry.key.contains(')') || entry.value.value != Value::Null {
        return None;
    }
    let message = format!("the comma ends the value: this is read as `{begun}` and a key `{}`", entry.key);
    let hint = format!("quote it: \"{begun},{}\"", entry.key);
    Some(Problem::error(message).at(before.value.place.clone()).hint(hint))
}

fn unknown_key<'a>(key: &str, known: impl Iterator<Item = &'a str> + Clone) -> Problem {
    let problem = Problem::error(format!("unknown key `{key}`")).did_you_mean(key, known.clone());
    if problem.hint.is_some() {
        return problem;
    }
    let known: Vec<String> = known.map(|key| format!("`{key}`")).collect();
    problem.hint(format!("known here: {}", known.join(", ")))
}

fn choice(shape: &Shape, words: &[&str], text: &str, node: &Node, problems: &mut Problems) {
    if !words.contains(&text) {
        let problem = Problem::error(format!("expected {}, found `{text}`", shape.noun())).at(node.place.clone());
        problems.push(problem.did_you_mean(text, words.iter().copied()));
    }
}

/// The first alternative that fits counts; where none does, the findings of the first that is meant for such a value.
fn one_of(shape: &Shape, shapes: &[Shape], node: &Node, problems: &mut Problems) {
    let mut first = None;
    for shape in shapes.iter().filter(|shape| is_meant_for(shape, &node.value)) {
        let mut found = Problems::default();
        judge(shape, node, &mut found);
        if !found.has_errors() {
            return problems.extend(found);
        }
        first.get_or_insert(found);
    }
    problems.extend(first.unwrap_or_else(|| wrong(shape, node).into()));
}

fn is_meant_for(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Any(_) => true,
        Shape::Text(_) => matches!(value, Value::Text(_) | Value::Vault(_) | Value::Number(_) | Value::Bool(_)),
        Shape::Integer { .. } | Shape::Number => matches!(value, Value::Number(_)),
        Shape::Boolean => matches!(value, Value::Bool(_)),
        Shape::Duration | Shape::Mode => matches!(value, Value::Text(_) | Value::Number(_)),
        Shape::Choice(_) | Shape::Connection(_) => matches!(value, Value::Text(_)),
        Shape::Expressions => matches!(value, Value::Text(_) | Value::Bool(_) | Value::List(_)),
        Shape::List(_) | Shape::Steps => matches!(value, Value::List(_)),
        Shape::Map(_) | Shape::Record(_) => matches!(value, Value::Map(_)),
        Shape::OneOf(shapes) => shapes.iter().any(|shape| is_meant_for(shape, value)),
    }
}
