//! The one rendering of problems as text for people.

use super::{Place, Problem, Problems, Severity};
use crate::text::visible;

/// At most this many problems are shown; the rest is counted.
const SHOWN: usize = 20;

/// The problems as text: message, place, the line with a caret and the hint, each; then how many are left.
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
    out.push_str(&format!("{word}: {}\n", visible(&problem.message)));
    match &problem.place {
        Some(place) => excerpt(place, problem.hint.as_deref().unwrap_or(""), out),
        None => {
            if let Some(hint) = &problem.hint {
                out.push_str(&format!("  = {}\n", visible(hint)));
            }
        }
    }
    for note in &problem.notes {
        excerpt(&note.place, &note.message, out);
    }
}

fn excerpt(place: &Place, label: &str, out: &mut String) {
    let (line, column) = (place.line().to_string(), place.column());
    let gutter = " ".repeat(line.len());
    out.push_str(&format!("{gutter}--> {}\n", visible(&place.to_string())));
    let text = place.line_text();
    if text.is_empty() && place.source.text.is_empty() {
        return;
    }
    let rest = text.get(place.start - place.line_start()..).unwrap_or("");
    let length = rest.char_indices().take_while(|(at, _)| place.start + at < place.end).count().max(1);
    out.push_str(&format!("{gutter} |\n{line} | {}\n", visible(text)));
    out.push_str(&format!("{gutter} | {}{}", " ".repeat(column - 1), "^".repeat(length)));
    let label = visible(label);
    out.push_str(if label.is_empty() { "" } else { " " });
    out.push_str(&format!("{label}\n"));
}
