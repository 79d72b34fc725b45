//! The one rendering of problems as text for people.

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
        out.push_str(&format!("... and {left} more\n"));
    }
    out
}

fn one(problem: &Problem, out: &mut String) {
    let word = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    out.push_str(&format!("{word}: {}\n", clean(&problem.message)));
    let hint = problem.hint.as_deref().unwrap_or("");
    let places = problem.place.iter().chain(problem.notes.iter().map(|note| &note.place));
    let width = places.map(|place| place.line().to_string().len()).max().unwrap_or(1);
    match &problem.place {
        Some(place) => show(place, hint, width, out),
        None if hint.is_empty() => {}
        None => out.push_str(&format!("{:width$} = {}\n", "", clean(hint))),
    }
    for note in &problem.notes {
        show(&note.place, &note.message, width, out);
    }
}

/// The place, its line and the carets with a label; `width` is that of the line numbers.
fn show(place: &Place, label: &str, width: usize, out: &mut String) {
    out.push_str(&format!("{:width$}--> {}\n", "", visible(&place.to_string())));
    let label = clean(label);
    if place.source.text.is_empty() {
        // Nothing to show a caret under.
        out.push_str(&if label.is_empty() { label } else { format!("{:width$} = {label}\n", "") });
        return;
    }
    let (line, carets) = excerpt(place);
    let line = line.trim_end();
    let space = if line.is_empty() { "" } else { " " };
    out.push_str(&format!("{:width$} |\n{:>width$} |{space}{line}\n", "", place.line()));
    let space = if label.is_empty() { "" } else { " " };
    out.push_str(&format!("{:width$} | {carets}{space}{label}\n", ""));
}

fn clean(text: &str) -> String {
    veiled(&visible(text))
}
