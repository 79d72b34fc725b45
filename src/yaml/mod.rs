//! YAML as a tree in which every key and value knows its place.
//!
//! In: a [`Source`](crate::diagnostic::Source). Out: a [`Node`], or problems with places. Knows nothing of playbooks.

mod node;

pub use node::{Entry, Map, Node, Value};
