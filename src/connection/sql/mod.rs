//! PostgreSQL, MySQL (MariaDB) and SQLite: one façade over three mirrored drivers.
//!
//! In: statements with named parameters. Out: rows as JSON values in which nothing is damaged, and errors that say how
//! far it came. `scan` and `bound` read a text, `class` says what it does, `session` is the outline of a driver,
//! `sessions` the pool, `unit` the transaction. MySQL's `sql_mode` is left as the server has it; its session's time zone
//! is UTC unless the URL says another, so that a TIMESTAMP means one moment.

mod bound;
mod class;
mod collect;
mod dialect;
mod error;
mod exact;
mod migrations;
mod mysql;
mod options;
mod postgres;
mod scan;
mod session;
mod sessions;
mod sqlite;
mod unit;

use std::sync::Arc;

pub use bound::{Bound, Piece, Statement};
pub use class::{Words, reads};
pub use collect::{Answer, Collector, Fetch, Limits, RowSink};
pub use dialect::Dialect;
pub use error::Refusal;
pub use migrations::{Migration, Remembered, mend};
pub use scan::{Token, TokenKind, scan};
pub use session::Tally;
pub use unit::{Mode, Unit};

use self::session::Dial;
use self::sessions::Sessions;
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, Kind, ServiceTarget, Stage};

/// A database: a pool of sessions that lives for the run. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    sessions: Arc<Sessions>,
    dialect: Dialect,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({})", self.sessions.peer)
    }
}

impl Database {
    /// Opens it: reads the URL and, where there is a server, connects once.
    pub async fn open(target: &ServiceTarget, cancel: &Cancel) -> Result<Self, ConnectionError> {
        let (dialler, password): (Box<dyn Dial>, _) = match target.kind {
            Kind::Postgres => postgres::dialler(target)?,
            Kind::Mysql => mysql::dialler(target)?,
            Kind::Sqlite => sqlite::dialler(target)?,
            Kind::Redis | Kind::Amqp => {
                return Err(options::refused(target, &format!("{} speaks no SQL", target.kind.word())));
            }
        };
        let dialect = Dialect::of(target.kind).unwrap_or(Dialect::Sqlite);
        let peer = format!("`{}` ({} at {})", target.name, target.kind.word(), target.address);
        let has_server = dialler.host().is_some();
        let sessions = Arc::new(Sessions::new(dialler, target.pool, target.overflow, peer, password));
        let database = Self { sessions, dialect };
        if has_server {
            database.unit(Mode::Look, cancel).await?.commit().await?;
        }
        Ok(database)
    }

    /// The dialect it speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Begins a unit of work on a session of its own.
    pub async fn unit(&self, mode: Mode, cancel: &Cancel) -> Result<Unit, ConnectionError> {
        Unit::begin(self, mode, cancel).await
    }

    /// Runs statements in order, each with the sink for its rows, as one transaction unless told otherwise. An error
    /// says which statement failed and whether anything stays.
    pub async fn run(
        &self,
        statements: &[Statement],
        transaction: bool,
        sinks: &mut [Box<dyn RowSink + '_>],
        cancel: &Cancel,
    ) -> Result<Vec<Tally>, ConnectionError> {
        let reads = statements.iter().all(|statement| Words::of(&statement.sql, self.dialect).reads());
        let mode = match (transaction, reads) {
            (_, true) if statements.len() == 1 => Mode::Look,
            (true, true) => Mode::LookTogether,
            (true, false) => Mode::Transaction,
            (false, _) => Mode::Loose,
        };
        // What is wrong with a later text is told before the first one runs.
        for (at, statement) in statements.iter().enumerate() {
            if let Err(refusal) = Bound::new(statement, self.dialect) {
                let error = ConnectionError::new(Stage::Answered, refusal.message);
                return Err(numbered(ConnectionError { hint: refusal.hint, ..error }, at, statements.len()));
            }
        }
        let mut unit = self.unit(mode, cancel).await?;
        let mut tallies = Vec::new();
        for (at, (statement, sink)) in statements.iter().zip(sinks).enumerate() {
            match unit.execute(statement, sink.as_mut(), cancel).await {
                Ok(tally) => tallies.push(tally),
                Err(error) => {
                    let kept = unit.kept() && at > 0;
                    unit.undo().await;
                    return Err(told(numbered(error, at, statements.len()), kept, mode));
                }
            }
        }
        unit.commit().await?;
        Ok(tallies)
    }

    /// The rows of one looking statement.
    pub async fn rows(
        &self,
        statement: &Statement,
        cancel: &Cancel,
    ) -> Result<Vec<serde_json::Value>, ConnectionError> {
        let mut unit = self.unit(Mode::Look, cancel).await?;
        let rows = unit.rows(statement, cancel).await;
        unit.undo().await;
        rows
    }

    /// Closes every session.
    pub async fn close(&self) {
        self.sessions.close().await;
    }
}

fn numbered(error: ConnectionError, at: usize, of: usize) -> ConnectionError {
    if of < 2 {
        return error;
    }
    ConnectionError { message: format!("statement {} of {of}: {}", at + 1, error.message), ..error }
}

/// The error with what became of the statements before.
fn told(error: ConnectionError, kept: bool, mode: Mode) -> ConnectionError {
    let note = match (mode, kept) {
        (Mode::Loose, true) => " (what came before it stays)",
        (Mode::Transaction, true) => " (MySQL commits such statements by itself: what came before it stays)",
        (Mode::Transaction, false) if !error.sent => " (nothing was changed)",
        _ => "",
    };
    ConnectionError { message: format!("{}{note}", error.message), ..error }
}
