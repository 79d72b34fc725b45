//! The type of a value in an INI inventory: a Python literal where it is one, as Ansible reads it, else the text.
//!
//! In: the passage behind the `=`. Out: a [`Node`] with places. Tuples and sets become lists; what JSON cannot hold
//! (complex numbers, infinities, integers past 64 bits) stays the text that was written.

use crate::diagnostic::Passage;
use crate::yaml::{Entry, Map, Node, Value};

use super::passage::Scribe;

/// How deep brackets may be nested; a text past that is no literal.
const DEEPEST: usize = 64;

/// The value of a passage.
pub(super) fn value(passage: &Passage) -> Node {
    let mut reader = Reader { passage, at: 0, depth: 0 };
    reader.document().unwrap_or_else(|| text(passage))
}

/// The passage as it is, never typed.
pub(super) fn text(passage: &Passage) -> Node {
    Node { place: passage.place.clone(), value: Value::Text(passage.clone()) }
}

struct Reader<'a> {
    passage: &'a Passage,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.passage.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, expected: char) -> bool {
        self.spaces();
        let found = self.peek() == Some(expected);
        self.at += if found { expected.len_utf8() } else { 0 };
        found
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn node(&self, start: usize, value: Value) -> Node {
        Node { value, place: self.passage.locate(start..self.at) }
    }

    /// One expression, or several between commas (a tuple), and a comment at most behind it.
    fn document(&mut self) -> Option<Node> {
        self.spaces();
        let first = self.expression()?;
        let mut items = vec![first];
        let mut tuple = false;
        while self.take(',') {
            tuple = true;
            self.spaces();
            if self.rest().is_empty() || self.rest().starts_with('#') {
                break;
            }
            items.push(self.expression()?);
        }
        self.spaces();
        if !(self.rest().is_empty() || self.rest().starts_with('#')) {
            return None;
        }
        if tuple { Some(self.node(0, Value::List(items))) } else { items.pop() }
    }

    fn expression(&mut self) -> Option<Node> {
        self.spaces();
        let start = self.at;
        match self.peek()? {
            '[' => self.sequence(start, ']'),
            '(' => self.sequence(start, ')'),
            '{' => self.braces(start),
            '\'' | '"' => self.strings(start),
            '0'..='9' | '.' | '-' | '+' => self.number(start),
            c if c.is_alphabetic() => self.word(start),
            _ => None,
        }
    }

    /// `[..]` or `(..)`; one value alone in parentheses is that value.
    fn sequence(&mut self, start: usize, close: char) -> Option<Node> {
        self.enter()?;
        let mut items = Vec::new();
        let mut comma = false;
        while !self.take(close) {
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.expression()?);
            comma = self.take(',');
        }
        self.depth -= 1;
        if close == ')' && items.len() == 1 && !comma {
            return items.pop();
        }
        Some(self.node(start, Value::List(items)))
    }

    /// Opens a bracket, if the nesting allows it.
    fn enter(&mut self) -> Option<()> {
        self.at += 1;
        self.depth += 1;
        (self.depth <= DEEPEST).then_some(())
    }

    /// `{k: v, ..}` or the set `{a, ..}`.
    fn braces(&mut self, start: usize) -> Option<Node> {
        self.enter()?;
        let (mut entries, mut items) = (Vec::<Entry>::new(), Vec::new());
        let mut comma = true;
        while !self.take('}') {
            if !comma {
                return None;
            }
            let first = self.expression()?;
            if self.take(':') {
                let value = self.expression()?;
                let entry = Entry { key: key(&first)?.into(), key_place: first.place, value };
                match entries.iter_mut().find(|old| old.key == entry.key) {
                    Some(old) => *old = entry,
                    None => entries.push(entry),
                }
            } else {
                items.push(first);
            }
            comma = self.take(',');
        }
        self.depth -= 1;
        match (entries.is_empty(), items.is_empty()) {
            (false, false) => None,
            (true, false) => Some(self.node(start, Value::List(items))),
            _ => Some(self.node(start, Value::Map(Map { entries }))),
        }
    }

    /// `True`, `False`, `None`, or the prefix of a string.
    fn word(&mut self, start: usize) -> Option<Node> {
        let length = self.rest().find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest().len());
        let word = self.rest().get(..length)?.to_owned();
        if self.rest()[length..].starts_with(['\'', '"']) {
            return self.strings(start);
        }
        self.at += length;
        match word.as_str() {
            "True" => Some(self.node(start, Value::Bool(true))),
            "False" => Some(self.node(start, Value::Bool(false))),
            "None" => Some(self.node(start, Value::Null)),
            // The one call that Python takes for a literal: the empty set.
            "set" if self.take('(') && self.take(')') => Some(self.node(start, Value::List(Vec::new()))),
            _ => None,
        }
    }

    fn number(&mut self, start: usize) -> Option<Node> {
        let negative = self.rest().starts_with('-');
        if self.rest().starts_with(['-', '+']) {
            self.at += 1;
            self.spaces();
        }
        let digits = self.at;
        while let Some(c) = self.peek() {
            let so_far = &self.passage.text[digits..self.at];
            let exponent = so_far.ends_with(['e', 'E']) && !so_far.starts_with("0x") && matches!(c, '+' | '-');
            if !(c.is_alphanumeric() || c == '_' || c == '.' || exponent) {
                break;
            }
            self.at += c.len_utf8();
        }
        let number = number(&self.passage.text[digits..self.at], negative)?;
        Some(self.node(start, number))
    }

    /// One string, or several side by side, which are joined.
    fn strings(&mut self, start: usize) -> Option<Node> {
        let mut scribe = Scribe::default();
        let mut end = self.at;
        loop {
            let length = self.rest().find(['\'', '"'])?;
            let prefix = self.rest().get(..length)?.to_ascii_lowercase();
            if !matches!(prefix.as_str(), "" | "r" | "u" | "b" | "br" | "rb") {
                return None;
            }
            self.at += length;
            self.string(prefix.contains('r'), &mut scribe)?;
            end = end.max(self.at);
            self.spaces();
            let letters = self.rest().trim_start_matches(|c: char| c.is_ascii_alphabetic());
            if !letters.starts_with(['\'', '"']) {
                break;
            }
        }
        self.at = end;
        let place = self.passage.locate(start..end);
        let text = scribe.finish(&place.source, place.start..place.end);
        Some(Node { value: Value::Text(text), place })
    }

    /// One string from its opening quote on.
    fn string(&mut self, raw: bool, scribe: &mut Scribe) -> Option<()> {
        let quote = self.peek()?;
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let close = if self.rest().starts_with(&triple) { triple } else { quote.to_string() };
        self.at += close.len();
        while !self.rest().starts_with(&close) {
            let (from, c) = (self.at, self.peek()?);
            self.at += c.len_utf8();
            let offset = self.passage.locate(from..from).start;
            if c != '\\' {
                scribe.push(c, offset);
            } else if raw {
                scribe.push('\\', offset);
                let next = self.peek()?;
                scribe.push(next, offset + 1);
                self.at += next.len_utf8();
            } else {
                self.escape(offset, scribe)?;
            }
        }
        self.at += close.len();
        Some(())
    }

    /// What stands behind a backslash.
    fn escape(&mut self, offset: usize, scribe: &mut Scribe) -> Option<()> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        let plain = match c {
            '\\' | '\'' | '"' => c,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'x' => self.code(2, 16)?,
            'u' => self.code(4, 16)?,
            'U' => self.code(8, 16)?,
            'N' => return None,
            '0'..='7' => {
                self.at -= 1;
                let length = self.rest().chars().take(3).take_while(|c| matches!(c, '0'..='7')).count();
                self.code(length, 8)?
            }
            other => {
                scribe.push('\\', offset);
                other
            }
        };
        scribe.push(plain, offset);
        Some(())
    }

    fn code(&mut self, digits: usize, radix: u32) -> Option<char> {
        let text = self.rest().get(..digits).filter(|text| text.chars().all(|c| c.is_digit(radix)))?;
        let code = u32::from_str_radix(text, radix).ok()?;
        self.at += digits;
        char::from_u32(code)
    }
}

/// A key of a mapping, as JSON has it.
fn key(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(passage) => Some(passage.text.to_string()),
        Value::Bool(_) | Value::Null | Value::Number(_) => Some(node.to_json().to_string()),
        Value::List(_) | Value::Map(_) | Value::Vault(_) => None,
    }
}

/// A Python number. `None` where Python sees none, or JSON has none.
fn number(written: &str, negative: bool) -> Option<Value> {
    if written.starts_with('_') || written.ends_with('_') || written.contains("__") {
        return None;
    }
    let digits = written.replace('_', "").to_ascii_lowercase();
    let sign = if negative { "-" } else { "" };
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            return integer(&format!("{sign}{rest}"), radix);
        }
    }
    if digits.chars().all(|c| c.is_ascii_digit()) {
        // Python refuses `012`, so it stays a text.
        let leading = digits.starts_with('0') && digits.chars().any(|c| c != '0');
        return if leading { None } else { integer(&format!("{sign}{digits}"), 10) };
    }
    if digits.contains(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'e' | '+' | '-'))) {
        return None;
    }
    let value: f64 = format!("{sign}{digits}").parse().ok()?;
    serde_json::Number::from_f64(value).map(Value::Number)
}

fn integer(text: &str, radix: u32) -> Option<Value> {
    let signed = i64::from_str_radix(text, radix).ok().map(serde_json::Number::from);
    let number = signed.or_else(|| u64::from_str_radix(text, radix).ok().map(serde_json::Number::from));
    number.map(Value::Number)
}
