//! A `JUnit` file at the end: a suite per play, a case per step and host.

use std::time::Duration;

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Console, Reporter};
use crate::event::{Event, Outcome, StepFinished, What};
use crate::text::{is_unsafe, visible};

/// At most this many bytes of a text are kept for each case.
const KEPT: usize = 64 * 1024;

/// The `JUnit` report.
pub struct Junit {
    console: Console,
    name: String,
    suites: IndexMap<u32, TestSuite>,
    started: i64,
}

impl Junit {
    /// A `JUnit` report on a console.
    pub fn new(console: Console) -> Self {
        Self { console, name: "runbook".to_owned(), suites: IndexMap::new(), started: 0 }
    }
}

impl Reporter for Junit {
    fn event(&mut self, event: &Event) {
        match &event.what {
            What::RunStarted { name, .. } => {
                self.name.clone_from(name);
                self.started = event.at;
            }
            What::PlayStarted { play, name, .. } => {
                self.suites.entry(*play).or_insert_with(|| TestSuite::new(&*visible(name)));
            }
            What::StepFinished(end) if end.key.item.is_none() && end.key.attempt.is_none() && end.key.sub.is_none() => {
                let suite = self.suites.entry(end.key.play).or_insert_with(|| TestSuite::new(&*visible(&end.play)));
                suite.add_test_case(case(end));
            }
            _ => {}
        }
    }

    fn finish(&mut self) {
        let mut report = Report::new(&*visible(&self.name));
        report.add_test_suites(std::mem::take(&mut self.suites).into_values());
        if let Ok(text) = report.to_string() {
            self.console.write(&text);
        }
    }
}

fn case(end: &StepFinished) -> TestCase {
    let host = end.host.as_ref().map(|host| format!(" [{}]", visible(host))).unwrap_or_default();
    let mut case = TestCase::new(format!("{}{host}", visible(&end.step)), status(end));
    case.set_classname(&*visible(&end.play));
    case.set_time(Duration::from_millis(end.duration));
    let text = |field: &str| end.result.get(field).and_then(|text| text.as_str()).filter(|text| !text.is_empty());
    if let Some(text) = text("stdout") {
        case.set_system_out(safe(text));
    }
    if let Some(text) = text("stderr") {
        case.set_system_err(safe(text));
    }
    case
}

fn status(end: &StepFinished) -> TestCaseStatus {
    let kind = match end.outcome {
        Outcome::Skipped => return TestCaseStatus::skipped(),
        Outcome::Ok | Outcome::Changed => return TestCaseStatus::success(),
        _ if end.ignored => return TestCaseStatus::success(),
        Outcome::Failed => NonSuccessKind::Failure,
        Outcome::Unreachable | Outcome::Unknown => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(end.outcome.word());
    if let Some(error) = &end.error {
        status.set_message(safe(&error.message));
        let more = [("at", &error.place), ("stage", &error.stage), ("hint", &error.hint)];
        let more = more.iter().filter_map(|(word, text)| Some(format!("{word}: {}", safe(text.as_deref()?))));
        let more: Vec<String> = more.collect();
        status.set_description(if more.is_empty() { safe(&error.message) } else { more.join("\n") });
    }
    status
}

/// Text that XML can hold: what is unsafe is written out, line breaks stay; the end of a long text is kept.
fn safe(text: &str) -> String {
    let text = &text[text.ceil_char_boundary(text.len().saturating_sub(KEPT))..];
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            _ if is_unsafe(c) => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}
