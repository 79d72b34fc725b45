//! JSON and YAML: `to_json`, `from_json`, `to_nice_json`, `to_yaml`, `to_nice_yaml`, `from_yaml`.

use std::fmt::Write as _;

use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, Error, Value};
use serde_json::Value as Json;

use super::{argument, defined, refuse, text, yaml_text, yaml_values};

pub(super) fn register(env: &mut Environment<'static>) {
    env.add_filter("to_json", |value: Value, kwargs: Kwargs| to_json(value, &kwargs, &Layout::terse()));
    env.add_filter("to_nice_json", |value: Value, kwargs: Kwargs| to_json(value, &kwargs, &Layout::nice()));
    env.add_filter("from_json", |value: Value| {
        let text = text(&value)?;
        if holds_great_integer(&text) {
            return Err(refuse("`from_json`: an integer of more than 64 bits cannot be kept exactly"));
        }
        let parsed = serde_json::from_str::<Json>(&text);
        let place = |error: serde_json::Error| {
            refuse(format!("`from_json`: this is no JSON (line {}, column {})", error.line(), error.column()))
        };
        parsed.map(|json| Value::from(Serde(json))).map_err(place)
    });
    env.add_filter("to_yaml", |value: Value, kwargs: Kwargs| to_yaml(value, &kwargs, false, 2));
    env.add_filter("to_nice_yaml", |value: Value, kwargs: Kwargs| to_yaml(value, &kwargs, true, 4));
    env.add_filter("from_yaml", |value: Value| {
        let defined = defined(value)?;
        if defined.is_none() {
            return Ok(defined);
        }
        yaml_values::read(&text(&defined)?).ok_or_else(|| refuse("`from_yaml`: this is no YAML"))
    });
}

/// Whether an integer stands in a JSON text that the parser would round.
fn holds_great_integer(text: &str) -> bool {
    let (mut in_text, mut rest) = (false, text);
    while let Some(at) = rest.find(|c: char| c == '"' || (!in_text && (c == '-' || c.is_ascii_digit()))) {
        let escapes = rest[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        let from = &rest[at..];
        if let Some(after) = from.strip_prefix('"') {
            in_text = in_text == (escapes % 2 == 1);
            rest = after;
            continue;
        }
        let end = from.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(from.len());
        let number = &from[..end];
        let is_integer = !number.contains(['.', 'e', 'E']);
        if is_integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
            return true;
        }
        rest = &from[end..];
    }
    false
}

/// A value as JSON.
fn json(value: Value) -> Result<Json, Error> {
    serde_json::to_value(defined(value)?).map_err(|_| refuse("this cannot be written as JSON"))
}

/// How JSON is laid out.
struct Layout {
    indent: Option<usize>,
    ascii: bool,
    sorted: bool,
    comma: &'static str,
}

impl Layout {
    fn terse() -> Self {
        Self { indent: None, ascii: true, sorted: false, comma: ", " }
    }

    fn nice() -> Self {
        Self { indent: Some(4), ascii: true, sorted: true, comma: "," }
    }
}

fn to_json(value: Value, kwargs: &Kwargs, defaults: &Layout) -> Result<String, Error> {
    let indent = argument(None::<Option<usize>>, kwargs, "indent")?.unwrap_or(defaults.indent);
    let layout = Layout {
        indent: indent.map(|indent| indent.min(64)),
        ascii: argument(None::<bool>, kwargs, "ensure_ascii")?.unwrap_or(defaults.ascii),
        sorted: argument(None::<bool>, kwargs, "sort_keys")?.unwrap_or(defaults.sorted),
        comma: if indent.is_some() { "," } else { defaults.comma },
    };
    kwargs.assert_all_used()?;
    let mut out = String::new();
    layout.value(&json(value)?, 0, &mut out);
    Ok(out)
}

impl Layout {
    fn value(&self, value: &Json, level: usize, out: &mut String) {
        match value {
            Json::Array(items) if !items.is_empty() => {
                let items: Vec<_> = items.iter().map(|item| (None, item)).collect();
                self.items('[', &items, level, out);
                out.push(']');
            }
            Json::Object(map) if !map.is_empty() => {
                let mut items: Vec<_> = map.iter().map(|(key, item)| (Some(key.as_str()), item)).collect();
                if self.sorted {
                    items.sort_by_key(|(key, _)| *key);
                }
                self.items('{', &items, level, out);
                out.push('}');
            }
            Json::String(text) => self.text(text, out),
            other => {
                let _ = write!(out, "{other}");
            }
        }
    }

    fn items(&self, open: char, items: &[(Option<&str>, &Json)], level: usize, out: &mut String) {
        out.push(open);
        for (n, (key, item)) in items.iter().enumerate() {
            out.push_str(if n > 0 { self.comma } else { "" });
            self.line_break(level + 1, out);
            if let Some(key) = key {
                self.text(key, out);
                out.push_str(": ");
            }
            self.value(item, level + 1, out);
        }
        self.line_break(level, out);
    }

    fn line_break(&self, level: usize, out: &mut String) {
        if let Some(indent) = self.indent {
            out.push('\n');
            out.push_str(&" ".repeat(indent * level));
        }
    }

    fn text(&self, text: &str, out: &mut String) {
        let quoted = Json::from(text).to_string();
        if !self.ascii || quoted.is_ascii() {
            return out.push_str(&quoted);
        }
        for c in quoted.chars() {
            if c.is_ascii() {
                out.push(c);
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
}

fn to_yaml(value: Value, kwargs: &Kwargs, nice: bool, indent: usize) -> Result<String, Error> {
    let indent = argument(None::<usize>, kwargs, "indent")?.unwrap_or(indent);
    let sorted = argument(None::<bool>, kwargs, "sort_keys")?.unwrap_or(true);
    let flow = argument(None::<Option<bool>>, kwargs, "default_flow_style")?;
    // Taken for the sake of Ansible's playbooks; lines are never folded, and text is never escaped for its letters.
    let _ = argument(None::<usize>, kwargs, "width")?;
    let _ = argument(None::<bool>, kwargs, "allow_unicode")?;
    kwargs.assert_all_used()?;
    let block = flow.map_or(nice, |flow| flow == Some(false));
    Ok(yaml_text::write(&json(value)?, block, indent.clamp(2, 9), sorted))
}
