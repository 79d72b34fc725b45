//! Findings as events.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Place, Problem, Severity, veiled};

/// A finding as the `problem` event, without passwords; `file`, `line` and `column` are null where it is in no text.
pub fn problem_json(problem: &Problem) -> Value {
    let severity = match problem.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut event = Map::new();
    event.insert("event".into(), "problem".into());
    event.insert("severity".into(), severity.into());
    event.insert("message".into(), veiled(&problem.message).into());
    place(problem.place.as_ref(), &mut event);
    event.insert("hint".into(), problem.hint.as_deref().map(veiled).into());
    if !problem.notes.is_empty() {
        let notes = problem.notes.iter().map(|note| {
            let mut entry = Map::new();
            entry.insert("message".into(), veiled(&note.message).into());
            place(Some(&note.place), &mut entry);
            Value::Object(entry)
        });
        event.insert("notes".into(), notes.collect());
    }
    Value::Object(event)
}

fn place(place: Option<&Place>, event: &mut Map<String, Value>) {
    event.insert("file".into(), place.map(|place| place.source.name.as_str()).into());
    // A place that stands for a whole file has a line all the same: its first.
    event.insert("line".into(), place.map_or(Value::Null, |place| json!(place.line())));
    event.insert("column".into(), place.map_or(Value::Null, |place| json!(place.column())));
}
