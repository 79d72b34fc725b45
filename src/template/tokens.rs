//! The tokens of a template text: its pieces, and the filters and tests it names.
//!
//! In: a text whose openings and closings match. Out: [`Piece`]s, and a [`Misnomer`] for every filter and test that is
//! not there. Names are found here and not in the syntax tree because tokens have exact places, also in broken code.

use std::ops::Range;

use minijinja::machinery::{Span, Token, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::nesting::too_deep;
use super::vocabulary::Kind;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Stands in the result as it is.
    Raw(String),
    /// What is between `{{` and `}}`.
    Code(Range<usize>),
    /// A `{% %}`, by its first word.
    Statement(String),
}

/// A filter or test that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misnomer {
    /// Which of the two.
    pub kind: Kind,
    /// As it was written.
    pub name: String,
    /// Where.
    pub at: Range<usize>,
}

/// What the tokens tell.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// The parts in order.
    pub pieces: Vec<Piece>,
    /// What is misnamed.
    pub misnomers: Vec<Misnomer>,
    /// A block that was opened and never closed: its word and place.
    pub open_block: Option<(String, Range<usize>)>,
    /// Why and where the text is no sequence of tokens.
    pub broken: Option<(String, Range<usize>)>,
}

/// Ansible's and Jinja2's whitespace: the line break after a block tag is dropped, the one at the end is kept.
pub(super) fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).keep_trailing_newline(true).build().unwrap_or_default()
}

/// Reads a text.
pub(super) fn read(text: &str, expression: bool) -> Tokens {
    let mut found = Tokens::default();
    let mut tokens = Vec::new();
    for token in tokenize(text, expression, syntax()) {
        match token {
            Ok((token, span)) => tokens.push((token, range(span))),
            Err(error) => {
                let end = tokens.last().map_or(0, |(_, at)| at.end);
                let at = error.range().unwrap_or(end..end + 1);
                found.broken = Some((error.detail().unwrap_or("syntax error").to_owned(), at));
                break;
            }
        }
    }
    if !expression {
        found.pieces = pieces(&tokens);
        found.open_block = open_block(&tokens);
    }
    if found.broken.is_none() {
        let words = || "this is nested too deep, or too long for one expression".to_owned();
        found.broken = too_deep(&tokens).map(|at| (words(), at));
    }
    found.misnomers = (0..tokens.len()).filter_map(|n| misnomers(&tokens, n)).collect();
    found
}

/// The bytes of a span.
pub(super) fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

type Spot<'t> = (Token<'t>, Range<usize>);

fn pieces(tokens: &[Spot]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (n, (token, at)) in tokens.iter().enumerate() {
        match token {
            Token::TemplateData(raw) if !raw.is_empty() => pieces.push(Piece::Raw((*raw).to_owned())),
            Token::VariableStart => start = at.end,
            Token::BlockStart => {
                let word = if let Some((Token::Ident(word), _)) = tokens.get(n + 1) { *word } else { "" };
                pieces.push(Piece::Statement(word.to_owned()));
            }
            Token::VariableEnd => pieces.push(Piece::Code(start..at.start)),
            _ => {}
        }
    }
    pieces
}

/// The innermost block that is still open at the end.
fn open_block(tokens: &[Spot]) -> Option<(String, Range<usize>)> {
    let mut open: Vec<(&str, Range<usize>)> = Vec::new();
    for (n, window) in tokens.windows(2).enumerate() {
        let [(Token::BlockStart, at), (Token::Ident(word), _)] = window else { continue };
        match *word {
            "for" | "if" | "with" | "macro" | "call" | "filter" | "autoescape" => open.push((word, at.clone())),
            "set" if is_set_block(&tokens[n + 1..]) => open.push((word, at.clone())),
            _ if word.starts_with("end") => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop().map(|(word, at)| (word.to_owned(), at))
}

fn is_set_block(tokens: &[Spot]) -> bool {
    let inside = tokens.iter().take_while(|(token, _)| !matches!(token, Token::BlockEnd));
    !inside.into_iter().any(|(token, _)| matches!(token, Token::Assign))
}

fn misnomers(tokens: &[Spot], n: usize) -> Option<Misnomer> {
    let before = n.checked_sub(1).map(|before| &tokens[before].0);
    match &tokens[n].0 {
        Token::Pipe => named(tokens, n + 1, Kind::Filter).or_else(|| quoted(tokens, n + 1)),
        Token::Ident("filter") if matches!(before, Some(Token::BlockStart)) => named(tokens, n + 1, Kind::Filter),
        Token::Ident("is") if ends_operand(before) => {
            let negated = matches!(tokens.get(n + 1), Some((Token::Ident("not"), _)));
            named(tokens, n + 1 + usize::from(negated), Kind::Test)
        }
        _ => None,
    }
}

fn ends_operand(token: Option<&Token>) -> bool {
    use Token::{BraceClose, BracketClose, Float, Ident, Int, Int128, ParenClose, Str, String};
    matches!(
        token,
        Some(Ident(_) | Str(_) | String(_) | Int(_) | Int128(_) | Float(_) | ParenClose | BracketClose | BraceClose)
    )
}

fn named(tokens: &[Spot], n: usize, kind: Kind) -> Option<Misnomer> {
    let (Token::Ident(first), at) = tokens.get(n)? else { return None };
    let mut name = (*first).to_owned();
    let (mut end, mut next) = (at.end, n + 1);
    while let [(Token::Dot, _), (Token::Ident(part), at), ..] = &tokens[next..] {
        name = format!("{name}.{part}");
        (end, next) = (at.end, next + 2);
    }
    if kind.find(&name).is_some() { None } else { Some(Misnomer { kind, name, at: at.start..end }) }
}

/// A filter or test that is named by a text: `map('upper')`, `select('match', ..)`, `selectattr('a', 'match', ..)`.
fn quoted(tokens: &[Spot], n: usize) -> Option<Misnomer> {
    let (kind, at) = match tokens.get(n..)? {
        [(Token::Ident("map"), _), (Token::ParenOpen, _), ..] => (Kind::Filter, n + 2),
        [(Token::Ident("select" | "reject"), _), (Token::ParenOpen, _), ..] => (Kind::Test, n + 2),
        [(Token::Ident("selectattr" | "rejectattr"), _), (Token::ParenOpen, _), _, (Token::Comma, _), ..] => {
            (Kind::Test, n + 4)
        }
        _ => return None,
    };
    let (token, at) = tokens.get(at)?;
    let name = match token {
        Token::Str(name) => (*name).to_owned(),
        Token::String(name) => name.to_string(),
        _ => return None,
    };
    if kind.find(&name).is_some() {
        return None;
    }
    Some(Misnomer { kind, name, at: at.start + 1..at.end.saturating_sub(1) })
}

impl Piece {
    /// Where its code is, if it is emitted.
    pub fn code(&self) -> Option<Range<usize>> {
        match self {
            Self::Code(at) => Some(at.clone()),
            _ => None,
        }
    }
}
