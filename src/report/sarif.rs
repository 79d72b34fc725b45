//! Findings as a SARIF 2.1.0 log, which code hosts show beside the lines of a change.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>; the numbers in comments are its sections.

use serde_json::{Value, json};

use crate::diagnostic::{Place, Problem, Problems, Severity, veiled};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One log with one run, which holds all findings.
pub fn sarif(problems: &Problems) -> Value {
    let driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "rules": [
            { "id": "error", "shortDescription": { "text": "The playbook or its inventory is refused." } },
            { "id": "warning", "shortDescription": { "text": "The playbook is used all the same." } },
        ],
    });
    let results: Vec<Value> = problems.iter().map(result).collect();
    // Columns count characters, as everywhere (3.14.17).
    let run = json!({ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results });
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] })
}

fn result(problem: &Problem) -> Value {
    let level = match problem.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let text = match &problem.hint {
        Some(hint) => format!("{}: {hint}", problem.message),
        None => problem.message.clone(),
    };
    let mut result = json!({ "ruleId": level, "level": level, "message": { "text": veiled(&text) } });
    if let Some(place) = &problem.place {
        result["locations"] = json!([{ "physicalLocation": location(place) }]);
    }
    if !problem.notes.is_empty() {
        let related = problem.notes.iter().map(
            |note| json!({ "message": { "text": veiled(&note.message) }, "physicalLocation": location(&note.place) }),
        );
        result["relatedLocations"] = related.collect();
    }
    result
}

/// The region ends on the line it begins on; its end is one past its last character (3.30.8).
fn location(place: &Place) -> Value {
    let (line, column) = (place.line(), place.column());
    let marked = place.source.text[place.start..place.end].lines().next().unwrap_or("");
    let end = column + marked.chars().count();
    json!({
        "artifactLocation": { "uri": uri(&place.source.name) },
        "region": { "startLine": line, "startColumn": column, "endColumn": end },
    })
}

/// The path as a relative reference (RFC 3986, 4.2), absolute ones as `file:` URIs (RFC 8089).
fn uri(path: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let encoded = utf8_percent_encode(path.strip_prefix("./").unwrap_or(path), PATH).to_string();
    if encoded.starts_with('/') { format!("file://{encoded}") } else { encoded }
}
