//! The run as a text that grows: from events to lines, for the plain and the live report alike.

use std::collections::{BTreeMap, HashSet};

use super::group::{Group, Line};
use super::ledger::Ledger;
use super::look::{Ink, Look};
use super::names::{Names, Spot, spot};
use super::{failure, outside, summary};
use crate::event::{Event, Outcome, StepFinished, StepKey, What};
use crate::text::count;

/// What is held back is shown after this many milliseconds without a further host.
const QUIET: i64 = 2_000;

/// At most this many lines of a diff are shown.
const DIFF: usize = 200;

/// Turns events into lines.
pub(super) struct Narrator {
    look: Look,
    names: Names,
    ledger: Ledger,
    /// The hosts of the batch that runs.
    present: HashSet<String>,
    /// How many hosts the play has.
    play_hosts: usize,
    groups: BTreeMap<Spot, Group>,
    /// The steps that have said something and have not ended.
    spoken: HashSet<StepKey>,
}

impl Narrator {
    pub fn new(look: Look) -> Self {
        let (names, ledger) = (Names::default(), Ledger::default());
        Self {
            look,
            names,
            ledger,
            present: HashSet::new(),
            play_hosts: 0,
            groups: BTreeMap::new(),
            spoken: HashSet::new(),
        }
    }

    /// The text that an event adds.
    pub fn tell(&mut self, event: &Event) -> String {
        self.names.learn(&event.what);
        self.ledger.take(event);
        let mut out = self.quiet(event.at);
        match &event.what {
            What::RunStarted { run, name, check, .. } => {
                let check = if *check { ", check: nothing is changed" } else { "" };
                out.push_str(&format!("{}  (run {run}{check})\n", self.strong(name)));
            }
            What::RunResumed { run } => out.push_str(&format!("run {run} goes on\n")),
            What::PlayStarted { name, hosts, .. } => self.play(name, hosts, &mut out),
            What::BatchStarted { batch, hosts, .. } => self.batch(*batch, hosts, &mut out),
            What::StepSaid { key, text } => self.said(key, text, event.at, &mut out),
            What::AttemptFailed { key, error, left } => {
                let (step, error) = (outside::line(self.names.step(key)), outside::line(&error.message));
                let text = format!("{step}: {error} ({} left)", count(*left as usize, "attempt"));
                let line = Line { word: "again", outcome: None, text, details: String::new() };
                self.put(key, line, event.at, &mut out);
            }
            What::StepFinished(end) => self.ended(end, event.at, &mut out),
            What::HandlerNotified { handler, host, .. } if self.look.verbose => {
                let host = host.as_ref().map(|host| format!("  [{}]", outside::line(host))).unwrap_or_default();
                out.push_str(&format!("notified: {}{host}\n", outside::line(handler)));
            }
            What::HostLeft { host, .. } => self.left(host, &mut out),
            What::Warned { message } => {
                out.push_str(&format!("{}: {}\n", self.look.paint(Ink::Changed, "warning"), outside::line(message)));
            }
            What::RunFinished { .. } => {
                out.push_str(&self.flush());
                out.push_str(&summary::render(&self.ledger, self.look));
            }
            What::StepStarted { .. }
            | What::StepProgressed { .. }
            | What::StepCheckpointed { .. }
            | What::RolloutHalted { .. }
            | What::HandlerNotified { .. } => {}
        }
        out
    }

    /// What has been held back long enough.
    pub fn quiet(&mut self, now: i64) -> String {
        let look = self.look;
        let old = self.groups.values_mut().filter(|group| group.is_quiet_since(now - QUIET));
        old.map(|group| group.flush(look)).collect()
    }

    /// All that is held back.
    pub fn flush(&mut self) -> String {
        let look = self.look;
        std::mem::take(&mut self.groups).values_mut().map(|group| group.flush(look)).collect()
    }

    fn strong(&self, text: &str) -> String {
        self.look.paint(Ink::Strong, &outside::line(text))
    }

    fn play(&mut self, name: &str, hosts: &[String], out: &mut String) {
        out.push_str(&self.flush());
        self.present = hosts.iter().cloned().collect();
        self.play_hosts = hosts.len();
        let hosts = if hosts.is_empty() { String::new() } else { format!("  ({})", count(hosts.len(), "host")) };
        out.push_str(&format!("\nplay: {}{hosts}\n", self.strong(name)));
    }

    fn batch(&mut self, batch: u32, hosts: &[String], out: &mut String) {
        out.push_str(&self.flush());
        self.present = hosts.iter().cloned().collect();
        if hosts.len() < self.play_hosts {
            out.push_str(&format!("batch {}: {}\n", batch + 1, outside::hosts(hosts)));
        }
    }

    fn said(&mut self, key: &StepKey, text: &str, at: i64, out: &mut String) {
        self.spoken.insert(StepKey { item: None, attempt: None, sub: None, ..key.clone() });
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let mut details = String::new();
        outside::head(rest, DIFF, "     ", &mut details);
        let line = Line { word: "log", outcome: None, text: outside::line(first.trim_end_matches('\r')), details };
        self.put(key, line, at, out);
    }

    /// Shows a line at once where there is nobody to fold it with, else keeps it for a moment.
    fn put(&mut self, key: &StepKey, line: Line, at: i64, out: &mut String) {
        let look = self.look;
        match key.target.host() {
            Some(host) if self.folds() => self.group(key).hold(line, host, at),
            Some(host) => out.push_str(&line.render(look, Some(&[host.to_owned()]))),
            None => out.push_str(&line.render(look, None)),
        }
    }

    fn folds(&self) -> bool {
        !self.look.verbose && self.present.len() > 1
    }

    fn group(&mut self, key: &StepKey) -> &mut Group {
        let present = self.present.len();
        self.groups.entry(spot(key)).or_insert_with(|| Group::new(present))
    }

    fn ended(&mut self, end: &StepFinished, at: i64, out: &mut String) {
        let is_part = end.key.item.is_some() || end.key.attempt.is_some() || end.key.sub.is_some();
        // A step that changed nothing and has said something needs no further line.
        let has_spoken = !is_part && self.spoken.remove(&end.key) && end.outcome == Outcome::Ok;
        if (is_part || has_spoken) && !self.look.verbose {
            return;
        }
        let (look, key) = (self.look, &end.key);
        let line = self.line(end);
        // What a `log` had to say has been shown.
        let is_said = end.kind == "log" && end.outcome == Outcome::Ok && !self.look.verbose;
        let Some(host) = end.host.as_deref().filter(|_| self.folds()) else {
            let hosts: Vec<String> = end.host.iter().cloned().collect();
            if !is_said {
                out.push_str(&line.render(look, Some(&hosts)));
            }
            return;
        };
        let host = host.to_owned();
        let group = self.group(key);
        if is_said {
            // Held until the others have said it too.
        } else if end.outcome.is_good() {
            group.hold(line, &host, at);
        } else if group.is_new(&line.details) {
            out.push_str(&line.render(look, Some(std::slice::from_ref(&host))));
        } else {
            let message = end.error.as_ref().map_or("as above", |error| error.message.as_str());
            let text = format!("{}: {}", line.text, outside::line(message));
            group.hold(Line { text, details: String::new(), ..line }, &host, at);
        }
        group.end(&host);
        self.drop_complete(&spot(key), out);
    }

    fn drop_complete(&mut self, spot: &Spot, out: &mut String) {
        if self.groups.get(spot).is_some_and(Group::is_complete)
            && let Some(mut group) = self.groups.remove(spot)
        {
            out.push_str(&group.flush(self.look));
        }
    }

    fn line(&self, end: &StepFinished) -> Line {
        let mut text = outside::line(&end.step);
        if let Some(item) = end.key.item {
            text.push_str(&format!(" (item {})", item + 1));
        }
        if end.ignored {
            text.push_str(" (ignored)");
        }
        let mut details = String::new();
        if !matches!(end.outcome, Outcome::Skipped | Outcome::Ok | Outcome::Changed) {
            details = failure::details(end);
        } else if self.look.verbose {
            outside::result(&end.result, "  ", &mut details);
        }
        if let Some(diff) = end.diff.as_ref().filter(|_| self.look.diff) {
            outside::head(diff, DIFF, "  ", &mut details);
        }
        Line { word: end.outcome.word(), outcome: Some(end.outcome), text, details }
    }

    fn left(&mut self, host: &str, out: &mut String) {
        self.present.remove(host);
        for group in self.groups.values_mut() {
            group.leave(host);
        }
        let complete: Vec<Spot> =
            self.groups.iter().filter(|(_, group)| group.is_complete()).map(|(spot, _)| spot.clone()).collect();
        for spot in &complete {
            self.drop_complete(spot, out);
        }
    }
}
