//! Fail points: where something goes wrong on purpose, so that a test can see what becomes of it. They are handed down
//! from the run; a release build has none.

use std::sync::Arc;

/// What shall go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The system answers EIO.
    Io,
    /// The system answers ENOSPC.
    Full,
    /// The process dies before anything is written.
    AbortBefore,
    /// The process dies once it is durable, before anybody is told.
    AbortAfter,
    /// The code panics.
    Panic,
}

/// Where it may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point<'p> {
    /// The `n`-th append (from 0) of a journal.
    Append(u64),
    /// A step of this name begins on a host; `-` for a service step.
    Step {
        /// The host.
        host: &'p str,
        /// The step.
        name: &'p str,
    },
}

/// Decides what goes wrong, and when.
pub trait Faults: Send + Sync {
    /// The fault at a point, if any.
    fn at(&self, point: Point<'_>) -> Option<Fault>;
}

/// Nothing goes wrong on purpose.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn at(&self, _: Point<'_>) -> Option<Fault> {
        None
    }
}

/// One fault at one point, as text: `append:3=io`, `step:web1/Restart=panic`.
struct Written {
    point: String,
    fault: Fault,
}

impl Faults for Written {
    fn at(&self, point: Point<'_>) -> Option<Fault> {
        let point = match point {
            Point::Append(n) => format!("append:{n}"),
            Point::Step { host, name } => format!("step:{host}/{name}"),
        };
        (point == self.point).then_some(self.fault)
    }
}

/// The fault that `RUNBOOK_FAULT` asks a debug build for.
pub fn of_environment() -> Arc<dyn Faults> {
    let asked = if cfg!(debug_assertions) { std::env::var("RUNBOOK_FAULT").ok() } else { None };
    match asked.as_deref().and_then(written) {
        Some(fault) => Arc::new(fault),
        None => Arc::new(NoFaults),
    }
}

fn written(text: &str) -> Option<Written> {
    let (point, word) = text.rsplit_once('=')?;
    let fault = match word {
        "io" => Fault::Io,
        "full" => Fault::Full,
        "panic" => Fault::Panic,
        _ => return None,
    };
    Some(Written { point: point.to_owned(), fault })
}
