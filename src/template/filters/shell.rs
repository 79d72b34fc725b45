//! `quote`: a text as one word of a POSIX shell.

use minijinja::{Environment, Error, Value};

use super::{refuse, text};

pub(super) fn register(env: &mut Environment<'static>) {
    env.add_filter("quote", quote);
}

/// As Python's `shlex.quote` does it.
fn quote(value: Value) -> Result<String, Error> {
    let text = if value.is_none() { String::new() } else { text(&value)? };
    if text.contains('\0') {
        return Err(refuse("a word of a shell command may not hold a NUL"));
    }
    let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        return Ok(text);
    }
    Ok(format!("'{}'", text.replace('\'', "'\"'\"'")))
}
