//! The store of runs in a state folder.

use std::path::Path;
use std::sync::Arc;

use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::Mutex;

use super::chain::{Hash, genesis};
use super::folder::Folder;
use super::owner::Owner;
use super::writer::SqliteJournal;
use super::{Journal, JournalError, RunLock, database, list, lock, read};
use crate::event::{Event, RunSummary};
use crate::fault::{Faults, NoFaults};
use crate::id::RunId;

/// At most this many runs are named where a prefix stands for several.
const NAMED: usize = 5;

/// All runs of a state folder.
pub struct Store {
    folder: Folder,
    /// For reading; each journal has a connection of its own.
    reader: Mutex<SqliteConnection>,
    faults: Arc<dyn Faults>,
}

impl Store {
    /// Opens the store in `folder`, which is made if its parent is there.
    pub async fn open(folder: &Path) -> Result<Self, JournalError> {
        Self::open_with(folder, Arc::new(NoFaults)).await
    }

    /// The same with fail points.
    pub async fn open_with(folder: &Path, faults: Arc<dyn Faults>) -> Result<Self, JournalError> {
        let folder = Folder::open(folder)?;
        folder.database()?;
        let mut reader = database::connect(&folder.path).await?;
        database::prepare(&mut reader, &folder.path).await?;
        Ok(Self { folder, reader: Mutex::new(reader), faults })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder.path
    }

    /// A journal for a new run, owned by this process.
    pub async fn begin(&self, run: &RunId) -> Result<Box<dyn Journal>, JournalError> {
        let head = genesis(run);
        let mut connection = database::connect(&self.folder.path).await?;
        let sql = "insert into runs (id, epoch, owner, count, head) values (?, 1, ?, 0, ?)";
        let query = sqlx::query(sql).bind(&run.0).bind(Owner::this().to_string()).bind(&head[..]);
        let done = query.execute(&mut connection).await.map_err(|error| match error.as_database_error() {
            Some(cause) if cause.is_unique_violation() => JournalError::Exists { run: run.clone() },
            _ => JournalError::writing(&error).at_start(&self.folder.path),
        })?;
        Ok(self.journal(run, connection, (done.last_insert_rowid(), 1, 0, head)))
    }

    /// The journal of a run that has begun, owned by this process from now on: whoever owned it before can write no
    /// more. Refused while that is another process and alive.
    pub async fn resume(&self, run: &RunId) -> Result<Box<dyn Journal>, JournalError> {
        let fail = |error: sqlx::Error| JournalError::writing(&error).at_start(&self.folder.path);
        let mut connection = database::connect(&self.folder.path).await?;
        let mut transaction = connection.begin_with("begin immediate").await.map_err(fail)?;
        let row = read::row(&mut transaction, run).await?;
        let owner = row.owner.as_deref().and_then(|text| text.parse::<Owner>().ok());
        if let Some(owner) = owner.filter(|owner| owner.is_alive() && !owner.is_this()) {
            return Err(JournalError::Running { run: run.clone(), pid: owner.pid });
        }
        let head = Hash::try_from(row.head).map_err(|_| JournalError::damaged(run, "its last hash is cut"))?;
        let sql = "update runs set epoch = epoch + 1, owner = ? where key = ? returning cast(epoch as integer)";
        let query = sqlx::query_scalar(sql).bind(Owner::this().to_string()).bind(row.key);
        let epoch: i64 = query.fetch_one(&mut *transaction).await.map_err(fail)?;
        transaction.commit().await.map_err(fail)?;
        Ok(self.journal(run, connection, (row.key, epoch, row.count, head)))
    }

    /// All runs, the newest first.
    pub async fn list(&self) -> Result<Vec<RunSummary>, JournalError> {
        list::all(&mut *self.reader.lock().await).await
    }

    /// One run in a line.
    pub async fn summary(&self, run: &RunId) -> Result<RunSummary, JournalError> {
        list::one(&mut *self.reader.lock().await, run).await
    }

    /// The events of a run, all of them unaltered.
    pub async fn read(&self, run: &RunId) -> Result<Vec<Event>, JournalError> {
        match self.read_prefix(run).await {
            (events, None) => Ok(events),
            (_, Some(damage)) => Err(damage),
        }
    }

    /// The events of a run up to the first damage, and the damage.
    pub async fn read_prefix(&self, run: &RunId) -> (Vec<Event>, Option<JournalError>) {
        read::events(&mut *self.reader.lock().await, run).await
    }

    /// The run that `text` stands for: its name, the beginning of it, or `last` for the newest.
    pub async fn find(&self, text: &str) -> Result<RunId, JournalError> {
        let mut found = list::beginning_with(&mut *self.reader.lock().await, text).await?;
        match found.len() {
            0 => Err(JournalError::NoSuchRun { text: text.to_owned() }),
            1 => Ok(RunId(found.remove(0))),
            _ if text == "last" => Ok(RunId(found.remove(0))),
            _ if found.iter().any(|id| id == text) => Ok(RunId(text.to_owned())),
            _ => {
                found.truncate(NAMED);
                Err(JournalError::Ambiguous { text: text.to_owned(), some: found })
            }
        }
    }

    /// Takes the lock `name` for `run` until what is returned is dropped or the process ends.
    pub fn lock(&self, name: &str, run: &RunId) -> Result<RunLock, JournalError> {
        lock::take(&self.folder, name, run)
    }

    fn journal(
        &self,
        run: &RunId,
        connection: SqliteConnection,
        (key, epoch, count, head): (i64, i64, u64, Hash),
    ) -> Box<dyn Journal> {
        let (run, faults) = (run.clone(), Arc::clone(&self.faults));
        Box::new(SqliteJournal { run, connection, key, epoch, count, head, faults, appends: 0, broken: None })
    }
}
