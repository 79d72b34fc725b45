//! Statements on an SQL database.

use async_trait::async_trait;
use serde_json::Value;

use super::save::{Format, Saver};
use crate::connection::ConnectionError;
use crate::connection::sql::{Bound, Collector, Dialect, Fetch, RowSink, Statement, Tally, Words, reads};
use crate::event::Class;
use crate::step::{Access, Context, Done, Failure, FailureKind, Finding, Results, Step, Verdict};

/// How much of a statement stands in a summary.
const SHOWN: usize = 80;

pub(super) struct Query {
    pub connection: String,
    pub statements: Vec<Statement>,
    /// Written as `statements`: the result of each is told.
    pub is_list: bool,
    pub fetch: Fetch,
    pub save: Option<(Format, String)>,
    pub transaction: bool,
}

impl Query {
    fn dialect(&self, cx: &Context) -> Result<Dialect, Failure> {
        let kind = cx.service(&self.connection)?.kind;
        Dialect::of(kind).ok_or_else(|| {
            let text = format!("`sql` is for a database, and connection `{}` is {}", self.connection, kind.word());
            Failure::failed(text).hint("write `command: [GET, key]`")
        })
    }

    fn summary(&self) -> String {
        let first = self.statements.first().map_or("", |statement| statement.sql.as_str());
        let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = line.chars().take(SHOWN).collect();
        let dots = if short.len() < line.len() { " ..." } else { "" };
        let more = match self.statements.len() {
            0 | 1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        format!("{short}{dots}{more} on {}", self.connection)
    }

    /// The statements with their parameters, as people read them.
    fn shown(&self) -> String {
        let one = |statement: &Statement| {
            let params = Value::Object(statement.params.clone());
            let given = if statement.params.is_empty() { String::new() } else { format!("\nparams: {params}") };
            format!("{}{given}", statement.sql.trim_end())
        };
        self.statements.iter().map(one).collect::<Vec<_>>().join("\n;\n")
    }

    /// A failure, and `Stopped` where we were told to stop and the stop is certain.
    fn failure(cx: &Context, error: ConnectionError) -> Failure {
        let stopped = cx.cancel.reason().filter(|_| !error.sent);
        let mut failure = Failure::from(error);
        if let Some(reason) = stopped {
            failure.kind = FailureKind::Stopped(reason);
        }
        failure
    }

    /// Whether something is different now: rows that were changed, or a statement that does not count rows.
    fn changed(&self, dialect: Dialect, tallies: &[Tally]) -> bool {
        let mut pairs = self.statements.iter().zip(tallies);
        pairs.any(|(statement, tally)| {
            let words = Words::of(&statement.sql, dialect);
            !words.reads() && (tally.rows_affected > 0 || !words.changes_rows())
        })
    }

    async fn run(&self, cx: &Context) -> Result<(Vec<Tally>, Vec<Collector>, Option<Saver>), Failure> {
        let mut collectors: Vec<Collector> = self.statements.iter().map(|_| Collector::new(self.fetch)).collect();
        let mut saver = match &self.save {
            Some((format, path)) => {
                let made = Saver::new(cx.folder.join(path), *format, self.fetch, cx.progress.clone());
                Some(made.map_err(Failure::failed)?)
            }
            None => None,
        };
        let database = cx.sql(&self.connection).await.map_err(|failure| match cx.cancel.reason() {
            Some(reason) => Failure { kind: FailureKind::Stopped(reason), ..failure },
            None => failure,
        })?;
        let mut sinks: Vec<Box<dyn RowSink + '_>> = Vec::new();
        for collector in &mut collectors {
            sinks.push(Box::new(collector));
        }
        if let (Some(saver), Some(last)) = (&mut saver, sinks.last_mut()) {
            *last = Box::new(saver);
        }
        let done = database.run(&self.statements, self.transaction, &mut sinks, &cx.cancel).await;
        drop(sinks);
        let tallies = done.map_err(|error| Self::failure(cx, error))?;
        Ok((tallies, collectors, saver))
    }
}

/// The result of one statement.
fn result(tally: &Tally, rows: Vec<Value>, fetch: Fetch, saved: Option<u64>) -> Results {
    let mut result = Results::new();
    let count = saved.unwrap_or(rows.len() as u64);
    if fetch != Fetch::None && saved.is_none() {
        result.insert("row".to_owned(), rows.first().cloned().unwrap_or(Value::Null));
        result.insert("rows".to_owned(), Value::Array(rows));
    }
    result.insert("row_count".to_owned(), count.into());
    result.insert("rows_affected".to_owned(), tally.rows_affected.into());
    result.insert("last_insert_id".to_owned(), tally.last_insert_id.clone().unwrap_or(Value::Null));
    result
}

#[async_trait]
impl Step for Query {
    fn class(&self) -> Class {
        let all_read = self.statements.iter().all(|statement| reads(&statement.sql));
        if all_read && self.save.is_none() { Class::Read } else { Class::Action }
    }

    fn access(&self) -> Access {
        let objects = vec![self.connection.clone()];
        match self.class() {
            Class::Read => Access { reads: objects, writes: Vec::new() },
            _ => Access { reads: Vec::new(), writes: objects },
        }
    }

    async fn check(&self, cx: &Context) -> Result<Finding, Failure> {
        let dialect = self.dialect(cx)?;
        for statement in &self.statements {
            Bound::new(statement, dialect).map_err(|refusal| {
                let mut failure = Failure::failed(refusal.message);
                failure.error.hint = refusal.hint;
                failure
            })?;
        }
        let verdict = if self.class() == Class::Read { Verdict::Same } else { Verdict::Act };
        Ok(Finding::new(verdict, self.summary()).diff(self.shown()))
    }

    async fn apply(&self, cx: &Context, _found: Option<Finding>) -> Result<Done, Failure> {
        let dialect = self.dialect(cx)?;
        let (tallies, collectors, saver) = self.run(cx).await?;
        let changed = self.changed(dialect, &tallies) || saver.is_some();
        let count = saver.map(Saver::finish).transpose().map_err(Failure::failed)?;
        let last = tallies.len().saturating_sub(1);
        let each = tallies.iter().zip(collectors).enumerate();
        let mut results: Vec<Results> = each
            .map(|(at, (tally, kept))| result(tally, kept.rows, self.fetch, count.filter(|_| at == last)))
            .collect();
        let all: Vec<Value> = results.iter().cloned().map(Value::Object).collect();
        let mut whole = results.pop().unwrap_or_default();
        if self.is_list {
            let affected: u64 = tallies.iter().map(|tally| tally.rows_affected).sum();
            whole.insert("rows_affected".to_owned(), affected.into());
            whole.insert("results".to_owned(), Value::Array(all));
        }
        Ok(Done { changed, result: whole })
    }
}
