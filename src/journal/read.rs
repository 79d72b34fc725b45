//! Reading one run's records and judging the chain.

use futures_util::TryStreamExt as _;
use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::chain::{Hash, digest, genesis, link};
use super::{JournalError, record};
use crate::event::Event;
use crate::id::RunId;

/// A run's row.
pub(super) struct RunRow {
    pub key: i64,
    pub owner: Option<String>,
    pub count: u64,
    pub head: Vec<u8>,
}

/// The row of a run.
pub(super) async fn row(connection: &mut SqliteConnection, run: &RunId) -> Result<RunRow, JournalError> {
    let fail = |error: sqlx::Error| JournalError::reading(&error);
    let sql = "select cast(key as integer), cast(owner as text), cast(count as integer), cast(head as blob) from runs where id = ?";
    let found = sqlx::query(sql).bind(&run.0).fetch_optional(connection).await.map_err(fail)?;
    let Some(found) = found else { return Err(JournalError::NoSuchRun { text: run.0.clone() }) };
    let count: i64 = found.try_get(2).map_err(fail)?;
    Ok(RunRow {
        key: found.try_get(0).map_err(fail)?,
        owner: found.try_get(1).map_err(fail)?,
        count: u64::try_from(count).map_err(|_| JournalError::damaged(run, "its number of records is negative"))?,
        head: found.try_get::<Option<Vec<u8>>, _>(3).map_err(fail)?.unwrap_or_default(),
    })
}

/// The events of a run up to the first damage, and the damage.
pub(super) async fn events(connection: &mut SqliteConnection, run: &RunId) -> (Vec<Event>, Option<JournalError>) {
    let mut events = Vec::new();
    let damage = collect(connection, run, &mut events).await.err().map(|error| match error {
        JournalError::Damaged { run: None, what } => JournalError::damaged(run, what),
        other => other,
    });
    (events, damage)
}

async fn collect(connection: &mut SqliteConnection, run: &RunId, out: &mut Vec<Event>) -> Result<(), JournalError> {
    // One transaction, so that a writer does not move the end meanwhile.
    let mut transaction = connection.begin().await.map_err(|error| JournalError::reading(&error))?;
    let row = row(&mut transaction, run).await?;
    let (chain, intact) = Chain::read(&mut transaction, run, row.key).await;
    for (number, payload) in chain.payloads.iter().enumerate() {
        let whole = whole(&mut transaction, payload).await;
        let event = whole.and_then(|whole| record::decode(&whole));
        out.push(event.map_err(|what| JournalError::damaged(run, format!("record {number}: {what}")))?);
    }
    intact?;
    let found = chain.payloads.len() as u64;
    if found != row.count {
        let what = format!("it has {found} records, and {} were acknowledged", row.count);
        return Err(JournalError::damaged(run, what));
    }
    if row.head != chain.head {
        return Err(JournalError::damaged(run, "its last hash is not the one that was acknowledged"));
    }
    Ok(())
}

/// A payload itself, or the one beside the records that it names.
pub(super) async fn whole(connection: &mut SqliteConnection, payload: &[u8]) -> Result<Vec<u8>, String> {
    let Some(hash) = record::beside(payload) else { return Ok(payload.to_vec()) };
    let sql = "select cast(data as blob) from blobs where hash = ?";
    let found = sqlx::query_scalar::<_, Option<Vec<u8>>>(sql).bind(&hash[..]).fetch_optional(connection).await;
    match found {
        Ok(Some(Some(data))) if digest(&data) == hash => Ok(data),
        Ok(Some(_)) => Err("its large result does not match its hash".to_owned()),
        Ok(None) => Err("its large result is missing".to_owned()),
        Err(error) => Err(JournalError::reading(&error).to_string()),
    }
}

/// The payloads whose hashes hold, from the first.
struct Chain {
    payloads: Vec<Vec<u8>>,
    head: Hash,
}

impl Chain {
    async fn read(connection: &mut SqliteConnection, run: &RunId, key: i64) -> (Self, Result<(), JournalError>) {
        let mut chain = Self { payloads: Vec::new(), head: genesis(run) };
        let sql = "select cast(number as integer), cast(payload as blob), cast(hash as blob)
                   from records where run = ? order by number";
        let mut rows = sqlx::query(sql).bind(key).fetch(connection);
        loop {
            match rows.try_next().await {
                Ok(Some(row)) => {
                    if let Err(what) = chain.take(&row) {
                        return (chain, Err(JournalError::damaged(run, what)));
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    let error = JournalError::reading(&error);
                    return (chain, Err(error));
                }
            }
        }
        drop(rows);
        (chain, Ok(()))
    }

    fn take(&mut self, row: &sqlx::sqlite::SqliteRow) -> Result<(), String> {
        let number = self.payloads.len() as u64;
        let found: Option<i64> = row.try_get(0).unwrap_or(None);
        match found.and_then(|found| u64::try_from(found).ok()) {
            Some(found) if found == number => {}
            Some(found) if found > number => return Err(format!("record {number} is missing")),
            _ => return Err(format!("record {number} has another number")),
        }
        let payload: Option<Vec<u8>> = row.try_get(1).unwrap_or(None);
        let hash: Option<Vec<u8>> = row.try_get(2).unwrap_or(None);
        let Some(payload) = payload else { return Err(format!("record {number} is empty")) };
        let expected = link(&self.head, number, &payload);
        if hash.as_deref() != Some(&expected[..]) {
            return Err(format!("record {number} does not match its hash"));
        }
        self.payloads.push(payload);
        self.head = expected;
        Ok(())
    }
}
