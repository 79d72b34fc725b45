//! A unit of work: statements on one leased session, as one transaction or each by itself.
//!
//! A unit that is dropped before its end takes its connection with it, so that the server undoes what was open.

use std::time::Duration;

use serde_json::Value;

use super::bound::{Bound, Statement};
use super::class::Words;
use super::collect::{Collector, Fetch};
use super::error::{Trouble, is_lost, statement_error};
use super::session::{Taker, Tally};
use super::sessions::{Lease, words};
use super::{Database, Dialect, Refusal, RowSink};
use crate::cancel::{Cancel, Reason};
use crate::connection::{ConnectionError, Stage};

/// How long a statement may take to stop once the server was asked.
pub(super) const STOPPING: Duration = Duration::from_secs(5);
/// How long the answer to COMMIT is awaited, also when the step is cancelled.
const COMMITTING: Duration = Duration::from_secs(30);

/// How the statements of a unit hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is changed; no transaction.
    Look,
    /// One transaction that changes nothing (several looks at one state).
    LookTogether,
    /// One transaction.
    Transaction,
    /// Each statement is kept as soon as it succeeded.
    Loose,
}

/// Statements on one session.
pub struct Unit {
    database: Database,
    lease: Option<Lease>,
    mode: Mode,
    /// Something is kept whatever comes: a statement that MySQL commits by itself, or one outside a transaction.
    kept: bool,
}

enum End {
    Done(Result<Tally, Trouble>),
    Stopped(Reason, Option<Result<Tally, Trouble>>),
}

impl Unit {
    pub(super) async fn begin(database: &Database, mode: Mode, cancel: &Cancel) -> Result<Self, ConnectionError> {
        let look = matches!(mode, Mode::Look | Mode::LookTogether);
        let mut lease = database.sessions.lease(look, cancel).await?;
        let begin = match (mode, database.dialect) {
            (Mode::Look | Mode::Loose, _) => None,
            (Mode::Transaction, Dialect::Sqlite) => Some("BEGIN IMMEDIATE"),
            _ => Some("BEGIN"),
        };
        let session = &mut lease.session;
        let start = async {
            session.forget().await?;
            match begin {
                Some(sql) => session.plain(sql).await,
                None => Ok(()),
            }
        };
        let started = cancel.bound(start).await.map_err(|reason| database.sessions.stopped(reason))?;
        started.map_err(|error| statement_error(&database.sessions.peer, "", &error))?;
        Ok(Self { database: database.clone(), lease: Some(lease), mode, kept: false })
    }

    /// Whether the statements so far, or some of them, stay whatever comes.
    pub fn kept(&self) -> bool {
        self.kept
    }

    /// Runs a statement and hands its rows to `sink`. When `cancel` fires, the server is told to stop it. After an
    /// error the unit can only be undone.
    pub async fn execute(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        cancel: &Cancel,
    ) -> Result<Tally, ConnectionError> {
        let dialect = self.database.dialect;
        let words = Words::of(&statement.sql, dialect);
        let bound = Bound::new(statement, dialect).map_err(refused)?;
        self.allow(&words)?;
        if let Some(reason) = cancel.reason() {
            return Err(self.stopped(reason, false));
        }
        let kept_before = self.kept;
        let commits = dialect == Dialect::Mysql && words.commits_in_mysql();
        let acts = !words.reads() && (self.mode == Mode::Loose || (self.mode == Mode::Transaction && commits));
        self.kept |= acts;
        let mut sent = String::new();
        let may_abandon = self.mode == Mode::Look;
        let mut taker = Taker { sink, may_abandon, abandoned: false, full: false };
        let end = self.race(&bound, &mut taker, &mut sent, cancel).await?;
        if taker.abandoned && dialect != Dialect::Sqlite {
            self.lease = None;
        }
        let done = match end {
            End::Done(Err(Trouble::Driver(error))) | End::Stopped(_, Some(Err(Trouble::Driver(error))))
                if is_lost(&error) =>
            {
                self.lease = None;
                let lost = statement_error(&self.database.sessions.peer, &sent, &error);
                return Err(if self.kept { lost.after_send() } else { lost });
            }
            End::Stopped(reason, None) => {
                self.lease = None;
                return Err(self.stopped(reason, acts));
            }
            End::Stopped(reason, Some(done)) if self.mode != Mode::Loose || done.is_err() => {
                self.kept = kept_before || (acts && done.is_ok());
                return Err(self.stopped(reason, false));
            }
            End::Done(done) | End::Stopped(_, Some(done)) => done,
        };
        let mut tally = done.map_err(|trouble| {
            self.kept = kept_before || commits;
            self.database.sessions.masked(self.answered(trouble, &sent))
        })?;
        if !words.changes_rows() {
            tally.rows_affected = 0;
            tally.last_insert_id = None;
            if !words.reads() {
                self.forget().await?;
            }
        }
        Ok(tally)
    }

    /// The rows of a statement, all of them.
    pub async fn rows(&mut self, statement: &Statement, cancel: &Cancel) -> Result<Vec<Value>, ConnectionError> {
        let mut collector = Collector::new(Fetch::All);
        self.execute(statement, &mut collector, cancel).await?;
        Ok(collector.rows)
    }

    fn allow(&self, words: &Words) -> Result<(), ConnectionError> {
        if self.mode != Mode::Loose && words.steers_transaction() {
            let text = format!("`{}` would end or begin the step's own transaction", words.first());
            return Err(refused(Refusal::new(text).hint("leave it out, or give the step `transaction: false`")));
        }
        Ok(())
    }

    async fn race(
        &mut self,
        bound: &Bound<'_>,
        taker: &mut Taker<'_>,
        sent: &mut String,
        cancel: &Cancel,
    ) -> Result<End, ConnectionError> {
        let Some(lease) = &mut self.lease else {
            return Err(self.database.sessions.error(Stage::Lost, "the connection of this unit is gone"));
        };
        let stopper = lease.session.stopper();
        let mut work = std::pin::pin!(lease.session.run(bound, taker, sent));
        tokio::select! {
            biased;
            done = &mut work => Ok(End::Done(done)),
            reason = cancel.cancelled() => {
                let stop = async { tokio::join!(stopper.stop(), &mut work).1 };
                let done = tokio::time::timeout(STOPPING, stop).await.ok();
                stopper.clear();
                Ok(End::Stopped(reason, done))
            }
        }
    }

    fn answered(&self, trouble: Trouble, sent: &str) -> ConnectionError {
        match trouble {
            Trouble::Driver(error) => statement_error(&self.database.sessions.peer, sent, &error),
            Trouble::Refused(refusal) => refused(refusal),
        }
    }

    fn stopped(&self, reason: Reason, unsure: bool) -> ConnectionError {
        let error = self.database.sessions.error(Stage::TimedOut, &words(reason));
        if unsure { error.after_send() } else { error }
    }

    async fn forget(&mut self) -> Result<(), ConnectionError> {
        let Some(lease) = &mut self.lease else { return Ok(()) };
        let done = lease.session.forget().await;
        done.map_err(|error| {
            let lost = statement_error(&self.database.sessions.peer, "", &error);
            if self.kept { lost.after_send() } else { lost }
        })
    }

    /// Makes the changes last, and gives the session back. An error with `sent` set: nobody knows whether they do.
    pub async fn commit(mut self) -> Result<(), ConnectionError> {
        if matches!(self.mode, Mode::Transaction | Mode::LookTogether) {
            let Some(lease) = &mut self.lease else {
                return Err(self.database.sessions.error(Stage::Lost, "the connection was gone before COMMIT"));
            };
            let peer = &self.database.sessions.peer;
            match tokio::time::timeout(COMMITTING, lease.session.plain("COMMIT")).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) if is_lost(&error) => return Err(statement_error(peer, "COMMIT", &error).after_send()),
                Ok(Err(error)) => {
                    let error = statement_error(peer, "COMMIT", &error);
                    self.undo().await;
                    return Err(ConnectionError { message: format!("COMMIT was refused: {}", error.message), ..error });
                }
                Err(_) => {
                    let text = format!("no answer to COMMIT within {} s", COMMITTING.as_secs());
                    return Err(self.database.sessions.error(Stage::TimedOut, &text).after_send());
                }
            }
        }
        self.give_back().await;
        Ok(())
    }

    /// Takes the changes back as far as they can be, and gives the session back.
    pub async fn undo(mut self) {
        if matches!(self.mode, Mode::Transaction | Mode::LookTogether)
            && let Some(lease) = &mut self.lease
        {
            let undone = tokio::time::timeout(STOPPING, lease.session.plain("ROLLBACK")).await;
            // SQLite may have rolled back by itself; everywhere else a refused ROLLBACK means a broken session.
            let fine = matches!(undone, Ok(Ok(()))) || (self.database.dialect == Dialect::Sqlite && undone.is_ok());
            if !fine {
                self.lease = None;
            }
        }
        self.give_back().await;
    }

    async fn give_back(mut self) {
        match self.lease.take() {
            Some(lease) if lease.passing => lease.session.close().await,
            Some(lease) => self.database.sessions.give_back(lease.session, lease.permit).await,
            None => {}
        }
    }
}

fn refused(refusal: Refusal) -> ConnectionError {
    let error = ConnectionError::new(Stage::Answered, refusal.message);
    ConnectionError { hint: refusal.hint, ..error }
}
