//! Values of a database as JSON, without damage: numbers that JSON's numbers cannot hold become exact texts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A double; what is no number, as text.
pub(super) fn double(value: f64) -> Value {
    match serde_json::Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => "NaN".into(),
        None if value > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

/// A float of four bytes by its shortest decimal form: 0.1 and not 0.10000000149.
pub(super) fn float(value: f32) -> Value {
    double(value.to_string().parse().unwrap_or(f64::from(value)))
}

/// Bytes as base64.
pub(super) fn bytes(value: &[u8]) -> Value {
    STANDARD.encode(value).into()
}

/// A JSON document; its numbers that a double or 64 bits cannot hold become texts.
pub(super) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(&quote_large(text)).map_err(|error| format!("no valid JSON: {error}"))
}

fn quote_large(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), String::with_capacity(text.len()), 0);
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                out.push_str(&text[start..at]);
            }
            b'-' | b'0'..=b'9' => {
                let inside = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                at += bytes[at..].iter().position(|byte| !inside(byte)).unwrap_or(bytes.len() - at);
                let number = &text[start..at];
                let quote = if fits(number) { "" } else { "\"" };
                out.extend([quote, number, quote]);
            }
            _ => {
                at += 1;
                while !text.is_char_boundary(at) {
                    at += 1;
                }
                out.push_str(&text[start..at]);
            }
        }
    }
    out
}

/// Whether a JSON number survives as 64 bits or a double.
fn fits(number: &str) -> bool {
    if !number.contains(['.', 'e', 'E']) {
        return number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
    }
    number.parse::<f64>().is_ok_and(|value| value.is_finite() && digits(number) == digits(&format!("{value:e}")))
}

/// The significant digits of a number, without sign, point, exponent and zeros at the ends.
fn digits(number: &str) -> String {
    let mantissa = number.split(['e', 'E']).next().unwrap_or("");
    let all: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    all.trim_start_matches('0').trim_end_matches('0').to_owned()
}
