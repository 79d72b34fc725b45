//! Step types. One file per type and one row of [`TYPES`] that lists it; there is no match over types anywhere else.
//!
//! In: typed parameters ([`StepType::build`] gets them resolved) and a [`Context`] with connections. Out: what is there
//! ([`Step::check`]) and what was done ([`Step::apply`]). A step sees no template, no flag, no colour and no socket.

mod assert;
mod attributes;
mod bind;
mod body;
mod confirm;
mod consume;
mod context;
mod contract;
mod exec;
mod file;
mod get;
mod given;
mod http;
mod log;
mod migrate;
mod path;
mod publish;
mod put;
mod query;
mod remote;
mod saved;
mod set;
mod shape;
mod subscribe;
mod wait;

use crate::playbook::Vocabulary;
pub use context::{Context, Nested, Part, Progress, Prompt};
pub use contract::{
    Access, Done, Failure, FailureKind, Finding, Flaw, Results, Runs, SourceUse, Step, StepType, Subject, Verdict,
};
pub use shape::{Field, Shape, conform, judge, mapping_schema, schema};

/// Every step type, in the order of the documentation. Adding one is a new file and a line here.
pub static TYPES: &[&StepType] = &[
    &exec::TYPE,
    &put::TYPE,
    &get::TYPE,
    &file::TYPE,
    &publish::TYPE,
    &subscribe::TYPE,
    &consume::TYPE,
    &bind::TYPE,
    &query::TYPE,
    &migrate::TYPE,
    &http::TYPE,
    &wait::TYPE,
    &assert::TYPE,
    &set::TYPE,
    &log::TYPE,
    &confirm::TYPE,
];

/// What reading a playbook needs to know of the types.
pub fn vocabulary() -> Vocabulary {
    let lists = TYPES.iter().flat_map(|kind| kind.lists().map(|key| (kind.name, key)));
    Vocabulary { types: TYPES.iter().map(|kind| kind.name).collect(), lists: lists.collect() }
}

/// The type with this name.
pub fn find(name: &str) -> Option<&'static StepType> {
    TYPES.iter().find(|kind| kind.name == name).copied()
}
