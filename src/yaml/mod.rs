//! YAML as a tree in which every key and value knows its place.
//!
//! In: a file ([`read`]) or a [`Source`](crate::diagnostic::Source). Out: a [`Node`], or problems with places. Knows
//! nothing of playbooks.
//!
//! The tree is built from the events of `granit-parser`, the parser under serde-saphyr: they carry the byte range,
//! quoting style, tag and anchor of each node. Through serde only line and column survive, and neither the quoting
//! nor the place of a character inside a decoded text can be told.

mod anchors;
mod build;
mod characters;
mod merge;
mod node;
mod read;
mod refusal;
mod scalar;

pub use build::parse;
pub use node::{Entry, Map, Node, Value};
pub use read::{read, read_sealed};
