//! What the parser refuses, in words that say what to do, pointing to where the mistake was made.

use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use super::{Node, Value};
use crate::diagnostic::{Place, Problem, Source};

/// A syntax error; `seen` is where the last event before it ended.
pub fn explain(source: &Arc<Source>, error: &ScanError, seen: usize) -> Problem {
    let text = &source.text;
    let at = error.marker().byte_offset().unwrap_or(seen).min(text.len());
    let place = |range: std::ops::Range<usize>| Place::new(source, range);
    if let Some(tab) = indenting_tab(text, at) {
        return Problem::error("a tab is used as indentation").at(place(tab..tab + 1)).hint("indent with spaces");
    }
    if let ErrorKind::UnclosedQuotedScalar = error.kind() {
        return Problem::error("a quote is not closed").at(place(at..at + 1)).hint("it is opened here");
    }
    let mut problem = Problem::error(words(error.kind())).at(place(position(text, at)));
    if let Some(hint) = hint(error.kind(), line(text, at)) {
        problem = problem.hint(hint);
    }
    match opened(text, seen, at) {
        Some(quote) => problem.note("the quote before it is opened here", place(quote..quote + 1)),
        None => problem,
    }
}

/// At the end of the file there is nothing to show: the last character before it is shown.
fn position(text: &str, at: usize) -> std::ops::Range<usize> {
    let shown = text[..text.floor_char_boundary(at)].trim_end().len();
    if text[shown..].trim().is_empty() { text.floor_char_boundary(shown.saturating_sub(1))..shown } else { at..at + 1 }
}

fn line(text: &str, at: usize) -> &str {
    let at = text.floor_char_boundary(at);
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    text[start..].split('\n').next().unwrap_or("")
}

/// A tab among the blanks before the first character of the line at `at`.
fn indenting_tab(text: &str, at: usize) -> Option<usize> {
    let at = text.floor_char_boundary(at);
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let blanks = text[start..].find(|c| !matches!(c, ' ' | '\t')).unwrap_or(text.len() - start);
    text[start..start + blanks].find('\t').map(|tab| start + tab)
}

/// The quote that was opened since the last event and closed on a later line, most likely by the one that was meant
/// to open the next text.
fn opened(text: &str, seen: usize, at: usize) -> Option<usize> {
    let between = text.get(seen..at)?;
    let quote = between.find(['"', '\''])?;
    let leads = between[..quote].ends_with([' ', '[', '{', ',', ':', '\n']);
    (leads && between[quote..].contains('\n')).then_some(seen + quote)
}

fn words(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::UnclosedFlowCollection { open } => format!("bracket `{open}` is not closed"),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => format!("bracket `{open}` is closed by `{close}`"),
        ErrorKind::RecursionLimitExceeded => "lists and mappings are nested too deeply".to_owned(),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            "something stands behind a quoted text".to_owned()
        }
        ErrorKind::UnknownQuotedScalarEscape => "an unknown escape in a double-quoted text".to_owned(),
        ErrorKind::MappingValueNotAllowed => "a `:` is not allowed here".to_owned(),
        ErrorKind::InvalidIndentation => "this line is not indented like those around it".to_owned(),
        ErrorKind::ExpectedBlockMappingKey => "a key is expected here".to_owned(),
        ErrorKind::ExpectedBlockSequenceEntry => "an item with `-` is expected here".to_owned(),
        ErrorKind::SimpleKeyExpected => "a `:` is missing behind a key".to_owned(),
        kind => format!("not YAML: {kind}"),
    }
}

fn hint(kind: &ErrorKind, line: &str) -> Option<&'static str> {
    if [": {{", "- {{"].iter().any(|template| line.contains(template)) {
        return Some(QUOTE);
    }
    match kind {
        ErrorKind::MappingValueNotAllowed => Some("quote a text that holds `: `, or look at the indentation"),
        ErrorKind::UnknownQuotedScalarEscape => Some("write `\\\\`, or use single quotes"),
        ErrorKind::UnexpectedCharacter { .. } => Some("quote a text that begins with it"),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation | ErrorKind::SimpleKeyExpected => {
            Some("look at the indentation")
        }
        _ => None,
    }
}

const QUOTE: &str = "quote a text that begins with `{{`: \"{{ ... }}\"";

/// A key that is a collection, or nothing.
pub fn key(node: Node) -> Problem {
    let rest = node.place.source.text.get(node.place.start..).unwrap_or("");
    let template =
        rest.starts_with("{{") || (rest.starts_with('{') && node.place.source.text[..node.place.start].ends_with('{'));
    let what = match node.value {
        Value::Null => "a key is missing before `:`",
        Value::List(_) => "a list stands as a key",
        _ => "a mapping stands as a key",
    };
    let hint = if template { QUOTE } else { "a key must be a text" };
    Problem::error(what).at(node.place).hint(hint)
}

/// A tag.
pub fn tag(place: Place) -> Problem {
    let tag = place.source.text.get(place.start..place.end).unwrap_or("").to_owned();
    let hint = match tag.as_str() {
        "!vault" => "vault values are not read yet: use `secrets`",
        _ => "leave it out; quote what must be a text",
    };
    Problem::error(format!("tag `{tag}` is not allowed")).at(place).hint(hint)
}
