//! Reports: what people and machines are told of a run.
//!
//! In: events that are on disk already and masked. Out: text on a [`Console`]. A reporter decides nothing and can fail
//! nothing: a closed output stops no run. Every text from outside is escaped before it is shown.

#![allow(clippy::format_push_string, reason = "`write!` to a text answers a result that cannot fail, at every line")]

mod console;
mod failure;
mod group;
mod json;
mod junit;
mod ledger;
mod live;
mod look;
mod names;
mod narrator;
mod outside;
mod plain;
mod problem;
mod rollout;
mod runs;
mod sarif;
mod show;
mod summary;
mod table;

pub use console::Console;
pub use json::Json;
pub use junit::Junit;
pub use live::Live;
pub use look::{Look, Output};
pub use plain::Plain;
pub use problem::problem_json;
pub use runs::{run_json, runs_table};
pub use sarif::sarif;
pub use show::show_run;

use crate::event::Event;

/// A consumer of events.
pub trait Reporter: Send {
    /// Something happened, and is on disk.
    fn event(&mut self, event: &Event);

    /// Time goes by: told about twice a second, in milliseconds since 1970, so that what is held back for a moment is
    /// shown although nothing happens.
    fn tick(&mut self, _now: i64) {}

    /// A person is asked something on the terminal (`true`), or has answered.
    fn pause(&mut self, _asked: bool) {}

    /// There are no more events.
    fn finish(&mut self);
}

/// The reporters of `--output`. People's text goes to standard output for people, else to standard error; `live` is
/// for a terminal that can redraw lines.
pub fn reporters(output: Output, look: Look, live: bool) -> Vec<Box<dyn Reporter>> {
    let aside = |look| Box::new(Plain::new(look, Console::stderr()));
    match output {
        Output::Human if live => vec![Box::new(Live::on_stdout(look))],
        Output::Human => vec![Box::new(Plain::new(look, Console::stdout()))],
        Output::Json => vec![Box::new(Json::new(Console::stdout())), aside(look)],
        Output::Junit => vec![Box::new(Junit::new(Console::stdout())), aside(look)],
    }
}
