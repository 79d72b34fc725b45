//! Ansible's host patterns as data: terms with a sign, what they match, and a subscript.
//!
//! In: the text of a pattern. Out: its terms in the order in which they are applied. Knows no inventory.

use regex::Regex;

use super::SelectError;
use super::address::is_one;

/// What a term does to the hosts found so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// Adds what it matches.
    Add,
    /// `&`: keeps only what it matches.
    Keep,
    /// `!`: takes away what it matches.
    Drop,
}

/// What names a term matches.
pub(super) enum Names {
    /// One name.
    Exact(String),
    /// `web*`, `~regex`.
    Matching(Regex),
}

/// `[0]`, `[-1]`, `[0:2]` (both ends belong to it), `[2:]`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subscript {
    /// One host; counted from the end where it is negative.
    One(i64),
    /// From one host to another, or to the end.
    Range(usize, Option<usize>),
}

/// One part of a pattern.
pub(super) struct Term {
    pub(super) sign: Sign,
    /// As it was written, without its sign.
    pub(super) text: String,
    pub(super) names: Names,
    /// Whether hosts are looked at even where a group matches.
    pub(super) hosts_too: bool,
    pub(super) subscript: Option<Subscript>,
}

/// The terms of a pattern, additions first, then `&`, then `!`; `all` is added to where nothing else is.
pub(super) fn parse(pattern: &str) -> Result<Vec<Term>, SelectError> {
    terms(&split(pattern))
}

/// The terms of parts that were split already.
pub(super) fn terms(parts: &[String]) -> Result<Vec<Term>, SelectError> {
    let mut terms = parts.iter().map(|part| term(part)).collect::<Result<Vec<_>, _>>()?;
    if terms.is_empty() {
        return Err(SelectError::Empty);
    }
    if !terms.iter().any(|term| term.sign == Sign::Add) {
        terms.push(term(super::model::ALL)?);
    }
    terms.sort_by_key(|term| term.sign);
    Ok(terms)
}

/// The parts of a pattern: between commas if it has any, else between colons that belong to no address or bracket.
pub(super) fn split(pattern: &str) -> Vec<String> {
    let trim = |parts: Vec<&str>| -> Vec<String> {
        parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    if pattern.contains(',') {
        return trim(pattern.split(',').collect());
    }
    if is_one(pattern.trim()) {
        return trim(vec![pattern]);
    }
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(c) = pattern[at..].chars().next() {
        let bracket = if c == '[' { pattern[at..].find(']') } else { None };
        if let Some(length) = bracket {
            at += length + 1;
            continue;
        }
        if c.is_whitespace() || c == ':' {
            parts.push(&pattern[start..at]);
            start = at + c.len_utf8();
        }
        at += c.len_utf8();
    }
    parts.push(&pattern[start..]);
    trim(parts)
}

fn term(part: &str) -> Result<Term, SelectError> {
    let (sign, text) = match part.split_at_checked(1) {
        Some(("!", text)) => (Sign::Drop, text),
        Some(("&", text)) => (Sign::Keep, text),
        _ => (Sign::Add, part),
    };
    if text.is_empty() {
        return Err(SelectError::Sign { part: part.to_owned() });
    }
    let malformed = |reason: String| SelectError::Malformed { part: part.to_owned(), reason };
    if let Some(regex) = text.strip_prefix('~') {
        // Python's `match` looks at the beginning of a name only, and nothing says where it ends.
        let regex = Regex::new(&format!("^(?:{regex})")).map_err(|error| malformed(last_line(&error.to_string())))?;
        return Ok(Term {
            sign,
            text: text.to_owned(),
            names: Names::Matching(regex),
            hosts_too: true,
            subscript: None,
        });
    }
    let (name, subscript) = subscript(text).map_or((text, None), |(name, subscript)| (name, Some(subscript)));
    let names = if name.contains(['*', '?', '[']) {
        Names::Matching(Regex::new(&glob(name)).map_err(|error| malformed(last_line(&error.to_string())))?)
    } else {
        Names::Exact(name.to_owned())
    };
    let hosts_too = name.contains(['.', '?', '*', '[']);
    Ok(Term { sign, text: text.to_owned(), names, hosts_too, subscript })
}

/// The last line of what the regex crate says, which is the reason.
fn last_line(error: &str) -> String {
    error.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned()
}

/// A name and the subscript behind it.
fn subscript(text: &str) -> Option<(&str, Subscript)> {
    let (name, inside) = text.strip_suffix(']')?.rsplit_once('[')?;
    if name.is_empty() {
        return None;
    }
    if let Some((first, last)) = inside.split_once(':') {
        let last = if last.is_empty() { None } else { Some(digits(last)?) };
        return Some((name, Subscript::Range(digits(first)?, last)));
    }
    let negative = inside.strip_prefix('-');
    let number = i64::try_from(digits(negative.unwrap_or(inside))?).ok()?;
    Some((name, Subscript::One(if negative.is_some() { -number } else { number })))
}

fn digits(text: &str) -> Option<usize> {
    let valid = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if valid { Some(text.parse().unwrap_or(usize::MAX)) } else { None }
}

/// Python's `fnmatch`: `*`, `?`, `[seq]`, `[!seq]`, over the whole name.
fn glob(pattern: &str) -> String {
    let mut out = "^(?s:".to_owned();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '[' => rest = set(rest, &mut out),
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out + ")$"
}

/// Reads a set up to its `]` (one that comes first belongs to it) and gives what is left; without one, `[` is itself.
fn set<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let negated = rest.strip_prefix('!');
    let body = negated.unwrap_or(rest);
    let skip = body.starts_with(']').into();
    let Some(end) = body.get(skip..).and_then(|tail| tail.find(']')).map(|at| at + skip) else {
        out.push_str("\\[");
        return rest;
    };
    out.push_str(if negated.is_some() { "[^" } else { "[" });
    for c in body[..end].chars() {
        if c == '-' { out.push('-') } else { out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))) }
    }
    out.push(']');
    &body[end + 1..]
}
