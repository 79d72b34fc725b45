//! Characters that may not stand in a file: control characters, and those that cannot be seen or change what is seen.

use std::sync::Arc;

use crate::diagnostic::{Place, Problem, Problems, Source};
use crate::text::is_unsafe;

/// At most this many are told; a binary file is full of them.
const TOLD: usize = 20;

/// Reports each character of the text that is refused.
pub fn check(source: &Arc<Source>, problems: &mut Problems) {
    let found = source.text.char_indices().filter(|(at, c)| is_refused(&source.text, *at, *c));
    for (at, c) in found.take(TOLD) {
        problems.push(refusal(source, at, c));
    }
}

fn is_refused(text: &str, at: usize, c: char) -> bool {
    match c {
        '\n' => false,
        '\r' => !text[at..].starts_with("\r\n"),
        '\u{feff}' => at != 0,
        _ => is_unsafe(c),
    }
}

fn refusal(source: &Arc<Source>, at: usize, c: char) -> Problem {
    let (what, hint) = match c {
        '\r' => ("a carriage return without a line feed", "end lines with a line feed".to_owned()),
        c if c.is_control() => ("a control character", escape(c)),
        _ => ("an invisible character", escape(c)),
    };
    let message = format!("{what}, U+{:04X}, in the text", u32::from(c));
    Problem::error(message).at(Place::new(source, at..at + c.len_utf8())).hint(hint)
}

fn escape(c: char) -> String {
    let code = u32::from(c);
    if code <= 0xffff {
        format!("remove it, or write \"\\u{code:04x}\"")
    } else {
        format!("remove it, or write \"\\U{code:08x}\"")
    }
}
