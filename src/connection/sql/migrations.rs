//! Versioned migrations: files of SQL that are applied once each, in order, and remembered in the table that sqlx keeps,
//! so that its own tools go on where we stop.
//!
//! In: files by name and text. Out: what the database remembers of them, and the applying and undoing.

use std::path::Path;

use sqlx::migrate::{MigrateError, Migration as Script, MigrationType};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use tokio::time::timeout;

use super::error::statement_error;
use super::sessions::{Lease, words};
use super::unit::STOPPING;
use super::{Database, Dialect, Statement};
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, Stage};

/// Where sqlx remembers what was applied.
const TABLE: &str = "_sqlx_migrations";

/// A file that takes the database one version up, or back down.
#[derive(Debug)]
pub struct Migration {
    /// The file's name.
    pub file: String,
    script: Script,
}

/// What a database remembers of a migration.
#[derive(Debug)]
pub struct Remembered {
    /// Its version.
    pub version: i64,
    /// SHA-384 of its text, in base64.
    pub checksum: String,
    /// It came to its end.
    pub whole: bool,
}

impl Migration {
    /// A file as sqlx reads it: `VERSION_DESCRIPTION.sql`, or two of them ending in `.up.sql` and `.down.sql`. None for
    /// a file that is no SQL; the error says why one that is cannot be read.
    pub fn read(file: &str, text: &str) -> Result<Option<Self>, String> {
        if Path::new(file).extension().is_none_or(|ending| ending != "sql") {
            return Ok(None);
        }
        let named = file.split_once('_').and_then(|(version, rest)| Some((version.parse::<i64>().ok()?, rest)));
        let Some((version, rest)) = named.filter(|(version, _)| *version > 0) else {
            return Err(format!(
                "`{file}` is no migration: its name is `VERSION_DESCRIPTION.sql`, with a number from 1"
            ));
        };
        let kind = MigrationType::from_filename(rest);
        let description = rest.strip_suffix(kind.suffix()).unwrap_or(rest).replace('_', " ");
        let is_loose = text.starts_with("-- no-transaction");
        let sql = AssertSqlSafe(text.to_owned()).into_sql_str();
        let script = Script::new(version, description.into(), kind, sql, is_loose);
        Ok(Some(Self { file: file.to_owned(), script }))
    }

    /// Its version.
    pub fn version(&self) -> i64 {
        self.script.version
    }

    /// Whether it takes a version back.
    pub fn is_down(&self) -> bool {
        self.script.migration_type.is_down_migration()
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.script.sql.as_str()
    }

    /// Whether this is the text that was applied.
    pub fn is(&self, remembered: &Remembered) -> bool {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(&self.script.checksum) == remembered.checksum
    }
}

impl Database {
    /// What was applied, in the order of versions. Changes nothing: where the table is missing, nothing was.
    pub async fn migrations(&self, cancel: &Cancel) -> Result<Vec<Remembered>, ConnectionError> {
        let there = match self.dialect {
            Dialect::Postgres => format!("select to_regclass('{TABLE}') is not null as there"),
            Dialect::Mysql => format!(
                "select count(*) as there from information_schema.tables \
                 where table_schema = database() and table_name = '{TABLE}'"
            ),
            Dialect::Sqlite => format!("select count(*) as there from sqlite_master where name = '{TABLE}'"),
        };
        let look = |sql: String| Statement::new(sql, serde_json::Map::new());
        let there = self.rows(&look(there), cancel).await?;
        if there.iter().all(|row| matches!(row["there"].as_i64(), Some(0)) || row["there"] == false) {
            return Ok(Vec::new());
        }
        let rows = look(format!("select version, checksum, success from {TABLE} order by version"));
        let read = |row: &serde_json::Value| Remembered {
            version: row["version"].as_i64().unwrap_or_default(),
            checksum: row["checksum"].as_str().unwrap_or_default().to_owned(),
            whole: row["success"] == true || row["success"] == 1,
        };
        Ok(self.rows(&rows, cancel).await?.iter().map(read).collect())
    }

    /// Applies or undoes migrations in this order, each in a transaction of its own where the dialect and the file
    /// allow it. What somebody else has applied in the meantime is left out. `done` hears of each.
    pub async fn migrate(
        &self,
        todo: &[&Migration],
        mut done: impl FnMut(&Migration),
        cancel: &Cancel,
    ) -> Result<(), ConnectionError> {
        let mut lease = self.sessions.lease(false, cancel).await?;
        let begun = cancel.bound(async {
            let connection = lease.session.migrations();
            connection.lock().await?;
            connection.ensure_migrations_table(TABLE).await?;
            connection.list_applied_migrations(TABLE).await
        });
        let applied = begun.await.map_err(|reason| self.sessions.stopped(reason))?;
        let applied = applied.map_err(|error| self.failed(None, error))?;
        for migration in todo {
            let is_applied = applied.iter().any(|one| one.version == migration.version());
            if is_applied == migration.is_down() {
                self.one(&mut lease, migration, cancel).await?;
                done(migration);
            }
        }
        lease.session.migrations().unlock().await.map_err(|error| self.failed(None, error))?;
        self.sessions.give_back(lease.session, lease.permit).await;
        Ok(())
    }

    /// One migration. A session on which it did not end well is dropped, and its lock with it.
    async fn one(&self, lease: &mut Lease, migration: &Migration, cancel: &Cancel) -> Result<(), ConnectionError> {
        let stopper = lease.session.stopper();
        let connection = lease.session.migrations();
        let script = &migration.script;
        let ended = {
            let mut work =
                if migration.is_down() { connection.revert(TABLE, script) } else { connection.apply(TABLE, script) };
            tokio::select! {
                biased;
                ended = &mut work => ended,
                reason = cancel.cancelled() => {
                    let stop = async { tokio::join!(stopper.stop(), &mut work).1 };
                    let ended = timeout(STOPPING, stop).await;
                    stopper.clear();
                    match ended {
                        Ok(Ok(ended)) => Ok(ended),
                        _ => return Err(self.sessions.error(Stage::TimedOut, &format!("{}: {}", migration.file, words(reason)))),
                    }
                }
            }
        };
        let Err(error) = ended else { return Ok(()) };
        let error = self.failed(Some(migration), error);
        match connection.dirty_version(TABLE).await {
            Ok(Some(version)) if error.stage == Stage::Answered => Err(error.hint(mend(version))),
            _ => Err(error),
        }
    }

    fn failed(&self, migration: Option<&Migration>, error: MigrateError) -> ConnectionError {
        let peer = &self.sessions.peer;
        let sql = migration.map_or("", Migration::text);
        let made = match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                statement_error(peer, sql, &error)
            }
            other => ConnectionError::new(Stage::Answered, other.to_string()),
        };
        let message = match migration {
            Some(migration) => format!("{}: {}", migration.file, made.message),
            None => made.message,
        };
        self.sessions.masked(ConnectionError { message, ..made })
    }
}

/// What to do about a migration of which a part is done.
pub fn mend(version: i64) -> String {
    format!("a part of it may be done: put that right by hand, then delete the row of version {version} from `{TABLE}`")
}
