//! The end of a run for people: per host what changed, what failed and where, and how to go on.

use std::collections::BTreeMap;
use std::time::Duration;

use indexmap::IndexMap;

use super::ledger::{End, Ledger, Trouble};
use super::look::{Ink, Look};
use super::table::Table;
use super::{outside, rollout};
use crate::event::{RunOutcome, Tally};
use crate::text::{count, human_duration};

/// From this many hosts on, those with equal tallies share a line.
const EACH: usize = 20;

/// At most this many lines of a section are shown.
const LINES: usize = 30;

/// The summary; nothing where the run has no end.
pub(super) fn render(ledger: &Ledger, look: Look) -> String {
    let Some(end) = &ledger.end else { return String::new() };
    let mut out = String::from("\n");
    let table = tallies(&end.hosts, end.services);
    if !table.is_empty() {
        out.push_str(&format!("{table}\n"));
    }
    out.push_str(&changes(ledger));
    out.push_str(&troubles(ledger, look));
    out.push_str(&rollout::accounts(ledger, look));
    out.push_str(&last_line(ledger, end, look));
    out
}

/// Who ended how, as a table.
pub(super) fn tallies(hosts: &BTreeMap<String, Tally>, services: Tally) -> String {
    let heading = ["host", "ok", "changed", "skipped", "failed", "unreachable", "unknown"];
    let mut table = Table::new(&heading, 1);
    let mut rows: Vec<(String, Tally)> = if hosts.len() > EACH {
        folded(hosts)
    } else {
        hosts.iter().map(|(host, tally)| (outside::line(host), *tally)).collect()
    };
    if services != Tally::default() {
        rows.push(("(services)".to_owned(), services));
    }
    if rows.is_empty() {
        return String::new();
    }
    for (name, tally) in rows {
        let counts = [tally.ok, tally.changed, tally.skipped, tally.failed, tally.unreachable, tally.unknown]
            .map(|n| n.to_string());
        table.row(std::iter::once(name).chain(counts).collect());
    }
    table.render()
}

fn folded(hosts: &BTreeMap<String, Tally>) -> Vec<(String, Tally)> {
    let mut groups: IndexMap<[u64; 6], (Vec<&str>, Tally)> = IndexMap::new();
    for (host, tally) in hosts {
        let counts = [tally.ok, tally.changed, tally.skipped, tally.failed, tally.unreachable, tally.unknown];
        groups.entry(counts).or_insert_with(|| (Vec::new(), *tally)).0.push(host);
    }
    groups.into_values().map(|(names, tally)| (outside::hosts(&names), tally)).collect()
}

fn changes(ledger: &Ledger) -> String {
    let word = if ledger.check { "would change" } else { "changed" };
    let mut section = Section::default();
    for ((_, step), hosts) in &ledger.changed {
        section.line(&format!("{word}: {}{}\n", outside::line(step), on(hosts)));
    }
    section.render("changes")
}

/// What did not end well.
pub(super) fn troubles(ledger: &Ledger, look: Look) -> String {
    let mut section = Section::default();
    for (trouble, hosts) in &ledger.troubles {
        section.line(&trouble_line(trouble, hosts, look));
    }
    section.render("failures")
}

fn trouble_line(trouble: &Trouble, hosts: &[String], look: Look) -> String {
    let word = look.paint(Ink::of(trouble.outcome), trouble.outcome.word());
    let ignored = if trouble.ignored { " (ignored)" } else { "" };
    let place = trouble.place.as_ref().map(|place| format!("  at {}", outside::line(place))).unwrap_or_default();
    let (step, on, message) = (outside::line(&trouble.step), on(hosts), outside::line(&trouble.message));
    format!("{word}: {step}{ignored}{on}{place}\n  {message}\n")
}

fn on(hosts: &[String]) -> String {
    if hosts.is_empty() { String::new() } else { format!("  [{}]", outside::hosts(hosts)) }
}

fn last_line(ledger: &Ledger, end: &End, look: Look) -> String {
    let ink = if end.outcome == RunOutcome::Ok { Ink::Good } else { Ink::Bad };
    let span = u64::try_from(ledger.span.1 - ledger.span.0).unwrap_or(0);
    let hosts = if end.hosts.is_empty() { String::new() } else { format!("{}, ", count(end.hosts.len(), "host")) };
    let took = human_duration(Duration::from_millis(span));
    let mut text = format!("{}: {hosts}{took}, run {}\n", look.paint(ink, end.outcome.word()), end.run);
    if end.outcome != RunOutcome::Ok && !ledger.check {
        text.push_str(&format!("go on with: runbook resume {}\n", end.run));
    }
    text
}

/// Lines, of which not all may be shown.
#[derive(Default)]
struct Section {
    text: String,
    lines: usize,
}

impl Section {
    fn line(&mut self, line: &str) {
        self.lines += 1;
        if self.lines <= LINES {
            self.text.push_str(line);
        }
    }

    fn render(mut self, noun: &str) -> String {
        if self.lines == 0 {
            return String::new();
        }
        if self.lines > LINES {
            self.text.push_str(&format!("... {} more {noun}\n", self.lines - LINES));
        }
        self.text.push('\n');
        self.text
    }
}
