//! The outer form of a template text: where code and strings begin and end.
//!
//! In: a text. Out: the text with the backslashes of its string literals kept for the engine, as [`Edits`]; or the
//! place of what was opened and never closed. Knows brackets and quotes, no grammar.

use std::ops::Range;

/// How the backslash in a string literal is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backslash {
    /// As Ansible does in playbooks: it stands for itself (but `\n`, `\t`, `\r` and escaped quotes).
    Literal,
    /// As Jinja2 does: the escapes of Python.
    Escape,
}

/// Something that was opened and never closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// The opening.
    pub at: Range<usize>,
    /// What closes it.
    pub close: &'static str,
}

/// Replacements in a text, ascending, that do not overlap.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Adds a replacement.
    pub fn replace(&mut self, range: Range<usize>, with: impl Into<String>) {
        self.0.push((range, with.into()));
    }

    /// The text with all replacements made, and the way back.
    pub fn apply(mut self, text: &str) -> (String, Back) {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len() + 16);
        let (mut at, mut anchors) = (0, Vec::with_capacity(self.0.len() * 2));
        for (range, with) in self.0 {
            out.push_str(&text[at..range.start]);
            anchors.push((out.len(), range.start, false));
            out.push_str(&with);
            anchors.push((out.len(), range.end, true));
            at = range.end;
        }
        out.push_str(&text[at..]);
        (out, Back(anchors))
    }
}

/// Leads from offsets in an edited text to those in the text it came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Back(Vec<(usize, usize, bool)>);

impl Back {
    /// The offset in the text before the edits.
    pub fn offset(&self, at: usize) -> usize {
        match self.0.partition_point(|(to, _, _)| *to <= at) {
            0 => at,
            n => {
                let (to, from, copied) = self.0[n - 1];
                if copied { from + (at - to) } else { from }
            }
        }
    }

    /// The range in the text before the edits.
    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        self.offset(range.start)..self.offset(range.end)
    }
}

/// Whether a text holds anything that is not plain.
pub(super) fn is_plain(text: &str) -> bool {
    !["{{", "{%", "{#"].iter().any(|open| text.contains(open))
}

/// Walks a text and collects what must be changed in its string literals.
pub(super) fn literals(text: &str, expression: bool, backslash: Backslash) -> Result<Edits, Unclosed> {
    let mut walk = Walk { text, at: 0, edits: Edits::default(), backslash };
    if expression {
        walk.code(None, 0..0)?;
    } else {
        walk.template()?;
    }
    Ok(walk.edits)
}

struct Walk<'t> {
    text: &'t str,
    at: usize,
    edits: Edits,
    backslash: Backslash,
}

impl Walk<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn template(&mut self) -> Result<(), Unclosed> {
        while let Some(found) = self.rest().find('{') {
            self.at += found;
            let open = self.at..(self.at + 2).min(self.text.len());
            match self.rest().get(..2) {
                Some("{{") => self.code(Some("}}"), open)?,
                Some("{#") => self.skip_past("#}", open)?,
                Some("{%") if self.opens_raw() => self.raw(open)?,
                Some("{%") => self.code(Some("%}"), open)?,
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    fn skip_past(&mut self, close: &'static str, open: Range<usize>) -> Result<(), Unclosed> {
        match self.text[open.end..].find(close) {
            Some(found) => {
                self.at = open.end + found + close.len();
                Ok(())
            }
            None => Err(Unclosed { at: open, close }),
        }
    }

    fn opens_raw(&self) -> bool {
        keyword(&self.rest()[2..]) == "raw"
    }

    fn raw(&mut self, open: Range<usize>) -> Result<(), Unclosed> {
        let mut from = open.end;
        while let Some(found) = self.text[from..].find("{%") {
            from += found + 2;
            if keyword(&self.text[from..]) == "endraw" {
                self.at = from;
                return self.skip_past("%}", from - 2..from);
            }
        }
        Err(Unclosed { at: open, close: "{% endraw %}" })
    }

    /// Code up to `close` (none: to the end).
    fn code(&mut self, close: Option<&'static str>, open: Range<usize>) -> Result<(), Unclosed> {
        self.at = open.end;
        let mut depth = 0usize;
        while let Some(c) = self.rest().chars().next() {
            if let Some(close) = close
                && depth == 0
                && self.rest().starts_with(close)
            {
                self.at += close.len();
                return Ok(());
            }
            match c {
                '\'' | '"' => self.string(c)?,
                _ => {
                    match c {
                        '(' | '[' | '{' => depth += 1,
                        ')' | ']' | '}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    self.at += c.len_utf8();
                }
            }
        }
        match close {
            Some(close) => Err(Unclosed { at: open, close }),
            None => Ok(()),
        }
    }

    fn string(&mut self, quote: char) -> Result<(), Unclosed> {
        let start = self.at;
        self.at += 1;
        while let Some(c) = self.rest().chars().next() {
            self.at += c.len_utf8();
            if c == quote {
                return Ok(());
            }
            if c == '\\' {
                self.backslash(quote);
            }
        }
        Err(Unclosed { at: start..start + 1, close: if quote == '"' { "\"" } else { "'" } })
    }

    fn backslash(&mut self, quote: char) {
        let start = self.at - 1;
        let Some(next) = self.rest().chars().next() else { return };
        self.at += next.len_utf8();
        if self.backslash == Backslash::Escape {
            return;
        }
        match next {
            'n' | 't' | 'r' => {}
            _ if next == quote => {}
            '\\' => self.edits.replace(start..start + 2, r"\\\\"),
            _ => self.edits.replace(start..start + 1, r"\\"),
        }
    }
}

/// The first word after `{%`.
fn keyword(code: &str) -> &str {
    let code = code.trim_start_matches(['-', '+']).trim_start();
    let end = code.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(code.len());
    &code[..end]
}
