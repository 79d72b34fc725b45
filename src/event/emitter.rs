//! The way of an event out of the executor: a channel to the one task that talks to the outside.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{Event, What};
use crate::id::Clock;

/// An event on its way, and whom to tell once it is on disk.
pub struct Envelope {
    /// What happened.
    pub event: Event,
    /// Answered when the event, and all before it, are durable; dropped if that failed.
    pub durable: Option<oneshot::Sender<()>>,
    /// Its place in the queue; given back when the envelope is dropped.
    pub room: Option<OwnedSemaphorePermit>,
}

/// The journal cannot be written; nothing more may be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot be written")]
pub struct HubGone;

/// Sends events; cheap to clone.
#[derive(Clone)]
pub struct Emitter {
    channel: mpsc::UnboundedSender<Envelope>,
    /// Holds back whoever can wait while the hub has this much to do.
    room: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
}

impl Emitter {
    /// An emitter and the end at which its events arrive.
    pub fn new(clock: Arc<dyn Clock>, capacity: usize) -> (Self, mpsc::UnboundedReceiver<Envelope>) {
        let (channel, receiver) = mpsc::unbounded_channel();
        (Self { channel, room: Arc::new(Semaphore::new(capacity)), clock }, receiver)
    }

    /// Hands an event over; it will be on disk before it is shown. Waits while the hub has too much to do.
    pub async fn emit(&self, what: What) -> Result<(), HubGone> {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| HubGone)?;
        self.send(what, None, Some(room))
    }

    /// Hands an event over and waits until it is on disk.
    pub async fn emit_durably(&self, what: What) -> Result<(), HubGone> {
        let (durable, done) = oneshot::channel();
        self.send(what, Some(durable), None)?;
        done.await.map_err(|_| HubGone)
    }

    /// Hands an event over at once, in order with the others: for what a step says while it runs.
    pub fn emit_now(&self, what: What) {
        let _ = self.send(what, None, None);
    }

    /// Hands an event over if there is room, else drops it: for progress, which the next one replaces.
    pub fn try_emit(&self, what: What) {
        if let Ok(room) = Arc::clone(&self.room).try_acquire_owned() {
            let _ = self.send(what, None, Some(room));
        }
    }

    fn send(
        &self,
        what: What,
        durable: Option<oneshot::Sender<()>>,
        room: Option<OwnedSemaphorePermit>,
    ) -> Result<(), HubGone> {
        let event = Event { at: self.clock.now().timestamp_millis(), what };
        self.channel.send(Envelope { event, durable, room }).map_err(|_| HubGone)
    }
}
