//! Templates and expressions: Jinja2 over scopes of tainted values.
//!
//! In: passages of text and a [`Scope`]. Out: [`Data`], or problems with places inside the text. Pure: no I/O. What a
//! template needs is read from its syntax tree, so that it can be told before anything runs, and taint goes with names.

mod bare;
mod check;
mod compile;
mod emit;
mod engine;
mod environment;
mod evaluate;
mod filters;
mod foreign;
mod learn;
mod lexical;
mod names;
mod nesting;
mod resolve;
mod running;
mod scope;
mod sink;
mod statements;
mod surroundings;
mod tokens;
mod tree;
pub mod vocabulary;

pub use engine::{Aliases, Engine, NameUse, Rules};
pub use evaluate::secret_in;
pub use running::Template;
pub use scope::{Binding, Data, Need, Record, Scope};
pub use sink::Sink;
pub use tree::{Tree, TreeEntry, TreeKind};
