//! What a plain scalar stands for: the core schema of YAML 1.2, as far as JSON can hold it exactly.

use serde_json::Number;

/// A plain scalar that is no text.
pub enum Plain {
    /// `null`, `~`, nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Number(Number),
}

/// What `text` stands for without quotes; none if it is a text.
pub fn resolve(text: &str) -> Option<Plain> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Plain::Null),
        "true" | "True" | "TRUE" => Some(Plain::Bool(true)),
        "false" | "False" | "FALSE" => Some(Plain::Bool(false)),
        // Most texts begin with a letter and are done with here.
        _ if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => number(text).map(Plain::Number),
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let leading_zero = unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.as_bytes()[1].is_ascii_digit();
    if leading_zero || !has_digits(unsigned) {
        return None;
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return integer(text);
    }
    text.parse().ok().filter(|value: &f64| value.is_finite()).and_then(Number::from_f64)
}

/// Rust reads `inf`, `nan` and `infinity` as numbers too, YAML does not.
fn has_digits(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && !text.starts_with(['e', 'E', '+', '-'])
}

fn integer(text: &str) -> Option<Number> {
    let positive = text.strip_prefix('+').unwrap_or(text);
    positive.parse::<i64>().map(Number::from).or_else(|_| positive.parse::<u64>().map(Number::from)).ok()
}

fn radix(digits: &str, radix: u32) -> Option<Number> {
    let valid = digits.chars().all(|c| c.is_digit(radix));
    if valid { u64::from_str_radix(digits, radix).ok().map(Number::from) } else { None }
}
