//! Where the parameters of an SQL text are: a scanner that knows each dialect's quotes and comments, and nothing else
//! of SQL. In: a text. Out: its tokens, in which nothing inside a quote or a comment is taken for anything.

use super::Dialect;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// White space or a comment.
    Blank,
    /// A comment that MySQL runs (`/*! ... */`).
    Conditional,
    /// A string or a quoted identifier.
    Quoted,
    /// A keyword or a plain identifier.
    Word,
    /// A number.
    Number,
    /// `:name`.
    Parameter,
    /// A placeholder of the driver's own (`?`, `$1`, `@name` in SQLite).
    Foreign,
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// `,`.
    Comma,
    /// `;`.
    Semicolon,
    /// Any other character, `::` or `:=`.
    Other,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// The tokens of `text`; together they are the whole of it.
pub fn scan(text: &str, dialect: Dialect) -> Vec<Token> {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0, dialect, brackets: 0 };
    let mut tokens: Vec<Token> = Vec::new();
    while scanner.at < text.len() {
        let start = scanner.at;
        let kind = scanner.next(tokens.last());
        // A token never ends inside a character.
        while !text.is_char_boundary(scanner.at) {
            scanner.at += 1;
        }
        tokens.push(Token { kind, start, end: scanner.at });
    }
    tokens
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    dialect: Dialect,
    brackets: usize,
}

fn begins_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Moves past the token at hand and says what it is.
    fn next(&mut self, before: Option<&Token>) -> TokenKind {
        use Dialect::{Mysql, Postgres, Sqlite};
        match (self.peek(0), self.dialect) {
            (b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, _) => self.blank(),
            (b'-', _) if self.peek(1) == b'-' && self.dashes_comment() => self.line_comment(),
            (b'#', Mysql) => self.line_comment(),
            (b'/', _) if self.peek(1) == b'*' => self.block_comment(),
            (b'\'', _) => self.quoted(b'\'', self.dialect == Mysql),
            (b'"', _) => self.quoted(b'"', self.dialect == Mysql),
            (b'`', Mysql | Sqlite) => self.quoted(b'`', false),
            (b'[', Sqlite) => self.until("]"),
            (b'$', Postgres) => self.dollar(),
            (b'$' | b'@', Sqlite) if begins_word(self.peek(1)) => self.foreign(),
            (b'?', Mysql | Sqlite) => self.foreign(),
            (b':', _) => self.colon(before),
            (byte, _) if begins_word(byte) => self.word(),
            (byte, _) if byte.is_ascii_digit() => self.number(),
            (byte, _) => self.single(byte),
        }
    }

    fn single(&mut self, byte: u8) -> TokenKind {
        self.at += 1;
        match byte {
            b'(' => TokenKind::Open,
            b')' => TokenKind::Close,
            b',' => TokenKind::Comma,
            b';' => TokenKind::Semicolon,
            b'[' => {
                self.brackets += 1;
                TokenKind::Other
            }
            b']' => {
                self.brackets = self.brackets.saturating_sub(1);
                TokenKind::Other
            }
            _ => TokenKind::Other,
        }
    }

    fn blank(&mut self) -> TokenKind {
        while self.peek(0).is_ascii_whitespace() || self.peek(0) == 0x0b {
            self.at += 1;
        }
        TokenKind::Blank
    }

    /// MySQL wants white space behind the two dashes: `5--3` is 8 there.
    fn dashes_comment(&self) -> bool {
        self.dialect != Dialect::Mysql || self.peek(2) <= b' '
    }

    fn line_comment(&mut self) -> TokenKind {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        TokenKind::Blank
    }

    fn block_comment(&mut self) -> TokenKind {
        let conditional =
            self.dialect == Dialect::Mysql && (self.peek(2) == b'!' || self.text[self.at..].starts_with("/*M!"));
        let mut depth = 0;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') if depth == 0 || self.dialect == Dialect::Postgres => {
                    (depth, self.at) = (depth + 1, self.at + 2);
                }
                (b'*', b'/') => (depth, self.at) = (depth - 1, self.at + 2),
                _ => self.at += 1,
            }
            if depth == 0 {
                break;
            }
        }
        if conditional { TokenKind::Conditional } else { TokenKind::Blank }
    }

    /// A quote that is doubled, or behind a backslash where the dialect escapes so, does not end the text.
    fn quoted(&mut self, quote: u8, backslash: bool) -> TokenKind {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' if backslash => self.at += 2,
                byte if byte == quote && self.peek(1) == quote => self.at += 2,
                byte if byte == quote => {
                    self.at += 1;
                    return TokenKind::Quoted;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.bytes.len();
        TokenKind::Quoted
    }

    fn until(&mut self, end: &str) -> TokenKind {
        let length = self.text[self.at..].find(end).map(|at| at + end.len());
        self.at += length.unwrap_or(self.text.len() - self.at);
        TokenKind::Quoted
    }

    /// `$tag$ ... $tag$`, or `$1`.
    fn dollar(&mut self) -> TokenKind {
        let rest = &self.text[self.at + 1..];
        let tag = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if self.peek(1).is_ascii_digit() {
            return self.foreign();
        }
        if !rest[tag..].starts_with('$') {
            return self.single(b'$');
        }
        let mark = format!("${}$", &rest[..tag]);
        self.at += mark.len();
        self.until(&mark)
    }

    fn foreign(&mut self) -> TokenKind {
        self.at += 1;
        self.name();
        TokenKind::Foreign
    }

    fn name(&mut self) {
        while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' || self.peek(0) >= 0x80 {
            self.at += 1;
        }
    }

    fn colon(&mut self, before: Option<&Token>) -> TokenKind {
        if matches!(self.peek(1), b':' | b'=') {
            self.at += 2;
            return TokenKind::Other;
        }
        // `a[low:high]` is a slice in PostgreSQL, `a[:low]` an index.
        let value = |token: &Token| {
            matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::Parameter | TokenKind::Close)
        };
        let slice = self.dialect == Dialect::Postgres && self.brackets > 0 && before.is_some_and(value);
        if slice || !begins_word(self.peek(1)) || self.peek(1) >= 0x80 {
            self.at += 1;
            return TokenKind::Other;
        }
        self.at += 1;
        while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
            self.at += 1;
        }
        TokenKind::Parameter
    }

    fn word(&mut self) -> TokenKind {
        let start = self.at;
        while begins_word(self.peek(0)) || self.peek(0).is_ascii_digit() || self.peek(0) == b'$' {
            self.at += 1;
        }
        let escaped = self.dialect == Dialect::Postgres && self.text[start..self.at].eq_ignore_ascii_case("e");
        if escaped && self.peek(0) == b'\'' {
            return self.quoted(b'\'', true);
        }
        TokenKind::Word
    }

    fn number(&mut self) -> TokenKind {
        while self.peek(0).is_ascii_alphanumeric() || matches!(self.peek(0), b'.' | b'_') {
            self.at += 1;
        }
        TokenKind::Number
    }
}
