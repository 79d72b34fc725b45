//! YAML as `PyYAML` writes it: keys sorted, collections without collections in them in flow style unless told otherwise.

use serde_json::Value as Json;

/// `value` as a YAML document. `block`: no flow style but for empty collections.
pub(super) fn write(value: &Json, block: bool, indent: usize, sorted: bool) -> String {
    let writer = Writer { block, indent, sorted };
    let mut out = String::new();
    match value {
        _ if writer.is_flow(value) => writer.flow(value, &mut out),
        _ => writer.block(value, 0, false, &mut out),
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

struct Writer {
    block: bool,
    indent: usize,
    sorted: bool,
}

impl Writer {
    fn is_flow(&self, value: &Json) -> bool {
        let is_leaf = |item: &Json| !item.is_array() && !item.is_object();
        match value {
            Json::Array(items) => items.is_empty() || (!self.block && items.iter().all(is_leaf)),
            Json::Object(map) => map.is_empty() || (!self.block && map.values().all(is_leaf)),
            _ => true,
        }
    }

    fn entries<'v>(&self, map: &'v serde_json::Map<String, Json>) -> Vec<(&'v String, &'v Json)> {
        let mut entries: Vec<_> = map.iter().collect();
        if self.sorted {
            entries.sort_by_key(|(key, _)| *key);
        }
        entries
    }

    /// A collection line by line. `started`: its first line goes on behind a dash.
    fn block(&self, value: &Json, level: usize, started: bool, out: &mut String) {
        let mut first = started;
        let mut margin = |out: &mut String| {
            if !std::mem::take(&mut first) {
                out.push_str(&" ".repeat(level));
            }
        };
        match value {
            Json::Array(items) => {
                for item in items {
                    margin(out);
                    out.push('-');
                    self.item(item, level, out);
                }
            }
            Json::Object(map) => {
                for (key, item) in self.entries(map) {
                    margin(out);
                    out.push_str(&scalar(key, false));
                    out.push(':');
                    self.entry(item, level, out);
                }
            }
            other => self.flow(other, out),
        }
    }

    /// What stands behind a dash.
    fn item(&self, item: &Json, level: usize, out: &mut String) {
        if self.is_flow(item) {
            out.push(' ');
            self.flow(item, out);
            out.push('\n');
            return;
        }
        out.push_str(&" ".repeat(self.indent.max(2) - 1));
        self.block(item, level + self.indent, true, out);
    }

    /// What stands behind a key.
    fn entry(&self, item: &Json, level: usize, out: &mut String) {
        if self.is_flow(item) {
            out.push(' ');
            self.flow(item, out);
            out.push('\n');
            return;
        }
        out.push('\n');
        // PyYAML does not indent a sequence below its key.
        let inner = if item.is_array() { level } else { level + self.indent };
        self.block(item, inner, false, out);
    }

    fn flow(&self, value: &Json, out: &mut String) {
        match value {
            Json::Array(items) => {
                out.push('[');
                for (n, item) in items.iter().enumerate() {
                    out.push_str(if n > 0 { ", " } else { "" });
                    self.flow(item, out);
                }
                out.push(']');
            }
            Json::Object(map) => {
                out.push('{');
                for (n, (key, item)) in self.entries(map).into_iter().enumerate() {
                    out.push_str(if n > 0 { ", " } else { "" });
                    out.push_str(&scalar(key, true));
                    out.push_str(": ");
                    self.flow(item, out);
                }
                out.push('}');
            }
            Json::String(text) => out.push_str(&scalar(text, !self.block)),
            other => out.push_str(&other.to_string()),
        }
    }
}

/// A text as a scalar: plain where that reads back as the same text, else in quotes.
fn scalar(text: &str, flow: bool) -> String {
    if text.chars().any(|c| c.is_control() || crate::text::is_unsafe(c)) {
        return Json::from(text).to_string();
    }
    if is_plain(text, flow) { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

fn is_plain(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second_space = text[first.len_utf8()..].chars().next().is_none_or(char::is_whitespace);
    let indicator = "#,[]{}&*!|>'\"%@`".contains(first) || (matches!(first, '-' | '?' | ':') && second_space);
    let inner = text.contains(": ") || text.contains(" #") || text.ends_with(':');
    let in_flow = flow && (text.contains([',', '?', '[', ']', '{', '}', ':']));
    let edges = text.starts_with(' ') || text.ends_with(' ') || text.starts_with("---") || text.starts_with("...");
    !(indicator || inner || in_flow || edges || means_something(text))
}

/// Whether YAML 1.1, which many readers speak, would take the text for something else.
fn means_something(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let word = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "=", "<<"].contains(&lower.as_str());
    // One letter is a text to PyYAML.
    if word && lower.len() > 1 || matches!(text, "~" | "=") {
        return true;
    }
    let digits = lower.trim_start_matches(['-', '+', '.']);
    let numeric = |c: char| c.is_ascii_hexdigit() || "_.:+-oxt z".contains(c);
    matches!(digits, "inf" | "nan")
        || (digits.starts_with(|c: char| c.is_ascii_digit()) && is_number_like(&lower, numeric))
}

fn is_number_like(text: &str, numeric: impl Fn(char) -> bool) -> bool {
    if !text.chars().all(numeric) {
        return false;
    }
    let body = text.trim_start_matches(['-', '+']).replace('_', "");
    let date =
        body.len() >= 8 && body.as_bytes().get(4) == Some(&b'-') && body[..4].bytes().all(|b| b.is_ascii_digit());
    let sexagesimal = body.contains(':') && body.chars().all(|c| c.is_ascii_digit() || c == ':' || c == '.');
    let based = ["0x", "0b", "0o"].iter().any(|base| body.starts_with(base));
    // PyYAML's floats need a dot; an exponent needs its sign.
    body.parse::<f64>().is_ok() || date || sexagesimal || based
}
