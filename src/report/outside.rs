//! Text from outside (hosts, brokers, databases) made fit to be shown: escaped, indented, bounded.

use serde_json::Value;

use crate::text::visible;

/// At most this many lines of one text are shown.
const LINES: usize = 20;

/// At most this many characters of a line are shown.
const COLUMNS: usize = 400;

/// At most this many hosts are named in full.
const HOSTS: usize = 4;

/// A line: escaped and cut.
pub(super) fn line(text: &str) -> String {
    let mut shown = visible(text).into_owned();
    if let Some((at, _)) = shown.char_indices().nth(COLUMNS) {
        shown.truncate(at);
        shown.push_str("...");
    }
    shown
}

/// The last lines of a text, each indented; how many more there are stands before them.
pub(super) fn tail(text: &str, indent: &str, out: &mut String) {
    let lines: Vec<&str> = text.lines().collect();
    let hidden = lines.len().saturating_sub(LINES);
    if hidden > 0 {
        out.push_str(&format!("{indent}... {hidden} more lines\n"));
    }
    lines[hidden..].iter().for_each(|text| out.push_str(&format!("{indent}{}\n", line(text))));
}

/// The first lines of a text, at most `limit`, each indented; how many more there are stands behind them.
pub(super) fn head(text: &str, limit: usize, indent: &str, out: &mut String) {
    text.lines().take(limit).for_each(|text| out.push_str(&format!("{indent}{}\n", line(text))));
    let hidden = text.lines().count().saturating_sub(limit);
    if hidden > 0 {
        out.push_str(&format!("{indent}... {hidden} more lines\n"));
    }
}

/// The fields of a result, without those that every result has.
pub(super) fn result(value: &Value, indent: &str, out: &mut String) {
    let Some(fields) = value.as_object() else { return };
    let told = ["changed", "failed", "skipped", "stdout_lines"];
    for (key, value) in fields.iter().filter(|(key, _)| !told.contains(&key.as_str())) {
        field(key, value, indent, out);
    }
}

fn field(key: &str, value: &Value, indent: &str, out: &mut String) {
    let text = match value {
        Value::String(text) => text.trim_end_matches('\n').to_owned(),
        other => other.to_string(),
    };
    let key = line(key);
    if text.contains('\n') {
        out.push_str(&format!("{indent}{key}:\n"));
        tail(&text, &format!("{indent}  "), out);
    } else {
        out.push_str(&format!("{indent}{key}: {}\n", line(&text)));
    }
}

/// Hosts by name, in the order in which people count: all of a few, else the first two and how many there are.
pub(super) fn hosts<T: AsRef<str>>(names: &[T]) -> String {
    let mut names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.sort_by_cached_key(|name| counted(name));
    let shown = if names.len() <= HOSTS { names.len() } else { 2 };
    let mut text: Vec<String> = names.iter().take(shown).map(|name| line(name)).collect();
    if shown < names.len() {
        text.push(format!("... {} hosts", names.len()));
    }
    text.join(" ")
}

/// A key by which `web2` comes before `web10`.
fn counted(name: &str) -> Vec<(bool, u64, &str)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let part = &rest[..end];
        parts.push((!is_number, part.parse().unwrap_or(0), part));
        rest = &rest[end..];
    }
    parts
}
