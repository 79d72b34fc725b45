//! A step that did not end well, as people read it.

use super::outside;
use crate::event::{StepError, StepFinished};

const INDENT: &str = "  ";

/// The lines below the one that names the step: why, where, what to do, and what the command said.
pub(super) fn details(end: &StepFinished) -> String {
    let mut out = String::new();
    if let Some(error) = &end.error {
        why(error, &mut out);
    }
    if let Some(rc) = end.result.get("rc").filter(|rc| rc.is_number()) {
        out.push_str(&format!("{INDENT}rc: {rc}\n"));
    }
    for stream in ["stdout", "stderr"] {
        let text = end.result.get(stream).and_then(|text| text.as_str()).unwrap_or("");
        if !text.is_empty() {
            out.push_str(&format!("{INDENT}{stream}:\n"));
            outside::tail(text, "    ", &mut out);
        }
    }
    out
}

fn why(error: &StepError, out: &mut String) {
    let mut lines = error.message.lines();
    let first = outside::line(lines.next().unwrap_or(""));
    // That the other side answered goes without saying.
    let stage = error.stage.as_ref().filter(|stage| *stage != "answered");
    let stage = stage.map(|stage| format!(" ({})", outside::line(stage))).unwrap_or_default();
    out.push_str(&format!("{INDENT}error: {first}{stage}\n"));
    let rest: Vec<&str> = lines.collect();
    outside::head(&rest.join("\n"), 20, "    ", out);
    if let Some(place) = &error.place {
        out.push_str(&format!("{INDENT}at: {}\n", outside::line(place)));
    }
    if let Some(hint) = &error.hint {
        out.push_str(&format!("{INDENT}hint: {}\n", outside::line(hint)));
    }
}
