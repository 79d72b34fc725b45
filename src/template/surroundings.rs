//! What surrounds an inserted value in shell or SQL text: whether it stands inside quotes, a comment or a
//! here-document, where quoting it does not protect it.
//!
//! In: the text before the value, piece by piece. Out: what it is inside of, in words. Knows quotes, not grammar.

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// POSIX shell, with bash's `<<<`.
    Shell,
    /// Standard SQL.
    Sql,
    /// SQL where `#` begins a comment, as `MySQL` has it.
    MySql,
}

/// The state after some text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Surroundings {
    language: Language,
    /// What is open, the innermost last.
    open: Vec<Open>,
    /// Delimiters of here-documents whose bodies begin at the next line.
    documents: Vec<String>,
    /// Text that could not be judged yet, because the next piece decides it.
    held: String,
    /// The last character was at the start of a word.
    word_start: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    Backtick,
    Parenthesis,
    LineComment,
    BlockComment,
    Dollar(String),
    Document(String),
    /// What cannot be followed: nothing after it is judged safe.
    Lost,
}

impl Surroundings {
    /// Before any text.
    pub fn new(language: Language) -> Self {
        Self { language, open: Vec::new(), documents: Vec::new(), held: String::new(), word_start: true }
    }

    /// Nothing after this is judged safe.
    pub fn lose(&mut self) {
        self.open.push(Open::Lost);
    }

    /// Whether the same things are open.
    pub fn same_quotes(&self, other: &Self) -> bool {
        self.open == other.open && self.documents == other.documents && self.held == other.held
    }

    /// What a value at this place is inside of; none where it stands free.
    pub fn inside(&self) -> Option<&'static str> {
        if !self.documents.is_empty() {
            return Some("the start of a here-document");
        }
        if self.language == Language::Shell && !self.held.is_empty() && !self.in_document() {
            return Some("the reach of a backslash or `$`");
        }
        let nested = self.open.iter().rposition(|open| *open == Open::Parenthesis).map_or(0, |at| at + 1);
        let lasting = self.open[..nested].iter().filter(|open| matches!(open, Open::Backtick | Open::Lost));
        self.open[nested..].iter().rev().chain(lasting).find_map(|open| self.noun(open))
    }

    fn in_document(&self) -> bool {
        matches!(self.open.last(), Some(Open::Document(_)))
    }

    fn noun(&self, open: &Open) -> Option<&'static str> {
        match open {
            Open::Backtick if self.language == Language::Shell => Some("backticks"),
            Open::Single | Open::Double | Open::Backtick => Some("quotes"),
            Open::LineComment | Open::BlockComment => Some("a comment"),
            Open::Dollar(_) => Some("dollar quotes"),
            Open::Document(_) => Some("a here-document"),
            Open::Lost => Some("a text whose quotes cannot be followed"),
            Open::Parenthesis => None,
        }
    }

    /// Goes on past `text`.
    pub fn feed(&mut self, text: &str) {
        let whole = std::mem::take(&mut self.held) + text;
        let chars: Vec<char> = whole.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            at += match self.language {
                Language::Shell => self.shell(&chars[at..]),
                Language::Sql | Language::MySql => self.sql(&chars[at..]),
            };
        }
    }

    /// A value that was inserted: it is one word, or part of one.
    pub fn value(&mut self) {
        self.held.clear();
        self.word_start = false;
    }

    fn shell(&mut self, rest: &[char]) -> usize {
        let c = rest[0];
        if matches!(rest, ['\\' | '$']) && !matches!(self.open.last(), Some(Open::Single | Open::LineComment)) {
            self.held = c.to_string();
            return 1;
        }
        let word_start = std::mem::replace(&mut self.word_start, c.is_whitespace() || ";|&(`".contains(c));
        match self.open.last() {
            Some(Open::Single) => self.close_at(c == '\'', 1),
            Some(Open::LineComment) => return self.line_end(c),
            Some(Open::Document(end)) => {
                let end = end.clone();
                return self.document(rest, &end);
            }
            Some(Open::Lost) => 1,
            Some(Open::Double) => match c {
                '\\' => 2,
                '$' if rest.get(1) == Some(&'(') => self.push(Open::Parenthesis, 2),
                '`' => self.push(Open::Backtick, 1),
                _ => self.close_at(c == '"', 1),
            },
            _ => self.shell_free(rest, word_start),
        }
        .min(rest.len())
    }

    fn shell_free(&mut self, rest: &[char], word_start: bool) -> usize {
        match rest[0] {
            '\\' => 2,
            '$' if rest.get(1) == Some(&'\'') => self.push(Open::Lost, 2),
            '\'' => self.push(Open::Single, 1),
            '"' => self.push(Open::Double, 1),
            '`' => match self.open.last() {
                Some(Open::Backtick) => self.close_at(true, 1),
                _ => self.push(Open::Backtick, 1),
            },
            '(' => self.push(Open::Parenthesis, 1),
            ')' => self.close_at(self.open.last() == Some(&Open::Parenthesis), 1),
            '#' if word_start => self.push(Open::LineComment, 1),
            '<' if rest.starts_with(&['<', '<', '<']) => 3,
            '<' if rest.starts_with(&['<', '<']) => self.document_start(rest),
            '\n' => self.line_end('\n'),
            _ => 1,
        }
    }

    /// `<<EOF`, `<<-'EOF'`: the body begins at the next line.
    fn document_start(&mut self, rest: &[char]) -> usize {
        let mut at = 2;
        while rest.get(at).is_some_and(|c| matches!(c, '-' | ' ' | '\t')) {
            at += 1;
        }
        let mut word = String::new();
        while let Some(c) = rest.get(at).filter(|c| !c.is_whitespace() && !";|&<>()".contains(**c)) {
            if !matches!(c, '\'' | '"' | '\\') {
                word.push(*c);
            }
            at += 1;
        }
        if word.is_empty() {
            return self.push(Open::Lost, at);
        }
        self.documents.push(word);
        at
    }

    fn line_end(&mut self, c: char) -> usize {
        if c == '\n' {
            if self.open.last() == Some(&Open::LineComment) {
                self.open.pop();
            }
            let documents = std::mem::take(&mut self.documents);
            self.open.extend(documents.into_iter().rev().map(Open::Document));
        }
        1
    }

    /// Inside a here-document: leaves at the line that is its delimiter.
    fn document(&mut self, rest: &[char], end: &str) -> usize {
        let Some(length) = rest.iter().position(|c| *c == '\n') else {
            self.held = rest.iter().collect();
            return rest.len();
        };
        let line: String = rest[..length].iter().collect();
        if line.trim_start_matches('\t') == end {
            self.open.pop();
        }
        length + 1
    }

    fn sql(&mut self, rest: &[char]) -> usize {
        let c = rest[0];
        let escaped = |quote| rest.starts_with(&[quote, quote]);
        match self.open.last() {
            Some(Open::Single | Open::Double) if c == '\\' => self.push(Open::Lost, 1),
            Some(Open::Single) if escaped('\'') => 2,
            Some(Open::Double) if escaped('"') => 2,
            Some(Open::Backtick) if escaped('`') => 2,
            Some(Open::Single) => self.close_at(c == '\'', 1),
            Some(Open::Double) => self.close_at(c == '"', 1),
            Some(Open::Backtick) => self.close_at(c == '`', 1),
            Some(Open::LineComment) => self.close_at(c == '\n', 1),
            Some(Open::BlockComment) if rest.starts_with(&['*', '/']) => self.close_at(true, 2),
            Some(Open::Dollar(tag)) => {
                let end: Vec<char> = tag.chars().collect();
                let ends = rest.starts_with(&end);
                let length = end.len();
                self.close_at(ends, if ends { length } else { 1 })
            }
            Some(_) => 1,
            None => self.sql_free(rest),
        }
    }

    fn sql_free(&mut self, rest: &[char]) -> usize {
        match rest {
            ['\'', ..] => self.push(Open::Single, 1),
            ['"', ..] => self.push(Open::Double, 1),
            ['`', ..] => self.push(Open::Backtick, 1),
            ['-', '-', ..] => self.push(Open::LineComment, 2),
            ['#', ..] if self.language == Language::MySql => self.push(Open::LineComment, 1),
            ['/', '*', ..] => self.push(Open::BlockComment, 2),
            ['$', ..] => match dollar_tag(rest) {
                Some(tag) => {
                    let length = tag.chars().count();
                    self.push(Open::Dollar(tag), length)
                }
                None => 1,
            },
            _ => 1,
        }
    }

    fn push(&mut self, open: Open, length: usize) -> usize {
        self.word_start = true;
        self.open.push(open);
        length
    }

    fn close_at(&mut self, closes: bool, length: usize) -> usize {
        if closes {
            self.open.pop();
        }
        length
    }
}

/// `$$` or `$tag$` at the start of `rest`.
fn dollar_tag(rest: &[char]) -> Option<String> {
    let end = rest.iter().skip(1).position(|c| !c.is_alphanumeric() && *c != '_')? + 1;
    let digit_first = rest.get(1).is_some_and(char::is_ascii_digit);
    (rest[end] == '$' && !digit_first).then(|| rest[..=end].iter().collect())
}
