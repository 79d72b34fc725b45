//! Sources and places in them. A place is a byte range; line and column are worked out when they are shown.

use std::ops::Range;
use std::sync::Arc;

/// A text that was read, under the name by which people know it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as it was given or found, or a name in angle brackets (`<command line>`).
    pub name: String,
    /// The whole text.
    pub text: String,
    /// The text as it stands in the file, where that is encrypted: then `text` is a secret, and no line of it is shown.
    pub sealed: Option<String>,
}

impl Source {
    /// A text that anybody may see.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), sealed: None }
    }

    /// Whether the text is a secret.
    pub fn is_secret(&self) -> bool {
        self.sealed.is_some()
    }
}

/// A byte range of a source.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// Where the range lies.
    pub source: Arc<Source>,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Place {
    /// The range of `source`; both ends are moved back to a character boundary inside the text.
    pub fn new(source: &Arc<Source>, range: Range<usize>) -> Self {
        let text = &source.text;
        let start = text.floor_char_boundary(range.start);
        let end = text.floor_char_boundary(range.end).max(start);
        Self { source: Arc::clone(source), start, end }
    }

    /// A place that stands for the whole of a source.
    pub fn whole(source: &Arc<Source>) -> Self {
        Self::new(source, 0..0)
    }

    /// Line number, from 1.
    pub fn line(&self) -> usize {
        self.source.text[..self.start].matches('\n').count() + 1
    }

    /// Column in characters, from 1.
    pub fn column(&self) -> usize {
        self.source.text[self.line_start()..self.start].chars().count() + 1
    }

    /// Byte offset at which the line of the place begins.
    pub fn line_start(&self) -> usize {
        self.source.text[..self.start].rfind('\n').map_or(0, |at| at + 1)
    }

    /// The line the place begins on, without its line break.
    pub fn line_text(&self) -> &str {
        let rest = &self.source.text[self.line_start()..];
        rest.split(['\n', '\r']).next().unwrap_or("")
    }
}

/// `file:line:column`.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.source.name, self.line(), self.column())
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// A decoded text (escapes read, block scalars unindented) that still knows where each of its bytes stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The decoded text.
    pub text: Arc<str>,
    /// Where it stands as a whole.
    pub place: Place,
    /// Pairs (decoded offset, source offset), ascending; between two pairs both run in step. Empty: the text stands
    /// in the source as it is, from `place.start`.
    pub anchors: Arc<[(usize, usize)]>,
}

impl Passage {
    /// A text that stands in its source byte for byte, such as a template file.
    pub fn verbatim(source: &Arc<Source>) -> Self {
        let place = Place { source: Arc::clone(source), start: 0, end: source.text.len() };
        Self { text: source.text.as_str().into(), place, anchors: Arc::from([]) }
    }

    /// A text that stands in no file (a value from the command line or the environment), named for people.
    pub fn unplaced(name: &str, text: &str) -> Self {
        Self::verbatim(&Arc::new(Source::new(name, text)))
    }

    /// The place in the file of a range of the decoded text.
    pub fn locate(&self, range: Range<usize>) -> Place {
        Place::new(&self.place.source, self.offset(range.start)..self.offset(range.end))
    }

    fn offset(&self, decoded: usize) -> usize {
        match self.anchors.partition_point(|(from, _)| *from <= decoded) {
            0 => self.place.start + decoded,
            n => {
                let (from, to) = self.anchors[n - 1];
                to + (decoded - from)
            }
        }
    }
}
