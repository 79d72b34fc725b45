//! Lists of steps, and what makes a step one: exactly one type key beside the common keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::model::{Body, Common, Named, Step};
use super::reader::Reader;
use super::{common, foreign, values};
use crate::diagnostic::{Place, Problem};
use crate::text::nearest;
use crate::yaml::{Entry, Map, Node, Value};

/// Deepest nesting of blocks, branches and includes.
const DEEPEST: usize = 32;

/// Most steps of a playbook, includes counted as often as they stand.
const MOST_STEPS: usize = 500_000;

const STRUCTURE: &[&str] = &["block", "parallel", "include", "flush_handlers"];

/// A step's entries, sorted by what they are.
struct Parts<'n> {
    label: String,
    name: Option<Node>,
    common: Common,
    types: Vec<&'n Entry>,
    /// `rescue` and `always`.
    ends: Vec<&'n Entry>,
    unknown: Vec<&'n Entry>,
}

impl Reader<'_> {
    /// The steps under a key.
    pub fn steps_of(&mut self, entry: &Entry) -> Vec<Step> {
        if entry.value.as_list().is_none() {
            self.problems.push(values::wrong(&entry.key, &entry.value, "a list of steps"));
        }
        self.steps(entry.value.as_list().unwrap_or(&[]))
    }

    /// A list of steps.
    pub fn steps(&mut self, nodes: &[Node]) -> Vec<Step> {
        let Some(first) = nodes.first() else { return Vec::new() };
        if self.depth == DEEPEST {
            let problem = Problem::error(format!("steps are nested more than {DEEPEST} deep"));
            self.problems.push(problem.at(first.place.clone()));
            return Vec::new();
        }
        self.depth += 1;
        let steps = nodes.iter().enumerate().filter_map(|(at, node)| self.step(node, at + 1)).collect();
        self.depth -= 1;
        steps
    }

    fn step(&mut self, node: &Node, number: usize) -> Option<Step> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            let problem = Problem::error(format!("the playbook has more than {MOST_STEPS} steps"));
            self.problems.push(problem.at(node.place.clone()).hint("use `loop`, or several playbooks"));
            return None;
        }
        match &node.value {
            Value::Map(map) => {
                let step = self.mapping(node, map, number);
                if step.is_none() {
                    given(node, &mut self.lost);
                }
                step
            }
            Value::Text(passage) if &*passage.text == "flush_handlers" => {
                let place = node.place.clone();
                Some(Step { name: None, place, common: Common::default(), body: Body::FlushHandlers })
            }
            _ => {
                self.no_mapping(node);
                None
            }
        }
    }

    fn no_mapping(&mut self, node: &Node) {
        let problem =
            Problem::error(format!("a step must be a mapping, found {}", node.found())).at(node.place.clone());
        let known = node
            .as_text()
            .and_then(|text| nearest(text, self.vocabulary.types.iter().copied().chain(["flush_handlers"])));
        self.problems.push(match known {
            Some("flush_handlers") => problem.hint("did you mean `flush_handlers`?"),
            Some(kind) => problem.hint(format!("write `{kind}: ...`")),
            None => problem,
        });
    }

    fn mapping(&mut self, node: &Node, map: &Map, number: usize) -> Option<Step> {
        let parts = self.sort(map, number);
        let kind = self.kind(&parts, &start(node, map));
        for entry in parts.unknown.iter().filter(|entry| !kind.is_unknown(entry)) {
            self.unknown_key(entry, &parts.label);
        }
        let Kind::Is(kind) = kind else { return None };
        let body = self.body(kind, &parts)?;
        Some(Step { name: parts.name, place: start(node, map), common: parts.common, body })
    }

    fn sort<'n>(&mut self, map: &'n Map, number: usize) -> Parts<'n> {
        let name = map.get("name").and_then(|entry| values::text(entry, &mut self.problems));
        let label = match name.as_ref().and_then(Node::written) {
            Some(name) => format!("step \"{name}\""),
            None => format!("step {number}"),
        };
        let (types, ends, unknown) = (Vec::new(), Vec::new(), Vec::new());
        let mut parts = Parts { label, name, common: Common::default(), types, ends, unknown };
        for entry in &map.entries {
            match &*entry.key {
                "name" => {}
                "rescue" | "always" => parts.ends.push(entry),
                key if STRUCTURE.contains(&key) || self.vocabulary.types.contains(&key) => parts.types.push(entry),
                _ if common::take(&mut parts.common, entry, &mut self.problems) => {}
                _ => parts.unknown.push(entry),
            }
        }
        parts
    }

    /// The step's type key, or what is wrong with it.
    fn kind<'n>(&mut self, parts: &Parts<'n>, place: &Place) -> Kind<'n> {
        match (parts.types.as_slice(), parts.ends.first()) {
            ([kind], _) => return Kind::Is(kind),
            ([first, second, ..], _) => {
                let (one, two) = (&first.key, &second.key);
                let problem = Problem::error(format!("two types in {}: `{one}` and `{two}`", parts.label));
                let problem = problem.at(second.key_place.clone()).hint("make two steps of it");
                self.problems.push(problem.note("the first type", first.key_place.clone()));
                return Kind::Wrong;
            }
            ([], Some(end)) => {
                let problem = Problem::error(format!("`{}` without `block` in {}", end.key, parts.label));
                self.problems.push(problem.at(end.key_place.clone()).hint("put the steps it is for under `block`"));
                return Kind::Wrong;
            }
            ([], None) => {}
        }
        let is_type = |entry: &&&Entry| nearest(&entry.key, common::KEYS.iter().copied().chain(["name"])).is_none();
        if let Some(entry) = parts.unknown.iter().find(is_type) {
            self.unknown_type(entry, &parts.label);
            return Kind::Unknown(entry);
        }
        let problem = Problem::error(format!("{} has no type", parts.label)).at(place.clone());
        self.problems.push(problem.hint("say what it does: `exec`, `put`, `block`, ..."));
        Kind::Wrong
    }

    fn unknown_type(&mut self, entry: &Entry, label: &str) {
        let problem =
            Problem::error(format!("unknown step type `{}` in {label}", entry.key)).at(entry.key_place.clone());
        let known = self.vocabulary.types.iter().chain(STRUCTURE).copied();
        let ours = foreign::ours(&entry.key).filter(|ours| known.clone().any(|known| known == *ours));
        self.problems.push(match ours {
            Some(ours) => problem.hint(format!("here it is `{ours}`")),
            None => problem.did_you_mean(&entry.key, known),
        });
    }

    fn unknown_key(&mut self, entry: &Entry, label: &str) {
        // A misspelt `register` or `vars` would have given these.
        self.lost.extend(entry.value.written().map(Arc::from));
        given(&entry.value, &mut self.lost);
        let known = common::KEYS.iter().copied().chain(["name", "rescue", "always"]);
        let known: Vec<&str> =
            known.chain(self.vocabulary.types.iter().copied()).chain(STRUCTURE.iter().copied()).collect();
        self.problems.push(values::unknown_key(entry, &known, label));
    }

    fn body(&mut self, kind: &Entry, parts: &Parts<'_>) -> Option<Body> {
        if let Some(end) = parts.ends.first().filter(|_| &*kind.key != "block") {
            let message = format!("`{}` goes with `block`, not with `{}`", end.key, kind.key);
            self.problems.push(Problem::error(message).at(end.key_place.clone()));
        }
        if let Some(register) = parts.common.register.as_ref().filter(|_| STRUCTURE.contains(&&*kind.key)) {
            let problem = Problem::error(format!("`register` cannot stand on `{}`", kind.key));
            self.problems.push(problem.at(register.place.clone()).hint("register the steps inside it"));
        }
        match &*kind.key {
            "block" => Some(self.block(kind, &parts.ends)),
            "parallel" => Some(self.parallel(kind)),
            "include" => self.include(kind, &parts.common.vars),
            "flush_handlers" => Some(self.flush_handlers(kind)),
            _ => self.action(kind, &parts.label),
        }
    }

    fn action(&mut self, kind: &Entry, label: &str) -> Option<Body> {
        if kind.value.value == Value::Null {
            let problem = Problem::error(format!("`{}` in {label} has no value", kind.key));
            self.problems.push(problem.at(kind.key_place.clone()).hint("say what it does"));
            return None;
        }
        let named = |entry: &Entry| Named { name: entry.key.to_string(), place: entry.key_place.clone() };
        let entries = kind.value.as_map().map(|map| map.entries.as_slice()).unwrap_or_default();
        let lists = entries.iter().filter(|entry| self.vocabulary.lists.contains(&(&*kind.key, &*entry.key)));
        let lists: Vec<&Entry> = lists.collect();
        // What is no list is told where parameters are judged.
        let inside = lists.into_iter().filter_map(|entry| Some((named(entry), self.steps(entry.value.as_list()?))));
        let inside = inside.collect();
        Some(Body::Action { kind: named(kind), args: kind.value.clone(), inside })
    }

    fn block(&mut self, block: &Entry, ends: &[&Entry]) -> Body {
        let mut under = |key: &str| {
            let entry = ends.iter().find(|entry| &*entry.key == key);
            entry.map(|entry| self.steps_of(entry)).unwrap_or_default()
        };
        let (rescue, always) = (under("rescue"), under("always"));
        Body::Block { steps: self.steps_of(block), rescue, always }
    }

    fn parallel(&mut self, parallel: &Entry) -> Body {
        let mut branches = Vec::new();
        for branch in values::list(parallel, "a list of lists of steps", &mut self.problems) {
            if let Some(steps) = branch.as_list() {
                branches.push(self.steps(steps));
                continue;
            }
            let message = format!("a branch of `parallel` must be a list of steps, found {}", branch.found());
            let problem = Problem::error(message).at(branch.place.clone());
            self.problems.push(problem.hint("write `- - exec: ...`"));
        }
        Body::Parallel(branches)
    }

    fn flush_handlers(&mut self, entry: &Entry) -> Body {
        if !matches!(entry.value.value, Value::Null | Value::Bool(true)) {
            self.problems.push(values::wrong(&entry.key, &entry.value, "without a value"));
        }
        Body::FlushHandlers
    }
}

/// What the type key of a step is.
enum Kind<'n> {
    Is(&'n Entry),
    /// This key seems to be meant as the type.
    Unknown(&'n Entry),
    Wrong,
}

impl Kind<'_> {
    fn is_unknown(&self, entry: &Entry) -> bool {
        matches!(self, Self::Unknown(kind) if kind.key_place == entry.key_place)
    }
}

/// The names that a step with mistakes would have given, or may have been meant to: what it and the steps inside it
/// register, and every key.
fn given(node: &Node, names: &mut BTreeSet<Arc<str>>) {
    for node in node.as_list().unwrap_or_default() {
        given(node, names);
    }
    for entry in node.as_map().map(|map| map.entries.as_slice()).unwrap_or_default() {
        names.insert(Arc::clone(&entry.key));
        if matches!(&*entry.key, "register" | "name") {
            names.extend(entry.value.written().map(Arc::from));
        }
        given(&entry.value, names);
    }
}

/// Where a step begins: its first key, which says more than all its lines.
fn start(node: &Node, map: &Map) -> Place {
    map.entries.first().map_or_else(|| node.place.clone(), |entry| entry.key_place.clone())
}
