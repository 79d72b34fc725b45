//! The database: how it is opened, and its tables.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

use super::JournalError;
use super::folder::DATABASE;

/// The format that is written here.
const FORMAT: i64 = 1;

/// How long a commit waits for another run's commit.
const PATIENCE: Duration = Duration::from_secs(30);

/// How each statement of [`TABLES`] begins; `SQLite` keeps the rest as it was written.
const CREATE: &str = "create table ";

/// The tables. The queries select expressions (`cast(...)`) instead of columns: of a column the driver also reads the
/// declared type, which damage may have turned into anything.
const TABLES: [&str; 3] = [
    "create table runs (
    key   integer primary key,
    id    text not null unique,
    epoch integer not null,
    owner text,
    count integer not null,
    head  blob not null
)",
    "create table records (
    run     integer not null references runs (key),
    number  integer not null,
    payload text not null,
    hash    blob not null,
    primary key (run, number)
) without rowid",
    "create table blobs (
    hash blob primary key,
    data blob not null
) without rowid",
];

/// A connection to the database in `folder`, which is there already.
pub(super) async fn connect(folder: &Path) -> Result<SqliteConnection, JournalError> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join(DATABASE))
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE)
        .pragma("temp_store", "memory")
        .pragma("trusted_schema", "off")
        .pragma("cell_size_check", "on")
        .disable_statement_logging();
    options.connect().await.map_err(|error| JournalError::writing(&error).at_start(folder))
}

/// Makes the tables in an empty database, and judges the format of one that is not empty.
pub(super) async fn prepare(connection: &mut SqliteConnection, folder: &Path) -> Result<(), JournalError> {
    let fail = |error: sqlx::Error| JournalError::writing(&error).at_start(folder);
    // Another process may be doing the same: who has the write lock looks.
    let mut transaction = connection.begin_with("begin immediate").await.map_err(fail)?;
    let found: i64 = sqlx::query_scalar("pragma user_version").fetch_one(&mut *transaction).await.map_err(fail)?;
    match found {
        0 => {
            for table in TABLES {
                sqlx::query(table).execute(&mut *transaction).await.map_err(fail)?;
            }
            sqlx::query("pragma user_version = 1").execute(&mut *transaction).await.map_err(fail)?;
            transaction.commit().await.map_err(fail)
        }
        FORMAT => judge(&mut transaction).await,
        _ => Err(JournalError::Newer { path: folder.to_owned(), found, known: FORMAT }),
    }
}

/// Whether the tables are as they were made.
async fn judge(connection: &mut SqliteConnection) -> Result<(), JournalError> {
    let sql = "select cast(sql as blob) from sqlite_schema where sql is not null order by rowid";
    let found = sqlx::query_scalar::<_, Option<Vec<u8>>>(sql).fetch_all(connection).await;
    let found = found.map_err(|error| JournalError::reading(&error))?;
    let expected = TABLES.map(|table| &table.as_bytes()[CREATE.len()..]);
    let found = found.iter().map(|sql| sql.as_deref().and_then(|sql| sql.get(CREATE.len()..)).unwrap_or_default());
    if found.eq(expected) {
        return Ok(());
    }
    Err(JournalError::Damaged { run: None, what: "its tables are not as they were made".to_owned() })
}
