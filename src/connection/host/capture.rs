//! Keeps the head and the tail of an output stream and counts what lies between, in bounded memory.

use std::collections::VecDeque;

use super::Captured;

/// An output stream as it is kept.
pub(super) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    head_limit: usize,
    tail_limit: usize,
    length: u64,
}

impl Capture {
    /// Keeps `keep` bytes: the first half and the last half.
    pub fn new(keep: usize) -> Self {
        let head_limit = keep / 2;
        Self { head: Vec::new(), tail: VecDeque::new(), head_limit, tail_limit: keep - head_limit, length: 0 }
    }

    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.length += piece.len() as u64;
        let (head, rest) = piece.split_at(piece.len().min(self.head_limit - self.head.len()));
        self.head.extend_from_slice(head);
        let rest = &rest[rest.len().saturating_sub(self.tail_limit)..];
        let excess = (self.tail.len() + rest.len()).saturating_sub(self.tail_limit);
        self.tail.drain(..excess);
        self.tail.extend(rest);
    }

    /// What was kept.
    pub fn finish(self) -> Captured {
        let missing = self.length - (self.head.len() + self.tail.len()) as u64;
        let mut bytes = self.head;
        if missing > 0 {
            bytes.extend_from_slice(format!("\n[... {missing} bytes omitted ...]\n").as_bytes());
        }
        bytes.extend(self.tail);
        Captured { bytes, length: self.length }
    }
}
