//! Host names as inventories write them: `name:port`, `[address]:port`, ranges, and which names are refused.

use std::net::Ipv6Addr;

use crate::text::is_unsafe;

/// How many hosts an inventory may have.
pub(super) const MOST_HOSTS: usize = 100_000;

/// `name:port` and `[address]:port` in their parts; anything else is a name without a port.
pub(super) fn split_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
        && inner.parse::<Ipv6Addr>().is_ok()
    {
        return Some((inner, port));
    }
    (!host.is_empty() && !colon_outside_brackets(host)).then_some((host, port))
}

fn colon_outside_brackets(text: &str) -> bool {
    let mut depth = 0usize;
    text.bytes().any(|b| {
        match b {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        b == b':' && depth == 0
    })
}

/// Every name that a text with ranges (`web[01:20]`, `[a:f]`, `[1:10:2]`) stands for, or what is wrong with it.
pub(super) fn expand(text: &str) -> Result<Vec<String>, &'static str> {
    let mut names = vec![String::new()];
    let mut rest = text;
    while let Some((head, behind)) = rest.split_once('[') {
        let (range, tail) = behind.split_once(']').ok_or("the range is not closed")?;
        let values = range_values(range)?;
        if names.len().saturating_mul(values.len()) > MOST_HOSTS {
            return Err("the range stands for more than 100000 hosts");
        }
        names = names.iter().flat_map(|name| values.iter().map(move |value| format!("{name}{head}{value}"))).collect();
        rest = tail;
    }
    if rest.contains(']') {
        return Err("a `]` without its `[`");
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// What stands between the brackets of a range, written out.
fn range_values(range: &str) -> Result<Vec<String>, &'static str> {
    let bounds: Vec<&str> = range.split(':').collect();
    let (first, last, step) = match bounds[..] {
        [first, last] => (first, last, "1"),
        [first, last, step] => (first, last, step),
        _ => return Err("a range is written `[first:last]` or `[first:last:step]`"),
    };
    let step: usize = step.parse().ok().filter(|step| *step > 0).ok_or("the step of a range is a number from 1")?;
    let first = if first.is_empty() { "0" } else { first };
    if last.is_empty() {
        return Err("a range needs its last value");
    }
    if let (Some(from), Some(to)) = (letter(first), letter(last)) {
        // Lower case comes before upper case, as in Ansible.
        let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
        let position = |c: char| letters.iter().position(|other| *other == c).unwrap_or(0);
        let chosen = letters.get(position(from)..=position(to)).ok_or(BACKWARDS)?;
        return Ok(chosen.iter().step_by(step).map(char::to_string).collect());
    }
    numbers(first, last, step)
}

const BACKWARDS: &str = "the first value of a range is not past the last";

fn letter(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|c| c.is_ascii_alphabetic() && chars.next().is_none())
}

fn numbers(first: &str, last: &str, step: usize) -> Result<Vec<String>, &'static str> {
    let width = if first.len() > 1 && first.starts_with('0') { first.len() } else { 0 };
    if width > 0 && width != last.len() {
        return Err("both ends of a range with leading zeros have the same number of digits");
    }
    let number = |text: &str| text.parse::<u64>().map_err(|_| "a range goes from number to number or letter to letter");
    let (from, to) = (number(first)?, number(last)?);
    if from > to {
        return Err(BACKWARDS);
    }
    if (to - from) / step as u64 >= MOST_HOSTS as u64 {
        return Err("the range stands for more than 100000 hosts");
    }
    Ok((from..=to).step_by(step).map(|n| format!("{n:0width$}")).collect())
}

/// Why a text cannot be the name of a host.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("is empty");
    }
    if name.starts_with('-') {
        return Some("begins with `-`, which programs take for an option");
    }
    if name.chars().any(|c| is_unsafe(c) || c == '\t') {
        return Some("holds a control or invisible character");
    }
    if name.contains(char::is_whitespace) {
        return Some("holds white space");
    }
    if name.contains('/') || name == "." || name == ".." {
        return Some("reads as a path");
    }
    if name.contains(':') && name.split('%').next().is_none_or(|address| address.parse::<Ipv6Addr>().is_err()) {
        return Some("holds a `:` and is no IPv6 address");
    }
    None
}

/// Whether a text reads as one address or name, perhaps with ranges and a port, rather than as several patterns
/// between colons.
pub(super) fn is_one(text: &str) -> bool {
    if text.parse::<Ipv6Addr>().is_ok() {
        return true;
    }
    let host = split_port(text).map_or(text, |(host, _)| host);
    host.parse::<Ipv6Addr>().is_ok() || plain_ranges(host).split('.').all(is_label)
}

/// `text` with a letter in place of every range.
fn plain_ranges(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, behind)) = rest.split_once('[') {
        let Some((_, tail)) = behind.split_once(']').filter(|(range, _)| is_range(range)) else { break };
        out.push_str(head);
        out.push('a');
        rest = tail;
    }
    out + rest
}

fn is_range(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match text.split(':').collect::<Vec<_>>()[..] {
        [first, last] => (number(first) && number(last)) || (letter(first).is_some() && letter(last).is_some()),
        [first, last, step] => is_range(&format!("{first}:{last}")) && number(step),
        _ => false,
    }
}

fn is_label(label: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    label.chars().all(inside) && !label.is_empty() && !label.starts_with('-') && !label.ends_with(['-', '_'])
}
