//! Templates and expressions: Jinja2 over scopes of tainted values.
//!
//! In: passages of text and a [`Scope`]. Out: [`Data`], or problems with places inside the text. Pure: no I/O. What a
//! template needs is read from its syntax tree, so that it can be told before anything runs, and taint goes with names.

mod engine;
mod scope;
mod sink;
mod tree;

pub use engine::{Engine, NameUse, Rules, Template};
pub use scope::{Binding, Data, Need, Scope};
pub use sink::Sink;
pub use tree::{Tree, TreeEntry, TreeKind};
