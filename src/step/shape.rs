//! What a step's parameters look like, as data: the static check, the JSON Schema and the reference all read it.
//!
//! Three walks over a shape: [`judge`] looks at what was written, [`conform`] at what it came to, [`schema`] tells it to
//! editors.

mod conform;
mod judge;
mod schema;
mod words;

pub use conform::conform;
pub use judge::judge;
pub use schema::{mapping_schema, schema};

use crate::connection::Kind;
use crate::template::Sink;

/// The shape of a value. A text with `{{ }}` may stand wherever its value could; it is checked again once it is known.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text (numbers and booleans are taken as they are written), with its use.
    Text(Sink),
    /// A whole number within bounds.
    Integer {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `30s`, `5m`; resolved to seconds as a number.
    Duration,
    /// Permission bits as a quoted octal text (`"0644"`); resolved to a number.
    Mode,
    /// Any value; texts in it have this use.
    Any(Sink),
    /// A list; a single value is not taken for a list of one.
    List(&'static Shape),
    /// A mapping with free keys.
    Map(&'static Shape),
    /// A mapping with these keys and no others.
    Record(&'static [Field]),
    /// Any of these; the first that fits the YAML value counts.
    OneOf(&'static [Shape]),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The name of a connection of one of these kinds; never a template.
    Connection(&'static [Kind]),
    /// A bare expression, or a list of them; resolved to a list of (text, value) pairs: `[{"text": "a > 1", "value": true}]`.
    Expressions,
    /// Steps to run inside this one.
    Steps,
}

/// A key of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// It must be given.
    pub required: bool,
    /// What it is where it is not given, as YAML, if that says more than leaving it out.
    pub default: Option<&'static str>,
    /// What it means, for the reference and the schema.
    pub doc: &'static str,
}

impl Field {
    /// An optional key.
    pub const fn new(key: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { key, shape, required: false, default: None, doc }
    }

    /// The same, required.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, with a default.
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }
}
