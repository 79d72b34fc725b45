//! The pool of one database: at most `pool + overflow` sessions, opened when they are needed, `pool` of them kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::connect_error;
use super::session::{Dial, Session};
use crate::cancel::{Cancel, Reason};
use crate::connection::{ConnectionError, Stage};
use crate::secret::MASK;

/// For connecting, and for waiting for a free session.
const PATIENCE: Duration = Duration::from_secs(10);
/// A session that lay idle for longer is asked whether it still lives.
const FRESH: Duration = Duration::from_secs(1);

pub(super) struct Sessions {
    dialler: Box<dyn Dial>,
    permits: Arc<Semaphore>,
    most: usize,
    keep: usize,
    idle: Mutex<Vec<(Box<dyn Session>, Instant)>>,
    /// Name and address for people.
    pub peer: String,
    /// Never to be shown.
    password: Option<String>,
}

/// A session on loan.
pub(super) struct Lease {
    pub session: Box<dyn Session>,
    pub permit: OwnedSemaphorePermit,
    /// It must not be given back.
    pub passing: bool,
}

impl Sessions {
    pub fn new(dialler: Box<dyn Dial>, pool: u32, overflow: u32, peer: String, password: Option<String>) -> Self {
        // Several sessions of a database in memory would only lock one another out.
        let most = if dialler.is_volatile() { 1 } else { (pool.max(1) + overflow) as usize };
        let keep = pool.max(1) as usize;
        let permits = Arc::new(Semaphore::new(most));
        Self { dialler, permits, most, keep, idle: Mutex::default(), peer, password }
    }

    /// A session, idle or new. `look`: it will change nothing.
    pub async fn lease(&self, look: bool, cancel: &Cancel) -> Result<Lease, ConnectionError> {
        let waiting = tokio::time::timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned());
        let permit = match cancel.bound(waiting).await.map_err(|reason| self.stopped(reason))? {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(self.error(Stage::Connect, "the connection is closed")),
            Err(_) => {
                let text = format!("all {} connections have been busy for {} s", self.most, PATIENCE.as_secs());
                return Err(self.error(Stage::TimedOut, &text).hint("raise the connection's `pool` or `overflow`"));
            }
        };
        while let Some((mut session, since)) = self.take() {
            if since.elapsed() < FRESH || tokio::time::timeout(PATIENCE, session.ping()).await.unwrap_or(false) {
                return Ok(Lease { session, permit, passing: false });
            }
        }
        self.open(look, permit, cancel).await
    }

    async fn open(&self, look: bool, permit: OwnedSemaphorePermit, cancel: &Cancel) -> Result<Lease, ConnectionError> {
        let dial = async {
            if let Some((host, port)) = self.dialler.host() {
                self.resolve(&host, port).await?;
            }
            let passing = if look { self.dialler.dial_to_look().await.map_err(|e| self.told(&e))? } else { None };
            if let Some(session) = passing {
                return Ok(Lease { session, permit, passing: true });
            }
            let session = self.dialler.dial().await.map_err(|error| self.told(&error))?;
            Ok(Lease { session, permit, passing: false })
        };
        match cancel.bound(tokio::time::timeout(PATIENCE, dial)).await.map_err(|reason| self.stopped(reason))? {
            Ok(done) => done,
            Err(_) => Err(self.error(Stage::TimedOut, &format!("no answer within {} s", PATIENCE.as_secs()))),
        }
    }

    async fn resolve(&self, host: &str, port: u16) -> Result<(), ConnectionError> {
        match tokio::net::lookup_host((host, port)).await {
            Ok(mut addresses) => match addresses.next() {
                Some(_) => Ok(()),
                None => Err(self.error(Stage::Resolve, &format!("`{host}` has no address"))),
            },
            Err(error) => Err(self.error(Stage::Resolve, &format!("`{host}` has no address: {error}"))),
        }
    }

    fn take(&self) -> Option<(Box<dyn Session>, Instant)> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Takes a session back that is in good order.
    pub async fn give_back(&self, session: Box<dyn Session>, permit: OwnedSemaphorePermit) {
        let surplus = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < self.keep && !self.permits.is_closed() {
                idle.push((session, Instant::now()));
                None
            } else {
                Some(session)
            }
        };
        if let Some(session) = surplus {
            session.close().await;
        }
        drop(permit);
    }

    pub async fn close(&self) {
        self.permits.close();
        while let Some((session, _)) = self.take() {
            let _ = tokio::time::timeout(PATIENCE, session.close()).await;
        }
    }

    /// An error with the peer's name.
    pub fn error(&self, stage: Stage, what: &str) -> ConnectionError {
        ConnectionError::new(stage, format!("{}: {what}", self.peer))
    }

    fn told(&self, error: &sqlx::Error) -> ConnectionError {
        self.masked(connect_error(&self.peer, error))
    }

    /// The error without the password, should a server have put it into its message.
    pub fn masked(&self, mut error: ConnectionError) -> ConnectionError {
        if let Some(password) = self.password.as_deref().filter(|password| password.len() > 3) {
            error.message = error.message.replace(password, MASK);
        }
        error
    }

    /// The error of a wait that was cancelled before anything was sent.
    pub fn stopped(&self, reason: Reason) -> ConnectionError {
        self.error(Stage::TimedOut, &format!("{} before it began", words(reason)))
    }
}

/// A reason for people.
pub(super) fn words(reason: Reason) -> String {
    match reason {
        Reason::Interrupted(_) => "interrupted".to_owned(),
        Reason::TimedOut(limit) => format!("stopped after {}", crate::text::human_duration(limit)),
        Reason::Abandoned => "stopped".to_owned(),
    }
}
