//! Fail points of the journal: handed in by tests, none in a program that runs.

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
}

/// Decides what goes wrong, and when.
pub trait Faults: Send + Sync {
    /// The fault of the `n`-th append (from 0) of a journal, if any.
    fn at_append(&self, n: u64) -> Option<Fault>;
}

/// Nothing goes wrong on purpose.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn at_append(&self, _: u64) -> Option<Fault> {
        None
    }
}
