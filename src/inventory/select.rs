//! Which hosts a pattern means.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexSet;

use crate::diagnostic::Problem;
use crate::text::nearest;

use super::Inventory;
use super::model::{ALL, LOCALHOST, UNGROUPED};
use super::pattern::{self, Names, Sign, Subscript, Term};

/// Why a pattern selects nothing, or cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// There is no pattern.
    #[error("the host pattern is empty")]
    Empty,
    /// A sign stands alone.
    #[error("`{part}` in the host pattern has no name behind it")]
    Sign {
        /// The sign.
        part: String,
    },
    /// A regular expression or a set that is wrong.
    #[error("`{part}` in the host pattern is malformed: {reason}")]
    Malformed {
        /// The part of the pattern.
        part: String,
        /// What is wrong.
        reason: String,
    },
    /// Nothing is left, or was there.
    #[error("no host matches `{pattern}`")]
    NoHost {
        /// The whole pattern.
        pattern: String,
        /// What to do.
        hint: String,
    },
    /// A file of `--limit` that cannot be read.
    #[error("cannot read the limit file: {reason}")]
    LimitFile {
        /// Why.
        reason: String,
    },
}

impl From<SelectError> for Problem {
    fn from(error: SelectError) -> Self {
        let problem = Self::error(error.to_string());
        match error {
            SelectError::Empty | SelectError::Sign { .. } => problem.hint("write `all`, a group or a host"),
            SelectError::Malformed { .. } | SelectError::LimitFile { .. } => problem,
            SelectError::NoHost { hint, .. } => problem.hint(hint),
        }
    }
}

/// What a pattern selects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The hosts, each once, in Ansible's order.
    pub hosts: Vec<Arc<str>>,
    /// Warnings: parts of the pattern that name no host and no group.
    pub warnings: Vec<Problem>,
}

impl Inventory {
    /// The hosts that one of Ansible's patterns selects, in its order; at least one.
    pub fn select(&self, pattern: &str) -> Result<Vec<Arc<str>>, SelectError> {
        self.selection(pattern).map(|selection| selection.hosts)
    }

    /// [`Self::select`] with its warnings.
    pub fn selection(&self, pattern: &str) -> Result<Selection, SelectError> {
        self.apply(&pattern::parse(pattern)?, pattern)
    }

    /// The hosts that `--limit` allows: a pattern, in which `@FILE` stands for the patterns in its lines.
    pub fn limit(&self, limit: &str) -> Result<Selection, SelectError> {
        let mut parts = Vec::new();
        for part in pattern::split(limit) {
            match part.strip_prefix('@') {
                Some(file) => parts.extend(lines(Path::new(file))?),
                None => parts.push(part),
            }
        }
        self.apply(&pattern::terms(&parts)?, limit)
    }

    fn apply(&self, terms: &[Term], pattern: &str) -> Result<Selection, SelectError> {
        let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
        let mut warnings = Vec::new();
        for term in terms {
            let found = self.matches(term);
            if found.is_none() {
                let message = format!("`{}` in the host pattern names no host and no group", term.text);
                warnings.push(Problem::warning(message).did_you_mean(&term.text, self.names()));
            }
            let found = found.unwrap_or_default();
            match term.sign {
                Sign::Add => hosts.extend(found),
                Sign::Keep => hosts.retain(|host| found.contains(host)),
                Sign::Drop => hosts.retain(|host| !found.contains(host)),
            }
        }
        if hosts.is_empty() {
            return Err(SelectError::NoHost { pattern: pattern.to_owned(), hint: self.hint(terms) });
        }
        Ok(Selection { hosts: hosts.into_iter().collect(), warnings })
    }

    /// The hosts of one term; none if it names neither a group nor a host.
    fn matches(&self, term: &Term) -> Option<IndexSet<Arc<str>>> {
        let written = self.hosts.get_key_value(term.text.as_str());
        if let Some((name, _)) = written.filter(|_| term.sign == Sign::Add) {
            return Some(IndexSet::from([Arc::clone(name)]));
        }
        let (mut hosts, in_groups) = self.in_groups(&term.names);
        if !in_groups || term.hosts_too {
            match &term.names {
                Names::Exact(name) => {
                    hosts.extend(self.hosts.get_key_value(name.as_str()).map(|(name, _)| name.clone()));
                }
                Names::Matching(regex) => hosts.extend(self.hosts.keys().filter(|name| regex.is_match(name)).cloned()),
            }
        }
        if hosts.is_empty() && matches!(&term.names, Names::Exact(name) if name == LOCALHOST) {
            hosts.insert(Arc::clone(&self.localhost.name));
        }
        if hosts.is_empty() && !in_groups {
            return None;
        }
        Some(match term.subscript {
            Some(subscript) => chosen(&hosts, subscript),
            None => hosts,
        })
    }

    /// The hosts of the groups of these names, and whether there is such a group.
    fn in_groups(&self, names: &Names) -> (IndexSet<Arc<str>>, bool) {
        match names {
            Names::Exact(name) => (self.members(name).into_iter().collect(), self.groups.contains_key(name.as_str())),
            Names::Matching(regex) => {
                let groups: Vec<_> = self.groups.keys().filter(|name| regex.is_match(name)).collect();
                // What is in `all` is everything: nothing else can add to it.
                let everything = groups.iter().position(|name| &***name == ALL);
                let needed = everything.map_or(&groups[..], |at| &groups[at..=at]);
                (needed.iter().flat_map(|name| self.members(name)).collect(), !groups.is_empty())
            }
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let groups = self.groups.keys().map(|name| &**name).filter(|name| *name != UNGROUPED);
        groups.chain(self.hosts.keys().map(|name| &**name))
    }

    /// What to do about a pattern that selects nothing.
    fn hint(&self, terms: &[Term]) -> String {
        if self.hosts.is_empty() {
            return "the inventory names no host: give one with `-i FILE`".to_owned();
        }
        for term in terms.iter().filter(|term| term.sign != Sign::Drop && self.matches(term).is_none()) {
            if let Some(near) = nearest(&term.text, self.names()) {
                return format!("did you mean `{near}`?");
            }
        }
        if let Some(term) = terms
            .iter()
            .find(|term| self.groups.get(term.text.as_str()).is_some_and(|_| self.members(&term.text).is_empty()))
        {
            return format!("group `{}` is empty", term.text);
        }
        let groups: Vec<_> = self.groups.keys().map(|name| &**name).filter(|name| *name != UNGROUPED).take(8).collect();
        format!("there are the groups {}; `runbook inventory --graph` shows all", groups.join(", "))
    }
}

/// The hosts a subscript chooses; none past the end.
fn chosen(hosts: &IndexSet<Arc<str>>, subscript: Subscript) -> IndexSet<Arc<str>> {
    let (from, to) = match subscript {
        Subscript::One(at) if at < 0 => match hosts.len().checked_sub(usize::try_from(-at).unwrap_or(usize::MAX)) {
            Some(at) => (at, at),
            None => return IndexSet::new(),
        },
        Subscript::One(at) => (usize::try_from(at).unwrap_or(usize::MAX), usize::try_from(at).unwrap_or(usize::MAX)),
        // Ansible takes `[2:0]` for `[2]`: an end of 0 is as good as none.
        Subscript::Range(from, Some(0)) => (from, from),
        Subscript::Range(from, to) => (from, to.unwrap_or(usize::MAX)),
    };
    hosts.iter().skip(from).take(to.saturating_sub(from).saturating_add(usize::from(to >= from))).cloned().collect()
}

/// The patterns in the lines of a file.
fn lines(path: &Path) -> Result<Vec<String>, SelectError> {
    let source = crate::yaml::read(path).map_err(|problem| SelectError::LimitFile { reason: problem.message })?;
    Ok(source.text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
