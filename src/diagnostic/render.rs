//! The one rendering of problems as text for people.

use std::fmt::Write as _;

use super::excerpt::excerpt;
use super::veil::veiled;
use super::{Place, Problem, Problems, Severity};
use crate::text::visible;

/// At most this many problems are shown; the rest is counted.
const SHOWN: usize = 20;

/// The problems as text: message, place, the line with a caret and the hint, each; then how many are left. Control
/// characters are written out, and passwords in URLs are not shown.
pub fn render(problems: &Problems) -> String {
    let mut out = String::new();
    for problem in problems.iter().take(SHOWN) {
        one(problem, &mut out);
    }
    let left = problems.iter().count().saturating_sub(SHOWN);
    if left > 0 {
        line(&mut out, format_args!("... and {left} more"));
    }
    out
}

fn one(problem: &Problem, out: &mut String) {
    let word = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    line(out, format_args!("{word}: {}", clean(&problem.message)));
    let hint = problem.hint.as_deref().unwrap_or("");
    let places = problem.place.iter().chain(problem.notes.iter().map(|note| &note.place));
    let width = places.map(|place| place.line().to_string().len()).max().unwrap_or(1);
    match &problem.place {
        Some(place) => show(place, hint, width, out),
        None if hint.is_empty() => {}
        None => line(out, format_args!("{:width$} = {}", "", clean(hint))),
    }
    for note in &problem.notes {
        show(&note.place, &note.message, width, out);
    }
}

/// The place, its line and the carets with a label; `width` is that of the line numbers.
fn show(place: &Place, label: &str, width: usize, out: &mut String) {
    line(out, format_args!("{:width$}--> {}", "", visible(&place.to_string())));
    let label = clean(label);
    if place.source.text.is_empty() || place.source.is_secret() {
        // Nothing to show a caret under, or nothing that may be shown.
        if !label.is_empty() {
            line(out, format_args!("{:width$} = {label}", ""));
        }
        return;
    }
    let (text, carets) = excerpt(place);
    line(out, format_args!("{:width$} |", ""));
    line(out, format_args!("{:>width$} | {text}", place.line()));
    line(out, format_args!("{:width$} | {carets} {label}", ""));
}

fn clean(text: &str) -> String {
    veiled(&visible(text))
}

/// Adds a line without blanks at its end.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a text cannot fail.
    let _ = out.write_fmt(text);
    out.truncate(out.trim_end_matches([' ', '\t']).len());
    out.push('\n');
}
