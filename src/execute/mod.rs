//! The executor: walks each host through the tree of a play, lets hosts meet at service steps, and emits what happens.
//!
//! In: a [`Plan`](crate::plan::Plan), connections, and the [`History`](crate::event::History) of the run so far. Out: events and a
//! [`RunVerdict`](crate::event::RunVerdict). Knows neither journal nor reporters.

mod ahead;
mod attempt;
mod batch;
mod block;
mod ended;
mod facts;
mod frame;
mod handlers;
mod inside;
mod meeting;
mod owed;
mod perform;
mod preflight;
mod run;
mod seat;
mod throttle;
mod turn;
mod walk;

pub use preflight::{Objection, preflight};
pub use run::{Equipment, Execution, OnUnknown, Settings};
