//! The way of an event out of the executor: a bounded channel to the one task that talks to the outside.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{Event, What};
use crate::id::Clock;

/// An event on its way, and whom to tell once it is on disk.
pub struct Envelope {
    /// What happened.
    pub event: Event,
    /// Answered when the event, and all before it, are durable; dropped if that failed.
    pub durable: Option<oneshot::Sender<()>>,
}

/// The journal cannot be written; nothing more may be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot be written")]
pub struct HubGone;

/// Sends events; cheap to clone.
#[derive(Clone)]
pub struct Emitter {
    channel: mpsc::Sender<Envelope>,
    clock: Arc<dyn Clock>,
}

impl Emitter {
    /// An emitter and the end at which its events arrive.
    pub fn new(clock: Arc<dyn Clock>, capacity: usize) -> (Self, mpsc::Receiver<Envelope>) {
        let (channel, receiver) = mpsc::channel(capacity);
        (Self { channel, clock }, receiver)
    }

    /// Hands an event over; it will be on disk before it is shown.
    pub async fn emit(&self, what: What) -> Result<(), HubGone> {
        self.send(what, None).await
    }

    /// Hands an event over and waits until it is on disk.
    pub async fn emit_durably(&self, what: What) -> Result<(), HubGone> {
        let (durable, done) = oneshot::channel();
        self.send(what, Some(durable)).await?;
        done.await.map_err(|_| HubGone)
    }

    /// Hands an event over if there is room, else drops it: for progress, which the next one replaces.
    pub fn try_emit(&self, what: What) {
        let event = Event { at: self.clock.now().timestamp_millis(), what };
        let _ = self.channel.try_send(Envelope { event, durable: None });
    }

    async fn send(&self, what: What, durable: Option<oneshot::Sender<()>>) -> Result<(), HubGone> {
        let event = Event { at: self.clock.now().timestamp_millis(), what };
        self.channel.send(Envelope { event, durable }).await.map_err(|_| HubGone)
    }
}
