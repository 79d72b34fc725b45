//! Playbooks: from YAML to plays and steps with a place for everything.
//!
//! In: files. Out: a [`Playbook`] in which all that belongs to it (includes, vars files) has been read. Checks the frame
//! (keys, types, names given twice); what is inside a step's parameters is judged by `plan`, which knows the step types.

mod common;
mod declarations;
mod foreign;
mod include;
mod load;
mod model;
mod names;
mod plays;
mod reader;
mod steps;
mod values;

pub use declarations::SECRET as SECRET_KEYS;
pub use load::{Reading, load, steps};
pub use model::{
    Body, Common, ConnectionDecl, InputDecl, InputKind, Named, Play, Playbook, SecretDecl, SecretSource, Step, Var,
    Vocabulary,
};
