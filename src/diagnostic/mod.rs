//! What is wrong with what a person wrote, and where: sources, places in them, and problems that name a place.
//!
//! In: texts that were read, and findings of the modules above. Out: data ([`Problem`]) and its one rendering as
//! text ([`render`]). Prints nothing.

mod excerpt;
mod place;
mod problem;
mod render;
mod veil;

pub use place::{Passage, Place, Source};
pub use problem::{Note, Problem, Problems, Severity};
pub use render::render;
pub use veil::veiled;
