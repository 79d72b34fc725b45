//! Cutting and decoding texts without losing where each part of them stands.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Passage, Place, Source};

/// Part of a passage, as a passage.
pub(super) fn slice(whole: &Passage, range: Range<usize>) -> Passage {
    let place = whole.locate(range.clone());
    let inside = whole.anchors.iter().filter(|(from, _)| *from > range.start && *from < range.end);
    let anchors = std::iter::once((0, place.start)).chain(inside.map(|(from, to)| (from - range.start, *to)));
    Passage { text: whole.text[range.clone()].into(), anchors: anchors.collect(), place }
}

/// A range of a source, as it stands there.
pub(super) fn verbatim(source: &Arc<Source>, range: Range<usize>) -> Passage {
    let place = Place::new(source, range);
    Passage { text: source.text[place.start..place.end].into(), place, anchors: Arc::from([]) }
}

/// A passage of range `range` without the white space around it.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

/// Puts a decoded text together, character by character.
#[derive(Default)]
pub(super) struct Scribe {
    text: String,
    anchors: Vec<(usize, usize)>,
    /// The source offset of the next character if it stands right behind the last.
    expected: Option<usize>,
}

impl Scribe {
    /// Adds a character that stands (or is written by an escape that begins) at a byte of the source.
    pub(super) fn push(&mut self, c: char, at: usize) {
        if self.expected != Some(at) {
            self.anchors.push((self.text.len(), at));
        }
        self.text.push(c);
        self.expected = Some(at + c.len_utf8());
    }

    /// The text, which stands in `range` of the source.
    pub(super) fn finish(self, source: &Arc<Source>, range: Range<usize>) -> Passage {
        Passage { text: self.text.into(), place: Place::new(source, range), anchors: self.anchors.into() }
    }
}
