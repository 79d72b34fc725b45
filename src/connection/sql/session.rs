//! One connection to a database, whatever the driver: the outline that the three drivers share.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use sqlx::migrate::Migrate;

use super::bound::Bound;
use super::error::Trouble;
use super::{Refusal, RowSink};

/// What a statement did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Rows that were inserted, updated or deleted.
    pub rows_affected: u64,
    /// The key the database gave to the last row that was inserted (MySQL, SQLite).
    pub last_insert_id: Option<Value>,
    /// Whether it is a statement that gives rows, be it none this time.
    pub gives_rows: bool,
}

/// Takes what a statement gives.
pub(super) struct Taker<'a> {
    /// Where the rows go.
    pub sink: &'a mut dyn RowSink,
    /// Rows that nobody wants any more need not be read: the connection is thrown away with them.
    pub may_abandon: bool,
    /// It was done so.
    pub abandoned: bool,
    /// The sink wants no more.
    pub full: bool,
}

impl Taker<'_> {
    /// The columns, before the first row.
    pub fn columns(&mut self, names: &[String]) -> Result<(), Refusal> {
        if let Some((_, twice)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            return Err(Refusal::new(format!("two columns of the result are called `{twice}`"))
                .hint(format!("give one of them another name: `... as {twice}_2`")));
        }
        self.sink.columns(names)
    }

    /// A row; answers whether to stop reading here.
    pub fn row(&mut self, values: Vec<Value>) -> Result<bool, Refusal> {
        self.full = !self.sink.row(values)?;
        self.abandoned = self.full && self.may_abandon;
        Ok(self.abandoned)
    }
}

/// Stops what a session runs, from outside of it.
#[async_trait]
pub(super) trait Stopper: Send + Sync {
    /// Asks the server to stop it; returns when the server has been asked.
    async fn stop(&self);
    /// Allows statements again.
    fn clear(&self) {}
}

/// A connection.
#[async_trait]
pub(super) trait Session: Send {
    /// What stops it.
    fn stopper(&self) -> Arc<dyn Stopper>;
    /// Runs a text of ours without parameters or rows (`begin`).
    async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error>;
    /// Forgets prepared statements whose meaning may have changed.
    async fn forget(&mut self) -> Result<(), sqlx::Error>;
    /// Runs a statement; `sent` gets the text as it goes to the server.
    async fn run(&mut self, bound: &Bound<'_>, taker: &mut Taker<'_>, sent: &mut String) -> Result<Tally, Trouble>;
    /// The connection for what sqlx does by itself: migrations.
    fn migrations(&mut self) -> &mut (dyn Migrate + Send);
    /// Whether it still lives.
    async fn ping(&mut self) -> bool;
    /// Ends it in good order.
    async fn close(self: Box<Self>);
}

/// Opens sessions.
#[async_trait]
pub(super) trait Dial: Send + Sync {
    /// A new one.
    async fn dial(&self) -> Result<Box<dyn Session>, sqlx::Error>;
    /// One for looking only, where that needs another than [`Dial::dial`]'s and must not be kept.
    async fn dial_to_look(&self) -> Result<Option<Box<dyn Session>>, sqlx::Error> {
        Ok(None)
    }
    /// The host whose name must have an address.
    fn host(&self) -> Option<(String, u16)>;
    /// Whether all data is lost with the last session (a database in memory).
    fn is_volatile(&self) -> bool {
        false
    }
}
