//! A finding about an input, as data.

use std::sync::Arc;

use super::{Place, Source};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The input is used all the same.
    Warning,
    /// The input is refused.
    Error,
}

/// A second place that explains the first ("first given here").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What is there.
    pub message: String,
    /// Where.
    pub place: Place,
}

/// One finding: what is wrong, where, and what to do about it. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// One sentence without a full stop.
    pub message: String,
    /// Where it is, if it is in a text.
    pub place: Option<Place>,
    /// What to do, in a few words; stands behind the caret.
    pub hint: Option<String>,
    /// Further places.
    pub notes: Vec<Note>,
}

impl Problem {
    /// An error with `message`.
    pub fn error(message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into(), place: None, hint: None, notes: Vec::new() }
    }

    /// A warning with `message`.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// The same, at a place.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same, with what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, with a hint that names the candidate nearest to `name`, if one is near.
    pub fn did_you_mean<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match crate::text::nearest(name, candidates) {
            Some(near) => self.hint(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// The same, with a second place.
    pub fn note(mut self, message: impl Into<String>, place: Place) -> Self {
        self.notes.push(Note { message: message.into(), place });
        self
    }
}

/// Everything that was found; a collector that modules pass along so that all problems are told at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one; an exact repetition of one of the last is dropped (of all would be slow where there are many).
    pub fn push(&mut self, problem: Problem) {
        if !self.0.iter().rev().take(100).any(|other| *other == problem) {
            self.0.push(problem);
        }
    }

    /// Adds many.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many were found.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// All of them, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// Those without a place first, then by where they stand: the files in the order of `sources`, then all others.
    pub fn in_order(mut self, sources: &[Arc<Source>]) -> Self {
        let rank = |place: &Place| {
            let file = sources.iter().position(|source| source.name == place.source.name).unwrap_or(sources.len());
            (file, place.start)
        };
        self.0.sort_by_key(|problem| problem.place.as_ref().map(rank));
        self
    }

    /// `value` if no error was found, else the problems.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.has_errors() { Err(self) } else { Ok(value) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
