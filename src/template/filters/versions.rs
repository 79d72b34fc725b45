//! `is version`: comparing versions loosely, as Python's old `LooseVersion` did, or strictly by semantic versioning.

use std::cmp::Ordering;

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, Value};

use super::{argument, refuse, text};

pub(super) fn register(env: &mut Environment<'static>) {
    for name in ["version", "version_compare"] {
        env.add_test(name, version);
    }
}

fn version(have: Value, want: Value, operator: Option<String>, kwargs: Kwargs) -> Result<bool, Error> {
    let operator = argument(operator, &kwargs, "operator")?;
    let strict = argument(None::<bool>, &kwargs, "strict")?.unwrap_or(false);
    let kind = argument(None::<String>, &kwargs, "version_type")?;
    kwargs.assert_all_used()?;
    let (have, want) = (text(&have)?, text(&want)?);
    if have.is_empty() || want.is_empty() {
        return Err(refuse("a version may not be empty"));
    }
    let order = match kind.as_deref() {
        None | Some("loose") if !strict => loose(&have, &want)?,
        None | Some("strict" | "semver" | "semantic") => semantic(&have)?.cmp(&semantic(&want)?),
        Some(other) => return Err(refuse(format!("there is no version type `{other}`; there are loose and semver"))),
    };
    match operator.as_deref().unwrap_or("eq") {
        "==" | "=" | "eq" => Ok(order.is_eq()),
        "!=" | "<>" | "ne" => Ok(order.is_ne()),
        "<" | "lt" => Ok(order.is_lt()),
        "<=" | "le" => Ok(order.is_le()),
        ">" | "gt" => Ok(order.is_gt()),
        ">=" | "ge" => Ok(order.is_ge()),
        other => Err(refuse(format!("there is no operator `{other}`; there are ==, !=, <, <=, >, >="))),
    }
}

/// A part of a loose version.
#[derive(PartialEq, Eq)]
enum Part<'v> {
    Number(&'v str),
    Word(&'v str),
}

fn loose(have: &str, want: &str) -> Result<Ordering, Error> {
    let (have, want) = (parts(have), parts(want));
    for (a, b) in have.iter().zip(&want) {
        let order = match (a, b) {
            (Part::Number(a), Part::Number(b)) => numeric(a, b),
            (Part::Word(a), Part::Word(b)) => a.cmp(b),
            _ => return Err(refuse("these versions cannot be compared: a number stands against a word")),
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(have.len().cmp(&want.len()))
}

/// Numbers of any length, without leading zeros.
fn numeric(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Runs of digits, runs of lower-case letters, and what is between them; dots only separate.
fn parts(version: &str) -> Vec<Part<'_>> {
    let class = |c: char| match c {
        '0'..='9' => 0,
        'a'..='z' => 1,
        '.' => 2,
        _ => 3,
    };
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| class(c) != class(first)).unwrap_or(rest.len());
        let (part, left) = rest.split_at(end);
        match class(first) {
            0 => parts.push(Part::Number(part)),
            2 => {}
            _ => parts.push(Part::Word(part)),
        }
        rest = left;
    }
    parts
}

/// A semantic version in its order (semver.org, 11): a pre-release is before its release.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Semantic {
    core: Vec<u64>,
    release: bool,
    before: Vec<(bool, u64, String)>,
}

fn semantic(version: &str) -> Result<Semantic, Error> {
    let wrong = || refuse("this is no semantic version (MAJOR.MINOR.PATCH)");
    let version = version.split('+').next().unwrap_or("");
    let (core, before) = version.split_once('-').map_or((version, None), |(core, before)| (core, Some(before)));
    let core: Vec<u64> = core.split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
    if core.len() != 3 || before == Some("") {
        return Err(wrong());
    }
    let part = |part: &str| match part.parse() {
        Ok(number) => (false, number, String::new()),
        Err(_) => (true, 0, part.to_owned()),
    };
    let parts = before.map_or_else(Vec::new, |before| before.split('.').map(part).collect());
    Ok(Semantic { core, release: before.is_none(), before: parts })
}
