//! A statement with its parameters put in their places: the text in pieces, and the values by place.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::class::Words;
use super::scan::{Token, TokenKind, scan};
use super::{Dialect, Refusal};
use crate::text::nearest;

/// One statement as it was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    /// The text, with `:name` for parameters.
    pub sql: String,
    /// The parameters.
    pub params: Map<String, Value>,
}

impl Statement {
    /// A statement without parameters.
    pub fn plain(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), params: Map::new() }
    }

    /// A statement with parameters.
    pub fn new(sql: impl Into<String>, params: Map<String, Value>) -> Self {
        Self { sql: sql.into(), params }
    }
}

/// A piece of a bound statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it was written.
    Text(&'a str),
    /// The placeholder of a value.
    Slot(usize),
    /// What stands between the placeholders of a list.
    Comma,
}

/// A statement whose parameters have been found.
#[derive(Debug, PartialEq)]
pub struct Bound<'a> {
    /// The text.
    pub pieces: Vec<Piece<'a>>,
    /// The values of the slots, with their parameter's name.
    pub values: Vec<(&'a str, &'a Value)>,
}

/// More than any server takes.
const MOST: usize = 65_535;

impl<'a> Bound<'a> {
    /// Finds the parameters of a statement. Refused: several statements in one text, a parameter that is missing or
    /// left over, a list that is empty or stands outside `in (...)`.
    pub fn new(statement: &'a Statement, dialect: Dialect) -> Result<Self, Refusal> {
        let tokens = scan(&statement.sql, dialect);
        one_statement(&statement.sql, &tokens, dialect)?;
        let bound = Self { pieces: Vec::new(), values: Vec::new() };
        let mut binder = Binder { statement, dialect, bound, lists: Vec::new(), slots: HashMap::new() };
        let solid: Vec<Token> = tokens.iter().filter(|token| token.kind != TokenKind::Blank).copied().collect();
        let mut done = 0;
        for (at, token) in solid.iter().enumerate() {
            binder.lists(&solid, at);
            if token.kind == TokenKind::Foreign {
                return Err(foreign(&statement.sql[token.start..token.end]));
            }
            if token.kind == TokenKind::Parameter {
                binder.bound.pieces.push(Piece::Text(&statement.sql[done..token.start]));
                binder.parameter(&statement.sql[token.start + 1..token.end], is_item(&solid, at))?;
                done = token.end;
            }
        }
        binder.bound.pieces.push(Piece::Text(&statement.sql[done..]));
        binder.finish()
    }

    /// The text, with `slot` saying how a placeholder is written.
    pub fn text(&self, mut slot: impl FnMut(usize) -> String) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Slot(number) => text.push_str(&slot(*number)),
                Piece::Comma => text.push_str(", "),
            }
        }
        text
    }

    /// The slots in the order in which they stand in the text.
    pub fn slots(&self) -> impl Iterator<Item = usize> {
        self.pieces.iter().filter_map(|piece| if let Piece::Slot(number) = piece { Some(*number) } else { None })
    }
}

struct Binder<'a> {
    statement: &'a Statement,
    dialect: Dialect,
    bound: Bound<'a>,
    /// For each open parenthesis, whether `in` stands before it.
    lists: Vec<bool>,
    /// The slots by the address of their value.
    slots: HashMap<*const Value, usize>,
}

impl<'a> Binder<'a> {
    fn lists(&mut self, solid: &[Token], at: usize) {
        match solid[at].kind {
            TokenKind::Open => {
                let before = at.checked_sub(1).map(|before| solid[before]);
                let is_in =
                    before.is_some_and(|token| self.statement.sql[token.start..token.end].eq_ignore_ascii_case("in"));
                self.lists.push(is_in);
            }
            TokenKind::Close => {
                self.lists.pop();
            }
            _ => {}
        }
    }

    fn parameter(&mut self, name: &str, item: bool) -> Result<(), Refusal> {
        let Some((name, value)) = self.statement.params.get_key_value(name) else {
            return Err(self.missing(name));
        };
        match value {
            Value::Array(items) if item && self.lists.last() == Some(&true) => self.list(name, items),
            Value::Array(_) if self.dialect != Dialect::Postgres => {
                Err(Refusal::new(format!("parameter `{name}` is a list and stands outside `in (...)`"))
                    .hint("a list goes with `in (:name)`; for a JSON column write it `| to_json`"))
            }
            _ => {
                let slot = self.slot(name, value);
                self.bound.pieces.push(Piece::Slot(slot));
                Ok(())
            }
        }
    }

    fn list(&mut self, name: &'a str, items: &'a [Value]) -> Result<(), Refusal> {
        if items.is_empty() {
            return Err(Refusal::new(format!("parameter `{name}` is an empty list: `in ()` is no SQL"))
                .hint("skip the step with `when`, or give the list at least one item"));
        }
        if items.iter().any(|item| item.is_array() || item.is_object()) {
            return Err(Refusal::new(format!(
                "parameter `{name}` is a list of lists or mappings, `in (...)` takes values"
            )));
        }
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.bound.pieces.push(Piece::Comma);
            }
            let slot = self.slot(name, item);
            self.bound.pieces.push(Piece::Slot(slot));
        }
        Ok(())
    }

    /// The same value is bound once, however often it stands in the text.
    fn slot(&mut self, name: &'a str, value: &'a Value) -> usize {
        *self.slots.entry(std::ptr::from_ref(value)).or_insert_with(|| {
            self.bound.values.push((name, value));
            self.bound.values.len() - 1
        })
    }

    fn missing(&self, name: &str) -> Refusal {
        let refusal = Refusal::new(format!("parameter `:{name}` stands in the SQL and not in `params`"));
        match nearest(name, self.statement.params.keys().map(String::as_str)) {
            Some(near) => refusal.hint(format!("did you mean `:{near}`?")),
            None => refusal,
        }
    }

    fn finish(self) -> Result<Bound<'a>, Refusal> {
        let used: HashSet<&str> = self.bound.values.iter().map(|(name, _)| *name).collect();
        let left: Vec<&str> =
            self.statement.params.keys().map(String::as_str).filter(|name| !used.contains(name)).collect();
        if !left.is_empty() {
            let names = left.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            return Err(Refusal::new(format!("the SQL does not use what `params` gives: {names}"))
                .hint(format!("write `:{}` where it belongs, outside of quotes", left[0])));
        }
        if self.bound.slots().count() > MOST {
            return Err(Refusal::new(format!("more than {MOST} values in one statement")).hint("send them in several"));
        }
        Ok(self.bound)
    }
}

/// Whether a parameter is an item of its own between parentheses and commas.
fn is_item(solid: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map(|at| solid[at].kind);
    let after = solid.get(at + 1).map(|token| token.kind);
    matches!(before, Some(TokenKind::Open | TokenKind::Comma))
        && matches!(after, Some(TokenKind::Close | TokenKind::Comma))
}

fn foreign(text: &str) -> Refusal {
    Refusal::new(format!("`{text}` is a placeholder of the driver's own"))
        .hint("write `:name`, and the value in `params`")
}

fn one_statement(sql: &str, tokens: &[Token], dialect: Dialect) -> Result<(), Refusal> {
    let solid: Vec<&Token> = tokens.iter().filter(|token| token.kind != TokenKind::Blank).collect();
    if solid.iter().all(|token| token.kind == TokenKind::Semicolon) {
        return Err(Refusal::new("there is no statement in the SQL text"));
    }
    let has_body = Words::of(sql, dialect).has_body();
    if has_body && dialect != Dialect::Sqlite {
        return Ok(());
    }
    let ends = |at: &usize| {
        let is_end = |token: &Token| sql[token.start..token.end].eq_ignore_ascii_case("end");
        let body_ends = *at > 1 && is_end(solid[at - 1]) && solid[at - 2].kind == TokenKind::Semicolon;
        solid[*at].kind == TokenKind::Semicolon && (!has_body || body_ends)
    };
    let Some(end) = (0..solid.len()).find(ends) else { return Ok(()) };
    match solid[end..].iter().find(|token| token.kind != TokenKind::Semicolon) {
        None => Ok(()),
        Some(second) => {
            let line = sql[..second.start].matches('\n').count() + 1;
            Err(Refusal::new(format!("the SQL text holds several statements; the second begins in its line {line}"))
                .hint("write them as a list: `statements: [{sql: ...}, {sql: ...}]`"))
        }
    }
}
