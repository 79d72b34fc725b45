//! The runs of a store, each in one line.

use sqlx::{Row as _, SqliteConnection};

use super::owner::Owner;
use super::{JournalError, read, record};
use crate::event::{Event, History, HostCounts, RunState, RunSummary, Tally, What};
use crate::id::RunId;

/// A run's row with its first and last record.
const LINES: &str = "
select cast(r.id as text), cast(r.owner as text), cast(first.payload as blob), cast(last.payload as blob)
from runs r
left join records first on first.run = r.key and first.number = 0
left join records last on last.run = r.key and last.number = r.count - 1
";

/// All of them, the newest first.
pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<RunSummary>, JournalError> {
    let sql = sqlx::AssertSqlSafe(format!("{LINES} order by r.key desc"));
    let rows = sqlx::query(sql).fetch_all(&mut *connection).await.map_err(|error| JournalError::reading(&error))?;
    let mut summaries = Vec::with_capacity(rows.len());
    for row in &rows {
        summaries.push(summarise(connection, &Line::of(row)?).await);
    }
    Ok(summaries)
}

/// One of them.
pub(super) async fn one(connection: &mut SqliteConnection, run: &RunId) -> Result<RunSummary, JournalError> {
    let sql = sqlx::AssertSqlSafe(format!("{LINES} where r.id = ?"));
    let query = sqlx::query(sql).bind(&run.0);
    let row = query.fetch_optional(&mut *connection).await.map_err(|error| JournalError::reading(&error))?;
    match row {
        Some(row) => Ok(summarise(connection, &Line::of(&row)?).await),
        None => Err(JournalError::NoSuchRun { text: run.0.clone() }),
    }
}

/// The names that begin with `text`, the newest first; `last` begins all of them.
pub(super) async fn beginning_with(connection: &mut SqliteConnection, text: &str) -> Result<Vec<String>, JournalError> {
    let prefix = if text == "last" { "" } else { text };
    let sql = "select cast(id as text) from runs where substr(id, 1, length(?1)) = ?1 order by key desc limit 20";
    let names = sqlx::query_scalar::<_, String>(sql).bind(prefix).fetch_all(connection).await;
    let names = names.map_err(|error| JournalError::reading(&error))?;
    // Only the newest run can be meant by no text at all.
    if text.is_empty() { Ok(Vec::new()) } else { Ok(names) }
}

struct Line {
    id: RunId,
    owner: Option<Owner>,
    first: Option<Vec<u8>>,
    last: Option<Vec<u8>>,
}

impl Line {
    fn of(row: &sqlx::sqlite::SqliteRow) -> Result<Self, JournalError> {
        let fail = |error: sqlx::Error| JournalError::reading(&error);
        let owner: Option<String> = row.try_get(1).map_err(fail)?;
        Ok(Self {
            id: RunId(row.try_get(0).map_err(fail)?),
            owner: owner.and_then(|text| text.parse().ok()),
            first: row.try_get(2).map_err(fail)?,
            last: row.try_get(3).map_err(fail)?,
        })
    }

    fn living_owner(&self) -> Option<u32> {
        self.owner.as_ref().filter(|owner| owner.is_alive()).map(|owner| owner.pid)
    }
}

/// The first and the last record tell all of a run that has ended; of any other, the fold over all of it does.
async fn summarise(connection: &mut SqliteConnection, line: &Line) -> RunSummary {
    let first = event(connection, line.first.as_deref()).await;
    let last = event(connection, line.last.as_deref()).await;
    if let (Some(first), Some(last)) = (first, last)
        && let What::RunStarted { name, check, .. } = first.what
        && let What::RunFinished { outcome, hosts, services, .. } = last.what
    {
        return RunSummary {
            id: line.id.clone(),
            name,
            check,
            started: first.at,
            ended: Some(last.at),
            state: RunState::Ended(outcome),
            hosts: HostCounts::of(hosts.values()),
            services,
        };
    }
    unended(connection, line).await
}

async fn event(connection: &mut SqliteConnection, payload: Option<&[u8]>) -> Option<Event> {
    let whole = read::whole(connection, payload?).await.ok()?;
    record::decode(&whole).ok()
}

async fn unended(connection: &mut SqliteConnection, line: &Line) -> RunSummary {
    let (events, damage) = read::events(connection, &line.id).await;
    let history = History::of(&events);
    let why = damage.map(|damage| damage.to_string()).or_else(|| history.as_ref().err().map(ToString::to_string));
    let mut summary = RunSummary::of(line.id.clone(), &history.unwrap_or_default(), line.living_owner());
    if let Some(why) = why {
        summary.state = RunState::Damaged(why);
        summary.services = Tally::default();
    }
    summary
}
