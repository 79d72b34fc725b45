//! Reading the value of one key: what type it must have, and what a literal must look like. A text with a template is
//! taken everywhere; it is judged once it has a value.

use super::model::{Named, Var};
use super::names;
use crate::diagnostic::{Problem, Problems};
use crate::text::{DurationError, parse_duration};
use crate::yaml::{Entry, Map, Node, Value};

/// Whether a text is put together when it is used.
pub fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

fn holds_template(node: &Node) -> bool {
    node.as_text().is_some_and(is_template)
}

/// A value of a wrong type.
pub fn wrong(key: &str, node: &Node, expected: &str) -> Problem {
    if node.value == Value::Null {
        return empty(key, node);
    }
    let found = match (&node.value, node.written()) {
        (Value::Number(_), Some(number)) => format!("the number {number}"),
        _ => node.found().to_owned(),
    };
    Problem::error(format!("`{key}` must be {expected}, found {found}")).at(node.place.clone())
}

/// A key without a value.
pub fn empty(key: &str, node: &Node) -> Problem {
    Problem::error(format!("`{key}` has no value")).at(node.place.clone()).hint("give it one, or remove the key")
}

/// The value as a list, or a problem.
pub fn list<'a>(entry: &'a Entry, expected: &str, problems: &mut Problems) -> &'a [Node] {
    if entry.value.as_list().is_none() {
        problems.push(wrong(&entry.key, &entry.value, expected));
    }
    entry.value.as_list().unwrap_or(&[])
}

/// The value as a mapping, or a problem.
pub fn mapping<'a>(entry: &'a Entry, problems: &mut Problems) -> Option<&'a Map> {
    if entry.value.as_map().is_none() {
        problems.push(wrong(&entry.key, &entry.value, "a mapping"));
    }
    entry.value.as_map()
}

/// A text; numbers and booleans are taken as they are written.
pub fn text(entry: &Entry, problems: &mut Problems) -> Option<Node> {
    let fits = entry.value.written().is_some_and(|text| !text.trim().is_empty());
    if !fits {
        let is_blank = entry.value.as_text().is_some();
        problems.push(if is_blank {
            empty(&entry.key, &entry.value)
        } else {
            wrong(&entry.key, &entry.value, "a text")
        });
    }
    fits.then(|| entry.value.clone())
}

/// A text without a template, and its place.
pub fn literal(entry: &Entry, problems: &mut Problems) -> Option<Named> {
    let node = text(entry, problems)?;
    let name = node.written().unwrap_or("").to_owned();
    if is_template(&name) {
        let problem = Problem::error(format!("`{}` cannot hold a template", entry.key)).at(node.place);
        problems.push(problem.hint("it is read before anything has a value"));
        return None;
    }
    Some(Named { name, place: node.place })
}

/// `true` or `false`.
pub fn flag(entry: &Entry, problems: &mut Problems) -> Option<Node> {
    let fits = matches!(entry.value.value, Value::Bool(_)) || holds_template(&entry.value);
    if !fits {
        let problem = wrong(&entry.key, &entry.value, "`true` or `false`");
        problems.push(match entry.value.as_text() {
            Some("yes" | "Yes" | "on" | "y") => problem.hint("write `true`"),
            Some("no" | "No" | "off" | "n") => problem.hint("write `false`"),
            _ => problem,
        });
    }
    fits.then(|| entry.value.clone())
}

/// A whole number of at least `least`.
pub fn count(entry: &Entry, least: u64, problems: &mut Problems) -> Option<Node> {
    let node = &entry.value;
    let problem = match &node.value {
        Value::Number(number) if number.as_u64().is_some_and(|number| number >= least) => None,
        _ if holds_template(node) => None,
        _ => Some(wrong(&entry.key, node, &format!("a whole number from {least} on"))),
    };
    let fits = problem.is_none();
    problems.extend(problem);
    fits.then(|| node.clone())
}

/// A duration with a unit.
pub fn duration(entry: &Entry, problems: &mut Problems) -> Option<Node> {
    let node = &entry.value;
    let Some(text) = node.written().filter(|_| !matches!(node.value, Value::Bool(_))) else {
        problems.push(wrong(&entry.key, node, "a duration such as `30s`"));
        return None;
    };
    let malformed = format!("`{}` must be a duration such as `30s` or `5m`", entry.key);
    let problem = match parse_duration(text) {
        Ok(_) => None,
        Err(_) if holds_template(node) => None,
        Err(DurationError::NoUnit) => {
            let problem = Problem::error(format!("`{}` needs a unit", entry.key));
            Some(problem.hint(format!("write `{text}s` for seconds, `{text}m` for minutes")))
        }
        Err(DurationError::Malformed) => Some(Problem::error(malformed)),
    };
    let fits = problem.is_none();
    problems.extend(problem.map(|problem| problem.at(node.place.clone())));
    fits.then(|| node.clone())
}

/// A bare expression, or a list of them.
pub fn expressions(entry: &Entry, problems: &mut Problems) -> Vec<Node> {
    let one = std::slice::from_ref(&entry.value);
    let mut fit = Vec::new();
    for node in entry.value.as_list().unwrap_or(one) {
        let problem = match &node.value {
            Value::Bool(_) => None,
            Value::Text(passage) if passage.text.trim().is_empty() => Some(empty(&entry.key, node)),
            Value::Text(_) => braces(&entry.key, node),
            _ => Some(wrong(&entry.key, node, "an expression")),
        };
        match problem {
            Some(problem) => problems.push(problem),
            None => fit.push(node.clone()),
        }
    }
    fit
}

/// A list, or a bare expression that gives one.
pub fn loop_over(entry: &Entry, problems: &mut Problems) -> Option<Node> {
    let node = &entry.value;
    let problem = match &node.value {
        Value::List(_) => None,
        Value::Text(passage) if !passage.text.trim().is_empty() => braces(&entry.key, node),
        Value::Text(_) => Some(empty(&entry.key, node)),
        _ => Some(wrong(&entry.key, node, "a list, or an expression that gives one")),
    };
    let fits = problem.is_none();
    problems.extend(problem);
    fits.then(|| node.clone())
}

/// Braces in what is an expression anyway.
fn braces(key: &str, node: &Node) -> Option<Problem> {
    let Value::Text(passage) = &node.value else { return None };
    let start = passage.text.find("{{").or_else(|| passage.text.find("{%"))?;
    let end = passage.text[start..].find("}}").map_or(start + 2, |end| start + end + 2);
    let inner = passage.text.get(start + 2..end - 2).unwrap_or("").trim();
    let whole = start == 0 && end == passage.text.len() && !inner.is_empty();
    let hint = if whole { format!("drop the braces: `{inner}`") } else { "drop the braces".to_owned() };
    let problem = Problem::error(format!("`{key}` is an expression already: it takes no `{{{{ }}}}`"));
    Some(problem.at(passage.locate(start..end)).hint(hint))
}

/// A text, or a list of texts, each with its place.
pub fn texts(entry: &Entry, problems: &mut Problems) -> Vec<Named> {
    let one = std::slice::from_ref(&entry.value);
    let mut fit = Vec::new();
    for node in entry.value.as_list().unwrap_or(one) {
        match node.written().filter(|text| !text.trim().is_empty()) {
            Some(text) => fit.push(Named { name: text.to_owned(), place: node.place.clone() }),
            None => problems.push(wrong(&entry.key, node, "a text, or a list of texts")),
        }
    }
    fit
}

/// Variables by name.
pub fn variables(entry: &Entry, problems: &mut Problems) -> Vec<Var> {
    mapping(entry, problems).map(|map| vars(map, problems)).unwrap_or_default()
}

/// The entries of a mapping as variables.
pub fn vars(map: &Map, problems: &mut Problems) -> Vec<Var> {
    let mut fit = Vec::with_capacity(map.entries.len());
    for Entry { key, key_place, value } in &map.entries {
        problems.extend(names::variable(key, key_place));
        fit.push(Var { name: key.clone(), name_place: key_place.clone(), value: value.clone() });
    }
    fit
}

/// Environment variables: texts, numbers and booleans by name.
pub fn environment(entry: &Entry, problems: &mut Problems) -> Option<Map> {
    let map = mapping(entry, problems)?;
    for variable in &map.entries {
        problems.extend(names::identifier(&variable.key, &variable.key_place, "environment variable"));
        if variable.value.written().is_none() {
            problems.push(wrong(&variable.key, &variable.value, "a text"));
        }
    }
    Some(map.clone())
}

/// Keys of `map` that are not `known`; `of` says whose keys they are.
pub fn unknown(map: &Map, known: &[&str], of: &str, problems: &mut Problems) {
    for entry in map.entries.iter().filter(|entry| !known.contains(&&*entry.key)) {
        problems.push(unknown_key(entry, known, of));
    }
}

/// An unknown key, with the one that was meant.
pub fn unknown_key(entry: &Entry, known: &[&str], of: &str) -> Problem {
    let problem = Problem::error(format!("unknown key `{}` in {of}", entry.key)).at(entry.key_place.clone());
    match super::foreign::ours(&entry.key).filter(|ours| known.contains(ours)) {
        Some(ours) => problem.hint(format!("here it is `{ours}`")),
        None => match super::foreign::advice(&entry.key) {
            Some(advice) => problem.hint(advice),
            None => problem.did_you_mean(&entry.key, known.iter().copied()),
        },
    }
}
