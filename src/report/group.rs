//! One step on the hosts of a batch: equal ends are folded into one line.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::look::{Ink, Look};
use super::outside;
use crate::event::Outcome;

/// At most this many different failures of one step are shown in full.
const FULL: usize = 20;

/// What a line says, apart from the hosts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Line {
    /// The word at its begin, and its colour's outcome, if it is one.
    pub word: &'static str,
    pub outcome: Option<Outcome>,
    /// Behind the word.
    pub text: String,
    /// The lines below.
    pub details: String,
}

/// A step on the hosts of a batch.
#[derive(Default)]
pub(super) struct Group {
    /// Hosts that have not ended it and are still there.
    waiting: usize,
    ended: HashSet<String>,
    held: IndexMap<Line, Vec<String>>,
    /// Details that have been shown in full.
    shown: HashSet<String>,
    /// When the last line was added.
    last: i64,
}

impl Group {
    /// A group that waits for so many hosts.
    pub fn new(waiting: usize) -> Self {
        Self { waiting, ..Self::default() }
    }

    /// Whether nobody is waited for.
    pub fn is_complete(&self) -> bool {
        self.waiting == 0
    }

    /// Whether something is held back since `moment` or longer.
    pub fn is_quiet_since(&self, moment: i64) -> bool {
        !self.held.is_empty() && self.last <= moment
    }

    /// A host has ended the step.
    pub fn end(&mut self, host: &str) {
        if self.ended.insert(host.to_owned()) {
            self.waiting = self.waiting.saturating_sub(1);
        }
    }

    /// A host has left; it may have ended the step before.
    pub fn leave(&mut self, host: &str) {
        if !self.ended.contains(host) {
            self.end(host);
        }
    }

    /// Keeps a line until it is flushed.
    pub fn hold(&mut self, line: Line, host: &str, at: i64) {
        self.held.entry(line).or_default().push(host.to_owned());
        self.last = at;
    }

    /// Whether a failure with these details is to be shown in full: the first of its kind, up to a limit.
    pub fn is_new(&mut self, details: &str) -> bool {
        self.shown.len() < FULL && self.shown.insert(details.to_owned())
    }

    /// The lines that were held.
    pub fn flush(&mut self, look: Look) -> String {
        let held = std::mem::take(&mut self.held);
        held.iter().map(|(line, hosts)| line.render(look, Some(hosts))).collect()
    }
}

impl Line {
    /// `word: text  [hosts]`, and the lines below.
    pub fn render(&self, look: Look, hosts: Option<&[String]>) -> String {
        let word = match self.outcome {
            Some(outcome) => look.paint(Ink::of(outcome), self.word),
            None => self.word.to_owned(),
        };
        let hosts = hosts.filter(|hosts| !hosts.is_empty()).map(|hosts| format!("  [{}]", outside::hosts(hosts)));
        format!("{word}: {}{}\n{}", self.text, hosts.unwrap_or_default(), self.details)
    }
}
