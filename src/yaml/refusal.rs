//! What the parser refuses, in words that say what to do, pointing to where the mistake was made.

use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use super::{Node, Value};
use crate::diagnostic::{Place, Problem, Source};

/// A syntax error; `seen` is where the last event before it ended, `bracket` where the innermost bracket that is still
/// open stands.
pub fn explain(source: &Arc<Source>, error: &ScanError, seen: usize, bracket: Option<usize>) -> Problem {
    let text = &source.text;
    let at = text.floor_char_boundary(error.marker().byte_offset().unwrap_or(seen).min(text.len()));
    let place = |range: std::ops::Range<usize>| Place::new(source, range);
    if let Some(tab) = tab(text, at, error.kind()) {
        return Problem::error("a tab is used as indentation").at(place(tab..tab + 1)).hint("indent with spaces");
    }
    if let ErrorKind::UnclosedQuotedScalar = error.kind() {
        return Problem::error("a quote is not closed").at(place(at..at + 1)).hint("it is opened here");
    }
    if let Some(quote) = opened(text, seen, at) {
        let problem = Problem::error("a quote is not closed on its line").at(place(quote..quote + 1));
        return problem.hint("it is opened here").note("and goes on to here", place(at.saturating_sub(1)..at));
    }
    if let Some(open) = bracket.filter(|open| follows_from(error.kind()) && text[*open..at.max(*open)].contains('\n')) {
        let problem =
            Problem::error(format!("bracket `{}` is not closed", &text[open..=open])).at(place(open..open + 1));
        return problem.hint("it is opened here").note("and this cannot stand in it", place(at..at + 1));
    }
    let problem = Problem::error(words(error.kind())).at(place(position(text, at)));
    match hint(error.kind()) {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// Whether an error may come from a bracket that was left open on an earlier line.
fn follows_from(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::InvalidColonPlacement
            | ErrorKind::MappingValueNotAllowed
            | ErrorKind::BlockEntryInFlowCollection
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
    )
}

/// At the end of the file there is nothing to show: the last character before it is shown.
fn position(text: &str, at: usize) -> std::ops::Range<usize> {
    let shown = text[..text.floor_char_boundary(at)].trim_end().len();
    if text[shown..].trim().is_empty() { text.floor_char_boundary(shown.saturating_sub(1))..shown } else { at..at + 1 }
}

/// A tab among the blanks before the first character of the line at `at`, or of a later line if a tab is what the error
/// is about.
fn tab(text: &str, at: usize, kind: &ErrorKind) -> Option<usize> {
    let in_line = |start: usize| {
        let length = text[start..].find(|c| !matches!(c, ' ' | '\t')).unwrap_or(text.len() - start);
        text[start..start + length].find('\t').map(|tab| start + tab)
    };
    let about_tabs = matches!(
        kind,
        ErrorKind::TabInPlainScalar
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabNotAllowed
    );
    let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let after = || text[at..].match_indices('\n').find_map(|(end, _)| in_line(at + end + 1));
    in_line(line).or_else(|| if about_tabs { after() } else { None })
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
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => "a `:` is not allowed here".to_owned(),
        ErrorKind::InvalidIndentation => "this line is not indented like those around it".to_owned(),
        ErrorKind::ExpectedBlockMappingKey => "a key is expected here".to_owned(),
        ErrorKind::ExpectedBlockSequenceEntry => "an item with `-` is expected here".to_owned(),
        ErrorKind::SimpleKeyExpected => "a `:` is missing behind a key".to_owned(),
        ErrorKind::UnexpectedCharacter { character } => format!("a text cannot begin with {character:?}"),
        kind => format!("not YAML: {kind}"),
    }
}

fn hint(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::MappingValueNotAllowed => Some("quote a text that holds `: `, or look at the indentation"),
        ErrorKind::UnknownQuotedScalarEscape => Some("write `\\\\`, or use single quotes"),
        ErrorKind::UnexpectedCharacter { .. } => Some("quote the text"),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::SimpleKeyExpected => Some("look at the indentation"),
        _ => None,
    }
}

/// A key that is a collection, or nothing. None where that has been told already, of what is inside it.
pub fn key(node: Node) -> Option<Problem> {
    let (text, start) = (&node.place.source.text, node.place.start);
    if text[start..].starts_with("{{") {
        return None;
    }
    if text[start..].starts_with('{') && text[..start].ends_with('{') {
        let end = text[start..].find("}}").map_or(node.place.end, |at| start + at + 2);
        let place = Place::new(&node.place.source, start - 1..end);
        let hint = format!("write \"{}\"", &text[place.start..place.end]);
        return Some(Problem::error("a text that begins with `{{` must be quoted").at(place).hint(hint));
    }
    let what = match node.value {
        Value::Null => "a key is missing before `:`",
        Value::List(_) => "a list stands as a key",
        _ => "a mapping stands as a key",
    };
    Some(Problem::error(what).at(node.place).hint("a key must be a text"))
}

/// A tag.
pub fn tag(place: Place) -> Problem {
    let tag = place.source.text.get(place.start..place.end).unwrap_or("").to_owned();
    let hint = match tag.as_str() {
        "!vault" => "it stands before a text",
        _ => "leave it out; quote what must be a text",
    };
    Problem::error(format!("tag `{tag}` is not allowed")).at(place).hint(hint)
}
