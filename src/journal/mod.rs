//! The journal of runs: what happened, on disk before it is shown.
//!
//! In: batches of events, masked already. Out: the same events, an unaltered prefix of them, or an error that names the
//! damage. One `SQLite` database (`runs.db`, write-ahead log, synced at every commit) in the state folder, for nobody but
//! its owner. Each record carries its number and a hash over itself and the one before; each writer carries an epoch,
//! so that whoever has been taken over can write no more. Knows nothing of what the events mean to people.

mod chain;
mod database;
mod error;
mod folder;
mod list;
mod lock;
mod owner;
mod read;
mod record;
mod store;
mod writer;

pub use error::JournalError;
pub use lock::RunLock;
pub use store::Store;

use async_trait::async_trait;

use crate::event::Event;
use crate::id::RunId;

/// The way into the journal of one run.
#[async_trait]
pub trait Journal: Send {
    /// The run.
    fn run(&self) -> &RunId;

    /// Writes `events` as one transaction: all of them are durable when it returns, or none is. Events that are only
    /// shown ([`What::is_kept`](crate::event::What::is_kept)) are left out. After an error nothing more is taken.
    async fn append(&mut self, events: &[Event]) -> Result<(), JournalError>;

    /// Gives up ownership, whether or not the run has an end, so that another process need not wait for this one's death.
    async fn close(&mut self) -> Result<(), JournalError>;
}
