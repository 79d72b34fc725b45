//! Writing one run's records.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{Connection as _, QueryBuilder, Sqlite, SqliteConnection, SqliteTransaction};

use super::chain::{Hash, link};
use super::record::{self, Payload};
use super::{Journal, JournalError};
use crate::event::Event;
use crate::fault::{Fault, Faults, Point};
use crate::id::RunId;

/// Records of one INSERT; each binds four values.
const ROWS: usize = 200;

/// The journal of one run in the database.
pub(super) struct SqliteJournal {
    pub run: RunId,
    pub connection: SqliteConnection,
    /// The run's row.
    pub key: i64,
    /// Our right to write: a later owner has a greater one.
    pub epoch: i64,
    /// Records so far.
    pub count: u64,
    /// The last one's hash.
    pub head: Hash,
    pub faults: Arc<dyn Faults>,
    /// Appends so far.
    pub appends: u64,
    /// Why nothing more is taken. Also set while an append is under way, so that one that was dropped in the middle is
    /// not taken for one that never was.
    pub broken: Option<JournalError>,
}

#[async_trait]
impl Journal for SqliteJournal {
    fn run(&self) -> &RunId {
        &self.run
    }

    async fn append(&mut self, events: &[Event]) -> Result<(), JournalError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let kept = events.iter().filter(|event| event.what.is_kept());
        let payloads = kept.map(record::encode).collect::<Result<Vec<_>, _>>()?;
        if payloads.is_empty() {
            return Ok(());
        }
        self.broken = Some(JournalError::Write { why: "an earlier write was given up".to_owned() });
        let written = self.write(payloads).await;
        self.broken = written.as_ref().err().cloned();
        written
    }

    async fn close(&mut self) -> Result<(), JournalError> {
        let sql = "update runs set owner = null where key = ? and epoch = ?";
        let freed = sqlx::query(sql).bind(self.key).bind(self.epoch).execute(&mut self.connection).await;
        self.broken.get_or_insert(JournalError::Write { why: "it is closed".to_owned() });
        freed.map(|_| ()).map_err(|error| JournalError::writing(&error))
    }
}

impl SqliteJournal {
    async fn write(&mut self, payloads: Vec<Payload>) -> Result<(), JournalError> {
        let fault = self.faults.at(Point::Append(self.appends));
        self.appends += 1;
        match fault {
            Some(Fault::Io) => return Err(JournalError::Write { why: "input/output error".to_owned() }),
            Some(Fault::Full) => return Err(JournalError::Write { why: "no space left on the device".to_owned() }),
            Some(Fault::AbortBefore) => std::process::abort(),
            Some(Fault::AbortAfter | Fault::Panic) | None => {}
        }
        let (count, head) = self.commit(payloads).await?;
        if fault == Some(Fault::AbortAfter) {
            std::process::abort();
        }
        (self.count, self.head) = (count, head);
        Ok(())
    }

    async fn commit(&mut self, payloads: Vec<Payload>) -> Result<(u64, Hash), JournalError> {
        let fail = |error: sqlx::Error| JournalError::writing(&error);
        let first = self.count;
        let links = links(self.head, first, &payloads);
        let count = first + payloads.len() as u64;
        let head = links.last().copied().unwrap_or(self.head);
        let mut transaction = self.connection.begin_with("begin immediate").await.map_err(fail)?;
        // The row moves only if it is still ours.
        let sql = "update runs set count = ?, head = ? where key = ? and epoch = ? and count = ?";
        let query = sqlx::query(sql).bind(count.cast_signed()).bind(&head[..]);
        let query = query.bind(self.key).bind(self.epoch).bind(first.cast_signed());
        let moved = query.execute(&mut *transaction).await.map_err(fail)?;
        if moved.rows_affected() != 1 {
            return Err(JournalError::Ousted { run: self.run.clone() });
        }
        insert(&mut transaction, self.key, first, payloads, &links).await.map_err(fail)?;
        transaction.commit().await.map_err(fail)?;
        Ok((count, head))
    }
}

fn links(head: Hash, first: u64, payloads: &[Payload]) -> Vec<Hash> {
    let numbered = (first..).zip(payloads);
    let links = numbered.scan(head, |head, (number, payload)| {
        *head = link(head, number, payload.text.as_bytes());
        Some(*head)
    });
    links.collect()
}

async fn insert(
    transaction: &mut SqliteTransaction<'_>,
    run: i64,
    first: u64,
    mut payloads: Vec<Payload>,
    links: &[Hash],
) -> Result<(), sqlx::Error> {
    for (hash, data) in payloads.iter_mut().filter_map(|payload| payload.beside.take()) {
        let sql = "insert or ignore into blobs (hash, data) values (?, ?)";
        sqlx::query(sql).bind(&hash[..]).bind(data).execute(&mut **transaction).await?;
    }
    let mut number = first.cast_signed();
    for (payloads, links) in payloads.chunks(ROWS).zip(links.chunks(ROWS)) {
        let mut query = QueryBuilder::<Sqlite>::new("insert into records (run, number, payload, hash) ");
        query.push_values(payloads.iter().zip(links), |mut row, (payload, hash)| {
            row.push_bind(run).push_bind(number).push_bind(payload.text.as_str()).push_bind(&hash[..]);
            number += 1;
        });
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}
