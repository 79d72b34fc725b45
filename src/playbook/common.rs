//! The common keys of steps, blocks and plays.

use super::model::{Common, Named};
use super::{names, values};
use crate::diagnostic::{Problem, Problems};
use crate::yaml::{Entry, Value};

/// All common keys of a step, without `name`.
pub const KEYS: &[&str] = &[
    "register",
    "when",
    "loop",
    "retries",
    "delay",
    "until",
    "timeout",
    "ignore_errors",
    "changed_when",
    "failed_when",
    "notify",
    "throttle",
    "tags",
    "vars",
    "environment",
    "become",
    "become_user",
    "each_host",
    "delegate_to",
    "run_once",
    "no_log",
    "class",
];

/// Reads `entry` into `common`, if it is a common key; answers whether it is.
pub fn take(common: &mut Common, entry: &Entry, problems: &mut Problems) -> bool {
    if !KEYS.contains(&&*entry.key) {
        return false;
    }
    if entry.value.value == Value::Null {
        problems.push(values::empty(&entry.key, &entry.value));
        return true;
    }
    match &*entry.key {
        "register" => common.register = register(entry, problems),
        "when" => common.when = values::expressions(entry, problems),
        "until" => common.until = values::expressions(entry, problems),
        "changed_when" => common.changed_when = values::expressions(entry, problems),
        "failed_when" => common.failed_when = values::expressions(entry, problems),
        "loop" => common.r#loop = values::loop_over(entry, problems).map(Box::new),
        "notify" => common.notify = values::texts(entry, problems),
        "tags" => common.tags = tags(entry, problems),
        "vars" => common.vars = values::variables(entry, problems),
        "environment" => common.environment = values::environment(entry, problems),
        "class" => common.class = class(entry, problems),
        _ => simple(common, entry, problems),
    }
    true
}

/// The keys with one scalar, which may be a template.
fn simple(common: &mut Common, entry: &Entry, problems: &mut Problems) {
    let (slot, value) = match &*entry.key {
        "retries" => (&mut common.retries, values::count(entry, 0, problems)),
        "throttle" => (&mut common.throttle, values::count(entry, 1, problems)),
        "delay" => (&mut common.delay, values::duration(entry, problems)),
        "timeout" => (&mut common.timeout, values::duration(entry, problems)),
        "become_user" => (&mut common.become_user, values::text(entry, problems)),
        "delegate_to" => (&mut common.delegate_to, values::text(entry, problems)),
        "ignore_errors" => (&mut common.ignore_errors, values::flag(entry, problems)),
        "become" => (&mut common.r#become, values::flag(entry, problems)),
        "each_host" => (&mut common.each_host, values::flag(entry, problems)),
        "run_once" => (&mut common.run_once, values::flag(entry, problems)),
        "no_log" => (&mut common.no_log, values::flag(entry, problems)),
        _ => return,
    };
    *slot = value.map(Box::new);
}

fn register(entry: &Entry, problems: &mut Problems) -> Option<Named> {
    let named = values::literal(entry, problems)?;
    problems.extend(names::variable(&named.name, &named.place));
    Some(named)
}

/// Tags; one text may hold several with commas between them.
fn tags(entry: &Entry, problems: &mut Problems) -> Vec<String> {
    let texts = values::texts(entry, problems);
    let words = texts.iter().flat_map(|text| text.name.split(',')).map(str::trim);
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn class(entry: &Entry, problems: &mut Problems) -> Option<Named> {
    let named = values::literal(entry, problems)?;
    if !["read", "converge"].contains(&named.name.as_str()) {
        let message = format!("`class` must be `read` or `converge`, found `{}`", named.name);
        let problem = Problem::error(message).at(named.place.clone());
        problems.push(problem.did_you_mean(&named.name, ["read", "converge"]));
        return None;
    }
    Some(named)
}
