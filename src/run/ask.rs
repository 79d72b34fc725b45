//! Asks a database for an inventory.

use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::{Map, Value};

use crate::cancel::Cancel;
use crate::connection::sql::{Database, Statement};
use crate::connection::{ConnectionError, ServiceTarget, Stage};
use crate::diagnostic::Problem;
use crate::inventory::Asks;
use crate::secret::Secret;

/// Asks, and remembers how it went.
pub struct Inquiry {
    cancel: Cancel,
    /// 0: nobody was asked; else the exit status it comes to where something is wrong.
    status: AtomicU8,
}

impl Inquiry {
    /// One that has asked nobody.
    pub fn new(cancel: Cancel) -> Self {
        Self { cancel, status: AtomicU8::new(0) }
    }

    /// Whether a database was asked.
    pub fn has_asked(&self) -> bool {
        self.status.load(Ordering::Relaxed) > 0
    }

    /// The exit status if the inventory cannot be used: 3 where a database was not reached, 4 where it was not who it
    /// should be, else 2.
    pub fn status(&self) -> u8 {
        self.status.load(Ordering::Relaxed).max(2)
    }

    fn failed(&self, error: ConnectionError) -> Problem {
        let status = match error.stage {
            Stage::Answered => 2,
            Stage::Verify => 4,
            _ => 3,
        };
        self.status.fetch_max(status, Ordering::Relaxed);
        let problem = Problem::error(format!("the inventory cannot be asked for: {}", error.message));
        match error.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }

    async fn ask(&self, target: &ServiceTarget, sql: &str) -> Result<Vec<Value>, ConnectionError> {
        let database = Database::open(target, &self.cancel).await?;
        let rows = database.rows(&Statement::plain(sql), &self.cancel).await;
        database.close().await;
        rows
    }
}

impl Asks for Inquiry {
    fn rows(&self, url: &Secret, folder: &Path, sql: &str) -> Result<Vec<Map<String, Value>>, Problem> {
        let target = ServiceTarget::of_url("inventory", url.reveal(), folder).map_err(Problem::error)?;
        if !target.kind.is_sql() {
            return Err(Problem::error(format!("{} is asked no SQL", target.kind.word())));
        }
        self.status.fetch_max(1, Ordering::Relaxed);
        let runtime = tokio::runtime::Handle::current();
        let rows = tokio::task::block_in_place(|| runtime.block_on(self.ask(&target, sql)));
        let rows = rows.map_err(|error| self.failed(error))?;
        let mapping = |row| match row {
            Value::Object(map) => Some(map),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(mapping).collect())
    }
}
