//! The words of a host line, split like Ansible does (Python's `shlex.split` with comments).
//!
//! In: a range of a source. Out: words that know where each of their characters stands.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Passage, Place, Problem, Source};

use super::passage::Scribe;

/// The words of a line; `#` outside quotes begins a comment.
pub(super) fn split(source: &Arc<Source>, line: Range<usize>) -> Result<Vec<Passage>, Problem> {
    let mut splitter = Splitter { source, words: Vec::new(), word: None };
    let mut chars = source.text[line.clone()].char_indices().map(|(at, c)| (at + line.start, c));
    while let Some((at, c)) = chars.next() {
        match c {
            '#' => break,
            ' ' | '\t' | '\r' | '\n' => splitter.end_word(),
            '\'' | '"' => splitter.quoted(at, c, &mut chars)?,
            '\\' => match chars.next() {
                Some((next, c)) => splitter.push(c, next, at),
                None => {
                    return Err(splitter.refuse("nothing follows the backslash", at, "write `\\\\` for a backslash"));
                }
            },
            c => splitter.push(c, at, at),
        }
    }
    splitter.end_word();
    Ok(splitter.words)
}

struct Splitter<'a> {
    source: &'a Arc<Source>,
    words: Vec<Passage>,
    /// The word that is being read: first byte, one past the last, and its characters.
    word: Option<(usize, usize, Scribe)>,
}

impl Splitter<'_> {
    /// Reads up to the closing quote.
    fn quoted(
        &mut self,
        open: usize,
        quote: char,
        rest: &mut impl Iterator<Item = (usize, char)>,
    ) -> Result<(), Problem> {
        self.open_word(open);
        while let Some((at, c)) = rest.next() {
            match c {
                c if c == quote => {
                    self.reach(at + 1);
                    return Ok(());
                }
                // In double quotes a backslash only escapes the quote and itself.
                '\\' if quote == '"' => match rest.next() {
                    Some((next, c @ ('"' | '\\'))) => self.push(c, next, at),
                    Some((next, c)) => {
                        self.push('\\', at, at);
                        self.push(c, next, at);
                    }
                    None => break,
                },
                c => self.push(c, at, at),
            }
        }
        Err(self.refuse("the quote is not closed", open, "this quote"))
    }

    fn open_word(&mut self, at: usize) -> &mut (usize, usize, Scribe) {
        self.word.get_or_insert_with(|| (at, at, Scribe::default()))
    }

    fn reach(&mut self, end: usize) {
        if let Some((_, last, _)) = &mut self.word {
            *last = end;
        }
    }

    /// Adds the character at `at` to the word, which begins at `first` if it is new.
    fn push(&mut self, c: char, at: usize, first: usize) {
        let (_, end, scribe) = self.open_word(first);
        scribe.push(c, at);
        *end = at + c.len_utf8();
    }

    fn end_word(&mut self) {
        if let Some((start, end, scribe)) = self.word.take() {
            self.words.push(scribe.finish(self.source, start..end));
        }
    }

    fn refuse(&self, message: &str, at: usize, hint: &str) -> Problem {
        Problem::error(message).at(Place::new(self.source, at..at + 1)).hint(hint)
    }
}
