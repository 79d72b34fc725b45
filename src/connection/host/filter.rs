//! Takes the wrapper's private words, sudo's prompt and whatever a login shell prints before out of the streams.

use bytes::{Buf, Bytes, BytesMut};

use super::command_line::{MARK, prompt};

/// More than this before the wrapper speaks is dropped from the front.
const NOISE: usize = 64 << 10;
/// A private word is no longer than this.
const WORD: usize = 128;

/// What a piece of a stream means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// sudo asks for a password.
    Prompt,
    /// The wrapper runs, in this process group (0 on standard output, where it is not told).
    Begun(i32),
    /// The wrapper cannot go on, because ...
    Refused(String),
    /// The program was killed by this signal.
    Signal(String),
    /// The program is over; what still comes is from what it left behind.
    Over,
    /// Output of the program.
    Output(Bytes),
}

/// One stream's filter.
pub(super) struct Filter {
    mark: Vec<u8>,
    prompt: Vec<u8>,
    held: BytesMut,
    begun: bool,
}

impl Filter {
    /// A filter for the wrapper with this token.
    pub fn new(token: &str) -> Self {
        let mark = [MARK, token.as_bytes(), b":"].concat();
        Self { mark, prompt: prompt(token).into_bytes(), held: BytesMut::new(), begun: false }
    }

    /// What was printed while the wrapper had not begun.
    pub fn noise(&self) -> String {
        String::from_utf8_lossy(&self.held).into_owned()
    }

    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) -> Vec<Heard> {
        self.held.extend_from_slice(piece);
        let mut heard = Vec::new();
        while let Some(one) = self.next() {
            heard.push(one);
        }
        heard
    }

    /// Whatever was held back at the end of the stream.
    pub fn finish(&mut self) -> Option<Bytes> {
        (self.begun && !self.held.is_empty()).then(|| self.held.split().freeze())
    }

    fn next(&mut self) -> Option<Heard> {
        if !self.begun {
            return self.opening();
        }
        if self.held.is_empty() {
            return None;
        }
        match mark_at(&self.held, &self.mark) {
            None => Some(Heard::Output(self.held.split().freeze())),
            Some(0) => self.word().or_else(|| self.not_a_word()),
            Some(at) => Some(Heard::Output(self.held.split_to(at).freeze())),
        }
    }

    fn opening(&mut self) -> Option<Heard> {
        if let Some(at) = find(&self.held, &self.mark) {
            self.held.advance(at);
            return self.word();
        }
        if let Some(at) = find(&self.held, &self.prompt) {
            self.held.advance(at + self.prompt.len());
            return Some(Heard::Prompt);
        }
        let excess = self.held.len().saturating_sub(NOISE);
        self.held.advance(excess);
        None
    }

    /// The private word at the front, if it is whole.
    fn word(&mut self) -> Option<Heard> {
        if self.held.len() < self.mark.len() || !self.held.starts_with(&self.mark) {
            return None;
        }
        let end = self.held.iter().position(|byte| *byte == b'\n')?;
        let line = self.held.split_to(end + 1);
        let word = String::from_utf8_lossy(&line[self.mark.len()..end]).into_owned();
        let rest = word.get(1..).unwrap_or("").to_owned();
        Some(match word.chars().next() {
            Some('S') => Heard::Signal(rest),
            Some('E') => Heard::Over,
            Some('R') => Heard::Refused(rest),
            _ => {
                self.begun = true;
                Heard::Begun(rest.parse().unwrap_or(0))
            }
        })
    }

    /// What looks like a private word but is too long to be one, is output.
    fn not_a_word(&mut self) -> Option<Heard> {
        (self.held.len() > WORD).then(|| Heard::Output(self.held.split_to(1).freeze()))
    }
}

/// Where `mark`, or a part of it that reaches to the end, begins.
fn mark_at(held: &[u8], mark: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = held[from..].iter().position(|byte| *byte == mark[0]) {
        let at = from + at;
        let length = mark.len().min(held.len() - at);
        if held[at..at + length] == mark[..length] {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn find(held: &[u8], what: &[u8]) -> Option<usize> {
    held.windows(what.len()).position(|window| window == what)
}
