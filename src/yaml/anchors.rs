//! From a decoded scalar back to its file: pairs (decoded offset, source offset) at each point where both stop running
//! in step (an escape, a folded line break, the indentation of a block scalar).

use std::ops::Range;

use granit_parser::ScalarStyle;

/// The pairs for the scalar that was decoded to `value` from `source[range]` (quotes and block header included); none
/// where the text stands in the source as it is from the start of the range. Where the two cannot be brought
/// together, the whole text is mapped to the start.
pub fn align(source: &str, range: Range<usize>, value: &str, style: ScalarStyle) -> Vec<(usize, usize)> {
    let raw = &source[range.clone()];
    if style == ScalarStyle::Plain && raw == value {
        return Vec::new();
    }
    let mut walk = Walk { raw, value, at: 0, done: 0, base: range.start, pairs: Vec::new() };
    let whole = match style {
        ScalarStyle::Plain => walk.flow(raw.len(), style),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            walk.at = 1;
            walk.flow(raw.len().saturating_sub(1), style)
        }
        ScalarStyle::Literal | ScalarStyle::Folded => walk.block(),
    };
    if whole.is_none() {
        walk.pairs = vec![(0, range.start)];
    }
    walk.pairs
}

struct Walk<'a> {
    raw: &'a str,
    value: &'a str,
    /// How far the source was read.
    at: usize,
    /// How much of the value that gave.
    done: usize,
    base: usize,
    pairs: Vec<(usize, usize)>,
}

impl Walk<'_> {
    /// A plain or quoted scalar up to `end`.
    fn flow(&mut self, end: usize, style: ScalarStyle) -> Option<()> {
        let double = style == ScalarStyle::DoubleQuoted;
        while self.at < end {
            let rest = &self.raw[self.at..end];
            if rest.starts_with([' ', '\t', '\r', '\n']) {
                self.blanks(rest)?;
            } else if double && rest.starts_with('\\') {
                self.escape(rest)?;
            } else if style == ScalarStyle::SingleQuoted && rest.starts_with("''") {
                self.give(1, 2)?;
            } else {
                let special = |c| matches!(c, ' ' | '\t' | '\r' | '\n' | '\\' | '\'');
                let stop = rest.char_indices().skip(1).find(|(_, c)| special(*c)).map_or(rest.len(), |(n, _)| n);
                self.copy(stop)?;
            }
        }
        // An escape at the very end: a range that ends with the text ends behind it.
        self.mark(self.at);
        (self.done == self.value.len()).then_some(())
    }

    /// Blanks stand for themselves, unless there is a line break among them: then they are one space, or the line
    /// breaks but one.
    fn blanks(&mut self, rest: &str) -> Option<()> {
        let length = rest.find(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).unwrap_or(rest.len());
        match rest[..length].matches('\n').count() {
            0 => self.copy(length),
            1 => self.give(1, length),
            breaks => self.give(breaks - 1, length),
        }
    }

    fn escape(&mut self, rest: &str) -> Option<()> {
        let length = match rest.as_bytes().get(1)? {
            b'x' => 4,
            b'u' if is_pair(rest) => 12,
            b'u' => 6,
            b'U' => 10,
            b'\n' | b'\r' => {
                let blanks = rest[1..].find(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).unwrap_or(rest.len() - 1);
                let breaks = rest[1..=blanks].matches('\n').count();
                return self.give(breaks.saturating_sub(1), 1 + blanks);
            }
            _ => 1 + rest[1..].chars().next()?.len_utf8(),
        };
        let decoded = self.value.get(self.done..)?.chars().next()?.len_utf8();
        self.give(decoded, length)
    }

    /// A literal or folded scalar: its lines stand in the value one after the other, with line breaks or single
    /// spaces between them.
    fn block(&mut self) -> Option<()> {
        self.at = self.raw.find('\n')? + 1;
        let indent = self.indent()?;
        let mut break_at = self.at;
        while self.at < self.raw.len() && self.done < self.value.len() {
            let line = self.raw[self.at..].split('\n').next().unwrap_or("");
            let (start, next) = (self.at, self.at + line.len() + 1);
            let content = line.strip_suffix('\r').unwrap_or(line).get(indent..).unwrap_or("");
            if !content.is_empty() {
                self.breaks(break_at);
                self.at = start + indent;
                self.copy(content.len())?;
                break_at = self.at;
            }
            self.at = next;
        }
        self.breaks(break_at);
        (self.done == self.value.len()).then_some(())
    }

    /// The indentation: what the first line of text has more than the first line of the value.
    fn indent(&self) -> Option<usize> {
        let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let written = self.raw[self.at..].split('\n').find(|line| !line.trim().is_empty())?;
        let decoded = self.value.split('\n').find(|line| !line.trim().is_empty())?;
        spaces(written).checked_sub(spaces(decoded))
    }

    /// The line breaks (or the space) that come next in the value.
    fn breaks(&mut self, at: usize) {
        let rest = &self.value[self.done..];
        let breaks = rest.len() - rest.trim_start_matches('\n').len();
        let length = if breaks == 0 && self.done > 0 { usize::from(rest.starts_with(' ')) } else { breaks };
        if length > 0 {
            self.mark(at);
            self.done += length;
        }
    }

    /// The next `length` bytes stand for themselves.
    fn copy(&mut self, length: usize) -> Option<()> {
        let same = self.raw.get(self.at..self.at + length)? == self.value.get(self.done..self.done + length)?;
        if same { self.give(length, length) } else { None }
    }

    /// The next `written` bytes of the source stand for `decoded` bytes of the value.
    fn give(&mut self, decoded: usize, written: usize) -> Option<()> {
        self.mark(self.at);
        self.done += decoded;
        self.at += written;
        (self.done <= self.value.len()).then_some(())
    }

    fn mark(&mut self, at: usize) {
        let to = self.base + at;
        match self.pairs.last_mut() {
            Some((from, old)) if *from == self.done => *old = to,
            Some((from, old)) if to.checked_sub(*old) == self.done.checked_sub(*from) => {}
            _ => self.pairs.push((self.done, to)),
        }
    }
}

/// Whether an escape is the first half of a surrogate pair.
fn is_pair(rest: &str) -> bool {
    let high = rest.get(2..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    high.is_some_and(|code| (0xd800..0xdc00).contains(&code)) && rest.get(6..).unwrap_or_default().starts_with("\\u")
}
