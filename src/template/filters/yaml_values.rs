//! YAML as `PyYAML` reads it: plain scalars by the rules of YAML 1.1 (<https://yaml.org/type/>), which `from_yaml` follows.

use std::sync::{Arc, LazyLock};

use minijinja::Value;
use regex::Regex;

use crate::diagnostic::Source;
use crate::yaml::{self, Node};

static INTEGER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*(:[0-5]?[0-9])*)$").ok());
static FRACTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^[-+]?([0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?)$").ok()
});

/// A document; none if it is no YAML.
pub(super) fn read(text: &str) -> Option<Value> {
    let source = Arc::new(Source::new("yaml", text));
    yaml::parse(&source).ok().map(|node| value(&node))
}

fn value(node: &Node) -> Value {
    match &node.value {
        yaml::Value::List(items) => items.iter().map(value).collect(),
        yaml::Value::Map(map) => {
            Value::from_pairs(map.entries.iter().map(|entry| (Value::from(&*entry.key), value(&entry.value))))
        }
        yaml::Value::Null => Value::from(()),
        yaml::Value::Text(passage) if !node.is_plain() => Value::from(&*passage.text),
        yaml::Value::Text(passage) => plain(&passage.text),
        yaml::Value::Bool(_) | yaml::Value::Number(_) | yaml::Value::Vault(_) => {
            plain(node.written().unwrap_or_default())
        }
    }
}

fn plain(text: &str) -> Value {
    let is = |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|pattern| pattern.is_match(text));
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return true.into(),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return false.into(),
        "~" | "null" | "Null" | "NULL" | "" => return Value::from(()),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return f64::INFINITY.into(),
        "-.inf" | "-.Inf" | "-.INF" => return f64::NEG_INFINITY.into(),
        ".nan" | ".NaN" | ".NAN" => return f64::NAN.into(),
        _ => {}
    }
    let digits = text.replace('_', "");
    let number = if is(&INTEGER) {
        integer(&digits).map(Value::from)
    } else if is(&FRACTION) {
        digits.parse::<f64>().ok().map(Value::from)
    } else {
        None
    };
    number.unwrap_or_else(|| Value::from(text))
}

/// An integer of base 2, 8, 10, 16, or 60 with colons.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("-", rest) => (-1, rest),
        ("+", rest) => (1, rest),
        _ => (1, text),
    };
    let based =
        |prefix: &str, radix: u32| digits.strip_prefix(prefix).map(|rest| i128::from_str_radix(rest, radix).ok());
    let found = match digits {
        "0" => Some(0),
        _ if digits.contains(':') => {
            digits.split(':').try_fold(0_i128, |sum, part| sum.checked_mul(60)?.checked_add(part.parse().ok()?))
        }
        _ => {
            based("0b", 2).or_else(|| based("0x", 16)).or_else(|| based("0", 8)).unwrap_or_else(|| digits.parse().ok())
        }
    };
    found.map(|found| sign * found)
}
