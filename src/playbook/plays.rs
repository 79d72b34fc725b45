//! Plays: their own keys, their steps and handlers, and whom `notify` may name.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::{Common, Play, Step};
use super::reader::Reader;
use super::{common, values};
use crate::diagnostic::{Place, Problem, Problems};
use crate::yaml::{Entry, Map, Node, Value};

/// The keys of a play.
pub const KEYS: &[&str] = &[
    "name",
    "hosts",
    "serial",
    "max_fail_percentage",
    "vars",
    "vars_files",
    "environment",
    "tags",
    "when",
    "become",
    "become_user",
    "timeout",
    "no_log",
    "steps",
    "handlers",
];

/// The keys of a file, beside those of its one play.
pub const FILE: &[&str] = &["name", "lock", "inputs", "secrets", "connections", "vars", "vars_files", "plays"];

/// The keys of a play that steps have too.
const COMMON: &[&str] = &["vars", "environment", "tags", "when", "become", "become_user", "timeout", "no_log"];

impl Reader<'_> {
    /// The plays under `plays`.
    pub fn plays(&mut self, entry: &Entry) -> Vec<Play> {
        let nodes = values::list(entry, "a list of plays", &mut self.problems);
        if nodes.is_empty() && entry.value.as_list().is_some() {
            let problem = Problem::error("`plays` is empty").at(entry.value.place.clone());
            self.problems.push(problem.hint("a play has `steps`"));
        }
        nodes.iter().enumerate().filter_map(|(at, node)| self.listed(node, at + 1)).collect()
    }

    fn listed(&mut self, node: &Node, number: usize) -> Option<Play> {
        let Some(map) = node.as_map() else {
            let problem = Problem::error(format!("a play must be a mapping, found {}", node.found()));
            self.problems.push(problem.at(node.place.clone()));
            self.open = true;
            return None;
        };
        let place = map.entries.first().map_or(&node.place, |entry| &entry.key_place);
        let mut play = self.play(map, &format!("play {number}"), place);
        values::unknown(map, KEYS, &label(&play), &mut self.problems);
        if let Some(vars_files) = map.get("vars_files") {
            play.file_vars = self.vars_files(vars_files);
        }
        Some(play)
    }

    /// A play from a mapping that may hold other keys too; what its vars files hold is left to the caller.
    pub fn play(&mut self, map: &Map, default_name: &str, place: &Place) -> Play {
        let name = map.get("name").and_then(|entry| values::text(entry, &mut self.problems));
        let mut common = Common::default();
        for entry in map.entries.iter().filter(|entry| COMMON.contains(&&*entry.key)) {
            common::take(&mut common, entry, &mut self.problems);
        }
        let steps = map.get("steps").map(|entry| self.steps_of(entry));
        // A misspelt key has been told, and may well be the one that is missing.
        let misspelt = map.entries.iter().any(|entry| !KEYS.contains(&&*entry.key) && !FILE.contains(&&*entry.key));
        if steps.is_none() && !misspelt {
            self.problems.push(Problem::error("a play without `steps`").at(place.clone()).hint("add `steps`"));
        }
        let handlers = map.get("handlers").map(|entry| self.steps_of(entry)).unwrap_or_default();
        let hosts = map.get("hosts").map(|entry| hosts(entry, &mut self.problems));
        self.open |= hosts == Some(None);
        let play = Play {
            name: name.as_ref().and_then(Node::written).unwrap_or(default_name).to_owned(),
            place: place.clone(),
            hosts: hosts.flatten(),
            serial: map.get("serial").and_then(|entry| serial(entry, &mut self.problems)),
            max_fail_percentage: map.get("max_fail_percentage").and_then(|entry| percentage(entry, &mut self.problems)),
            vars: std::mem::take(&mut common.vars),
            file_vars: Vec::new(),
            common,
            steps: steps.unwrap_or_default(),
            handlers,
        };
        self.handlers(&play);
        play
    }

    /// Handlers must have names, and `notify` must name one of them.
    fn handlers(&mut self, play: &Play) {
        let mut known: HashMap<&str, &Place> = HashMap::new();
        for handler in &play.handlers {
            let Some(name) = handler.name.as_ref() else {
                let problem = Problem::error("a handler without `name`").at(handler.place.clone());
                self.problems.push(problem.hint("`notify` calls it by its name"));
                continue;
            };
            let text = name.written().unwrap_or("");
            if values::is_template(text) {
                let problem = Problem::error("a handler's name cannot hold a template").at(name.place.clone());
                self.problems.push(problem.hint("`notify` calls it by its name"));
            }
            if let Some(first) = known.insert(text, &name.place) {
                let problem = Problem::error(format!("two handlers are named `{text}`")).at(name.place.clone());
                self.problems.push(problem.hint("name one of them differently").note("the first one", first.clone()));
            }
        }
        // Handlers that were refused have been told.
        let place = &play.place;
        let lost: Vec<Arc<str>> = self.lost.iter().cloned().collect();
        for name in &lost {
            known.entry(name).or_insert(place);
        }
        notified(&play.steps, &known, &mut self.problems);
        notified(&play.handlers, &known, &mut self.problems);
    }
}

fn label(play: &Play) -> String {
    if play.name.starts_with("play ") { play.name.clone() } else { format!("play \"{}\"", play.name) }
}

/// Looks at every `notify` in these steps and inside them.
fn notified(steps: &[Step], known: &HashMap<&str, &Place>, problems: &mut Problems) {
    for step in steps {
        for name in &step.common.notify {
            if known.contains_key(name.name.as_str()) || values::is_template(&name.name) {
                continue;
            }
            let problem = Problem::error(format!("unknown handler `{}`", name.name)).at(name.place.clone());
            let mut names: Vec<&str> = known.keys().copied().collect();
            names.sort_unstable();
            problems.push(if names.is_empty() {
                problem.hint("the play has no `handlers`")
            } else {
                problem.did_you_mean(&name.name, names)
            });
        }
        for inner in step.body.lists() {
            notified(inner, known, problems);
        }
    }
}

/// A pattern, or a list of patterns.
fn hosts(entry: &Entry, problems: &mut Problems) -> Option<Node> {
    let before = problems.iter().count();
    let found = values::texts(entry, problems);
    for pattern in found.iter().filter(|pattern| values::is_template(&pattern.name)) {
        let problem = Problem::error("`hosts` cannot hold a template").at(pattern.place.clone());
        problems.push(problem.hint("name a group here, and choose with `--limit` or another inventory (`-i`)"));
    }
    let found: Vec<_> = found.into_iter().filter(|pattern| !values::is_template(&pattern.name)).collect();
    if found.is_empty() && problems.iter().count() == before {
        problems.push(values::empty(&entry.key, &entry.value));
    }
    (!found.is_empty()).then(|| entry.value.clone())
}

/// A number, a percentage, or a list of them.
fn serial(entry: &Entry, problems: &mut Problems) -> Option<Node> {
    let one = std::slice::from_ref(&entry.value);
    let nodes = entry.value.as_list().unwrap_or(one);
    let wrong: Vec<&Node> = nodes.iter().filter(|node| !is_share(node)).collect();
    for node in &wrong {
        problems.push(values::wrong("serial", node, "a number from 1 on or a percentage such as `25%`"));
    }
    if nodes.is_empty() {
        problems.push(values::empty("serial", &entry.value));
    }
    (wrong.is_empty() && !nodes.is_empty()).then(|| entry.value.clone())
}

fn is_share(node: &Node) -> bool {
    match &node.value {
        Value::Number(number) => number.as_u64().is_some_and(|number| number > 0),
        Value::Text(passage) => {
            let percent = passage.text.strip_suffix('%').unwrap_or(&passage.text);
            values::is_template(&passage.text)
                || percent.parse().is_ok_and(|share: f64| share > 0.0 && share.is_finite())
        }
        _ => false,
    }
}

/// A number from 0 to 100.
fn percentage(entry: &Entry, problems: &mut Problems) -> Option<Node> {
    let node = &entry.value;
    let text = node.written().unwrap_or("");
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>();
    let fits = values::is_template(text) || number.is_ok_and(|share| (0.0..=100.0).contains(&share));
    if !fits {
        problems.push(values::wrong(&entry.key, node, "a percentage from 0 to 100"));
    }
    fits.then(|| node.clone())
}
