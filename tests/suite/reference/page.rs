//! The page of step types, rendered from their table.

use std::fmt::Write as _;

use runbook::step::{Field, Runs, Shape, StepType, TYPES};
use runbook::template::Sink;

const HEAD: &str = "\
# Step types

This page is made from the program's table of step types; `runbook schema playbook` prints the same for editors. What all steps
have in common (`name`, `when`, `loop`, `register`, `retries` and so on) is in [language.md](language.md).

- Wherever a value stands, a template may stand that comes to it (`retries: \"{{ inputs.tries }}\"`), but for the names of connections.
- *Secret* in a table marks what may hold a secret; anywhere else a secret is refused.
- Every result also has `changed`, `failed` and `skipped`.
";

/// The whole page.
pub fn render() -> String {
    let mut out = HEAD.to_owned();
    let links: Vec<String> = TYPES.iter().map(|kind| format!("[{0}](#{0})", kind.name)).collect();
    let _ = writeln!(out, "\n{}", links.join(" · "));
    for kind in TYPES {
        section(&mut out, kind);
    }
    out
}

fn section(out: &mut String, kind: &StepType) {
    let _ = writeln!(out, "\n## {}\n\n{} {}\n", kind.name, kind.summary, place(kind.runs));
    let mut records = Vec::new();
    parameters(out, &kind.shape, &mut records);
    while !records.is_empty() {
        let (key, fields) = records.remove(0);
        let _ = writeln!(out, "\n`{key}`:\n");
        table(out, fields, "parameter", &mut records);
    }
    if kind.results.is_empty() {
        let _ = writeln!(out, "\nThe result has no fields of its own.");
    } else {
        let _ = writeln!(out, "\nResult:\n");
        results(out, kind.results);
    }
    if !kind.message.is_empty() {
        let _ = writeln!(out, "\n`message`, in `each`:\n");
        results(out, kind.message);
    }
    let _ = write!(out, "\n```yaml\n{}```\n", kind.example);
}

fn place(runs: Runs) -> &'static str {
    match runs {
        Runs::OnHost => "A host step: it runs on every host of the play.",
        Runs::PerHost => "It is worked out on the control machine, for each host of the play.",
        Runs::Service => "A service step: it runs from the control machine, once per batch.",
    }
}

type Records = Vec<(&'static str, &'static [Field])>;

fn parameters(out: &mut String, shape: &Shape, records: &mut Records) {
    match shape {
        Shape::Record(fields) => table(out, fields, "parameter", records),
        Shape::OneOf([short, Shape::Record(fields)]) => {
            let key = fields.first().map_or("", |field| field.key);
            let _ = writeln!(out, "A {}, which is short for `{key}`; or a mapping:\n", words(short));
            table(out, fields, "parameter", records);
        }
        other => {
            let _ = writeln!(out, "Takes a {}.", words(other));
        }
    }
}

fn table(out: &mut String, fields: &'static [Field], head: &str, records: &mut Records) {
    let _ = writeln!(out, "| {head} | value | default | meaning |\n|---|---|---|---|");
    for field in fields {
        let default = match (field.required, field.default) {
            (true, _) => "*required*".to_owned(),
            (false, Some(default)) => format!("`{default}`"),
            (false, None) => String::new(),
        };
        let _ = writeln!(out, "| `{}` | {} | {default} | {} |", field.key, words(&field.shape), field.doc);
        records.extend(record(&field.shape).map(|inner| (field.key, inner)));
    }
}

fn results(out: &mut String, fields: &[Field]) {
    let _ = writeln!(out, "| field | value | meaning |\n|---|---|---|");
    for field in fields {
        let inner: Vec<String> = record(&field.shape)
            .unwrap_or(&[])
            .iter()
            .map(|field| format!(" `{}`: {}", field.key, field.doc))
            .collect();
        let _ = writeln!(out, "| `{}` | {} | {}{} |", field.key, words(&field.shape), field.doc, inner.concat());
    }
}

/// The record in a shape, if it has one.
fn record(shape: &Shape) -> Option<&'static [Field]> {
    match shape {
        Shape::Record(fields) => Some(fields),
        Shape::List(one) | Shape::Map(one) => record(one),
        _ => None,
    }
}

/// What a value looks like.
fn words(shape: &Shape) -> String {
    match shape {
        Shape::Text(sink) => text(*sink).to_owned(),
        Shape::Integer { min, max: i64::MAX } => format!("whole number from {min}"),
        Shape::Integer { min, max } => format!("whole number, {min} to {max}"),
        Shape::Number => "number".to_owned(),
        Shape::Boolean => "`true` or `false`".to_owned(),
        Shape::Duration => "duration (`30s`)".to_owned(),
        Shape::Mode => "mode (`\"0644\"`)".to_owned(),
        Shape::Any(Sink::Payload) => "any value; *secret*".to_owned(),
        Shape::Any(_) => "value of any type".to_owned(),
        Shape::List(one) => format!("list of {}", many(one)),
        Shape::Map(one) => format!("mapping of names to {}", many(one)),
        Shape::Record(_) => "mapping".to_owned(),
        Shape::OneOf(all) => all.iter().map(words).collect::<Vec<_>>().join(" or "),
        Shape::Choice(all) => all.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Shape::Connection(kinds) => {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
            format!("connection: {}", kinds.join(", "))
        }
        Shape::Expressions => "bare expression, or a list of them".to_owned(),
        Shape::Steps => "list of steps".to_owned(),
    }
}

fn text(sink: Sink) -> &'static str {
    match sink {
        Sink::Plain => "text",
        Sink::Payload => "text; *secret*",
        Sink::Shell => "shell text",
        Sink::Argument => "argument",
        Sink::Path => "path",
        Sink::Name => "name",
        Sink::Sql => "SQL text",
        Sink::Url => "URL; *secret*",
    }
}

/// More than one of them.
fn many(shape: &Shape) -> String {
    match shape {
        Shape::Text(Sink::Payload) => "texts; *secret*".to_owned(),
        Shape::Text(Sink::Argument) => "arguments".to_owned(),
        Shape::Text(Sink::Name) => "names".to_owned(),
        Shape::Text(_) => "texts".to_owned(),
        Shape::Any(Sink::Payload) => "values; *secret*".to_owned(),
        Shape::Any(_) => "values".to_owned(),
        Shape::Record(_) => "mappings".to_owned(),
        other => words(other),
    }
}
