//! The hub: the one task that talks to the outside. It masks events, writes them to the journal, and only then
//! answers who waits and tells the reporters.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::cancel::{Cancel, Reason};
use crate::event::{Envelope, Event, What};
use crate::id::Clock;
use crate::journal::{Journal, JournalError};
use crate::report::Reporter;
use crate::secret::Redactor;

/// At most so many events are written in one transaction.
const BATCH: usize = 512;
/// How often reporters are told that time goes by.
const TICK: Duration = Duration::from_millis(500);

/// The reporters, shared with whoever asks a person something meanwhile.
#[derive(Clone)]
pub struct Stage(Arc<Mutex<Vec<Box<dyn Reporter>>>>);

impl Stage {
    /// The reporters of a run.
    pub fn new(reporters: Vec<Box<dyn Reporter>>) -> Self {
        Self(Arc::new(Mutex::new(reporters)))
    }

    /// Makes room for a question on the terminal, or takes it back.
    pub fn pause(&self, asked: bool) {
        self.each(|reporter| reporter.pause(asked));
    }

    fn each(&self, tell: impl FnMut(&mut Box<dyn Reporter>)) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().for_each(tell);
    }
}

/// What the hub works with.
pub struct Hub {
    /// Written first.
    pub journal: Box<dyn Journal>,
    /// Told after.
    pub stage: Stage,
    /// Masks secrets.
    pub redactor: Redactor,
    /// Cancelled when the journal cannot be written.
    pub cancel: Cancel,
    /// For ticks.
    pub clock: Arc<dyn Clock>,
}

impl Hub {
    /// Works until the run has finished. After the first error of the journal nothing is acknowledged or told.
    pub async fn work(mut self, mut events: UnboundedReceiver<Envelope>) -> Result<(), JournalError> {
        let mut ticks = tokio::time::interval(TICK);
        let mut broken = None;
        loop {
            let first = tokio::select! {
                event = events.recv() => event,
                _ = ticks.tick() => {
                    let now = self.clock.now().timestamp_millis();
                    self.stage.each(|reporter| reporter.tick(now));
                    continue;
                }
            };
            let Some(first) = first else { break };
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = events.try_recv()
            {
                batch.push(next);
            }
            let is_last = batch.iter().any(|envelope| matches!(envelope.event.what, What::RunFinished { .. }));
            if broken.is_none()
                && let Err(error) = self.take(batch).await
            {
                self.cancel.cancel(Reason::Abandoned);
                broken = Some(error);
            }
            if is_last {
                break;
            }
        }
        if broken.is_none() {
            broken = self.journal.close().await.err();
        }
        self.stage.each(|reporter| reporter.finish());
        broken.map_or(Ok(()), Err)
    }

    async fn take(&mut self, batch: Vec<Envelope>) -> Result<(), JournalError> {
        let (mut events, mut waiting, mut room) = (Vec::new(), Vec::new(), Vec::new());
        for envelope in batch {
            events.push(self.masked(envelope.event));
            waiting.extend(envelope.durable);
            room.extend(envelope.room);
        }
        self.journal.append(&events).await?;
        for durable in waiting {
            // Who has stopped waiting need not be told.
            let _ = durable.send(());
        }
        self.stage.each(|reporter| events.iter().for_each(|event| reporter.event(event)));
        drop(room);
        Ok(())
    }

    /// The event without secrets.
    fn masked(&self, mut event: Event) -> Event {
        if self.redactor.longest() > 0 {
            super::mask::mask(&mut event.what, &self.redactor);
        }
        event
    }
}
