//! What has come to a subscription and waits to be taken: bounded, for the server does not wait for who is slow.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use redis::{Msg, PushInfo, PushKind};
use tokio::sync::Notify;

/// Messages of so many bytes may wait; each counts for some more than its text.
const MOST: usize = 64 << 20;
const EACH: usize = 128;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The channel it came on.
    pub channel: String,
    /// The pattern that the channel matched, where it came through one.
    pub pattern: Option<String>,
    /// Its bytes.
    pub body: Bytes,
}

/// The inbox of one connection.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Received>,
    size: usize,
    end: Option<End>,
}

/// Why nothing more comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The connection was lost.
    Lost,
    /// Too much was waiting.
    Full,
}

impl Inbox {
    /// Takes in what the server pushes.
    pub(super) fn put(&self, info: PushInfo) {
        let mut state = self.lock();
        match info.kind {
            PushKind::Disconnection => _ = state.end.get_or_insert(End::Lost),
            PushKind::Message | PushKind::PMessage if state.end.is_none() => {
                let Some(message) = Msg::from_push_info(info) else { return };
                let body = Bytes::copy_from_slice(message.get_payload_bytes());
                let channel = message.get_channel_name().to_owned();
                state.size += body.len() + EACH;
                if state.size > MOST {
                    state.end = Some(End::Full);
                } else {
                    let pattern = message.get_pattern().ok().flatten();
                    state.waiting.push_back(Received { channel, pattern, body });
                }
            }
            _ => return,
        }
        self.arrived.notify_one();
    }

    /// The next message, or why none comes any more.
    pub(super) async fn next(&self) -> Result<Received, End> {
        loop {
            {
                let mut state = self.lock();
                if let Some(message) = state.waiting.pop_front() {
                    state.size -= message.body.len() + EACH;
                    return Ok(message);
                }
                if let Some(end) = state.end {
                    return Err(end);
                }
            }
            self.arrived.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
