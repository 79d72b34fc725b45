//! Ansible's INI inventories: sections of hosts, of groups in a group, and of vars.
//!
//! In: a source. Out: what it says, in the draft; every line that is wrong is a problem, and the rest is still read.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Passage, Place, Problem, Source};

use super::draft::{Draft, GroupId, UNGROUPED_GROUP};
use super::passage::{slice, trimmed, verbatim};
use super::{is_secret_var, literal, words};

/// What the lines of a section are.
#[derive(Clone, Copy)]
enum Kind {
    Hosts,
    Children,
    Vars,
    /// The heading was wrong: its lines cannot be judged.
    Unknown,
}

/// A group that was spoken of before it was declared.
struct Pending {
    place: Place,
    /// The groups it shall be in; none where only its vars are given.
    parents: Vec<(GroupId, Place)>,
}

/// Reads a source into the draft.
pub(super) fn read(source: &Arc<Source>, draft: &mut Draft) {
    let mut reader = Reader { source, draft, kind: Kind::Hosts, group: UNGROUPED_GROUP, pending: IndexMap::new() };
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let range = trimmed(&source.text, start..start + line.len());
        start += line.len();
        let text = &source.text[range.clone()];
        if !text.is_empty() && !text.starts_with(['#', ';']) {
            reader.line(range);
        }
    }
    reader.undeclared();
}

struct Reader<'a, 'd, 'e> {
    source: &'a Arc<Source>,
    draft: &'d mut Draft<'e>,
    kind: Kind,
    group: GroupId,
    pending: IndexMap<Arc<str>, Pending>,
}

impl Reader<'_, '_, '_> {
    fn place(&self, range: Range<usize>) -> Place {
        Place::new(self.source, range)
    }

    fn line(&mut self, line: Range<usize>) {
        let text = &self.source.text[line.clone()];
        if let Some(heading) = heading(text) {
            return self.section(heading, line);
        }
        if text.starts_with('[') && text.ends_with(']') {
            let problem = Problem::error(format!("`{text}` is no section")).at(self.place(line));
            self.draft.problem(problem.hint("write `[group]`, `[group:children]` or `[group:vars]`, without spaces"));
            self.kind = Kind::Unknown;
            return;
        }
        match self.kind {
            Kind::Hosts => self.host(line),
            Kind::Children => self.child(line),
            Kind::Vars => self.var(line),
            Kind::Unknown => {}
        }
    }

    fn section(&mut self, heading: Heading, line: Range<usize>) {
        let name_start = line.start + 1;
        let place = self.place(name_start..name_start + heading.group.len());
        self.kind = match heading.kind {
            None | Some("hosts") => Kind::Hosts,
            Some("children") => Kind::Children,
            Some("vars") => Kind::Vars,
            Some(other) => {
                let message = format!("unknown kind of section `{other}` for group `{}`", heading.group);
                let hint = "write `hosts`, `children` or `vars`";
                let problem =
                    Problem::error(message).at(self.place(place.end + 1..place.end + 1 + other.len())).hint(hint);
                self.draft.problem(problem.did_you_mean(other, ["hosts", "children", "vars"]));
                Kind::Unknown
            }
        };
        let known = self.draft.groups.contains_key(heading.group);
        if matches!(self.kind, Kind::Vars) {
            if !known && !self.pending.contains_key(heading.group) {
                self.pending.insert(heading.group.into(), Pending { place: place.clone(), parents: Vec::new() });
            }
        } else if let Some(pending) = self.pending.shift_remove(heading.group) {
            let child = self.draft.add_group(heading.group, Some(place.clone()));
            pending.parents.into_iter().for_each(|(parent, place)| self.draft.nest(parent, child, Some(place)));
        }
        self.group = self.draft.add_group(heading.group, Some(place));
    }

    fn host(&mut self, line: Range<usize>) {
        let words = match words::split(self.source, line) {
            Ok(words) => words,
            Err(problem) => return self.draft.problem(problem),
        };
        let Some((name, vars)) = words.split_first() else { return };
        if let Some(problem) = wrong_host(name) {
            return self.draft.problem(problem);
        }
        let hosts = self.draft.add_hosts(&name.text, Some(self.group), &name.place);
        for word in vars {
            let Some((key, value)) = self.assignment(word) else { continue };
            let Some(var) = self.draft.written(&key.text, &typed(&key.text, &value), key.place.clone()) else {
                continue;
            };
            for host in &hosts {
                self.draft.set_host_var(*host, &key.text, var.clone());
            }
        }
    }

    fn child(&mut self, line: Range<usize>) {
        let text = &self.source.text[line.clone()];
        let name = text.split('#').next().unwrap_or("").trim_end();
        let place = self.place(line.start..line.start + name.len());
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == ':' || c == ']') {
            let problem = Problem::error(format!("expected the name of a group, found `{text}`"));
            return self.draft.problem(problem.at(place).hint("one group per line, nothing else"));
        }
        if let Some(child) = self.draft.groups.get_index_of(name) {
            return self.draft.nest(self.group, child, Some(place));
        }
        let pending = Pending { place: place.clone(), parents: Vec::new() };
        self.pending.entry(name.into()).or_insert(pending).parents.push((self.group, place));
    }

    fn var(&mut self, line: Range<usize>) {
        let Some((key, value)) = self.assignment(&verbatim(self.source, line)) else { return };
        let trim = |side: &Passage| slice(side, trimmed(&side.text, 0..side.text.len()));
        let (key, value) = (trim(&key), trim(&value));
        if let Some(var) = self.draft.written(&key.text, &typed(&key.text, &value), key.place.clone()) {
            self.draft.set_group_var(self.group, &key.text, var);
        }
    }

    /// The two sides of `key=value`.
    fn assignment(&mut self, word: &Passage) -> Option<(Passage, Passage)> {
        let parts = word.text.find('=').map(|at| (slice(word, 0..at), slice(word, at + 1..word.text.len())));
        let parts = parts.filter(|(key, _)| !key.text.is_empty());
        if parts.is_none() {
            // The word may be half of a secret, so it is pointed at and not repeated.
            let problem = Problem::error("expected `key=value`").at(word.place.clone());
            self.draft.problem(problem.hint("quote a value that holds spaces: `key=\"a b\"`"));
        }
        parts
    }

    fn undeclared(self) {
        let Self { draft, pending, .. } = self;
        let mut problems = Vec::new();
        for (name, pending) in &pending {
            let known = draft.groups.keys().map(|group| &**group).filter(|group| *group != &**name);
            let problem = match pending.parents.first() {
                None => Problem::error(format!("vars are given for group `{name}`, which is not declared")),
                Some((parent, _)) => {
                    let parent = draft.groups.get_index(*parent).map_or("", |(name, _)| &**name);
                    Problem::error(format!("group `{parent}` holds group `{name}`, which is not declared"))
                }
            };
            let problem = problem.at(pending.place.clone()).hint(format!("declare it with a section `[{name}]`"));
            problems.push(problem.did_you_mean(name, known));
        }
        for problem in problems {
            draft.problem(problem);
        }
    }
}

/// The value of a variable; a password that looks like a number is a password all the same.
fn typed(name: &str, value: &Passage) -> crate::yaml::Node {
    let node = literal::value(value);
    if is_secret_var(name) && node.as_text().is_none() { literal::text(value) } else { node }
}

fn wrong_host(name: &Passage) -> Option<Problem> {
    let at = |message: String, hint: &str| Some(Problem::error(message).at(name.place.clone()).hint(hint));
    if &*name.text == "---" {
        return at("`---` is no host name".to_owned(), "a YAML inventory is named `.yml` or `.yaml`");
    }
    if name.text.ends_with(':') && !name.text.contains('[') {
        return at(
            format!("`{}` ends in `:`, but no port follows", name.text),
            "write `name:port`, or leave the `:` out",
        );
    }
    None
}

#[derive(Clone, Copy)]
struct Heading<'a> {
    group: &'a str,
    kind: Option<&'a str>,
}

/// `[group]` or `[group:kind]`, perhaps with a comment behind it.
fn heading(line: &str) -> Option<Heading<'_>> {
    let (inside, behind) = line.strip_prefix('[')?.split_once(']')?;
    let behind = behind.trim_start();
    if !(behind.is_empty() || behind.starts_with('#')) {
        return None;
    }
    let (group, kind) = inside.split_once(':').map_or((inside, None), |(group, kind)| (group, Some(kind)));
    let word = |kind: &str| !kind.is_empty() && kind.chars().all(|c| c.is_alphanumeric() || c == '_');
    let named = !group.is_empty() && !group.contains(char::is_whitespace);
    (named && kind.is_none_or(word)).then_some(Heading { group, kind })
}
