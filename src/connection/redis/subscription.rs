//! Subscribing: a connection of its own, for as long as somebody listens.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;

use super::inbox::{End, Inbox, Received};
use super::{ANSWER, Redis, error};
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, Stage};

/// How long a lost connection is tried to be made again, and the pause between two tries.
const AGAIN: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);

/// What to listen to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Channels.
    pub channels: Vec<String>,
    /// Patterns of channels (`ack.*`).
    pub patterns: Vec<String>,
}

/// What happened next.
#[derive(Debug)]
pub enum Next {
    /// A message.
    Message(Received),
    /// The connection was lost and made again: messages may have been missed.
    Again,
}

/// A subscription whose every channel and pattern the server has confirmed.
pub struct Subscription<'a> {
    redis: &'a Redis,
    wanted: Wanted,
    inbox: Arc<Inbox>,
    /// The subscription ends with it.
    connection: MultiplexedConnection,
}

impl Redis {
    /// Subscribes, and waits until the server has confirmed it.
    pub async fn subscribe(&self, wanted: Wanted, cancel: &Cancel) -> Result<Subscription<'_>, ConnectionError> {
        let (inbox, connection) = self.listen(&wanted, cancel).await?;
        Ok(Subscription { redis: self, wanted, inbox, connection })
    }

    async fn listen(
        &self,
        wanted: &Wanted,
        cancel: &Cancel,
    ) -> Result<(Arc<Inbox>, MultiplexedConnection), ConnectionError> {
        let inbox = Arc::new(Inbox::default());
        let mut connection = self.dialled.listen(&inbox, cancel).await?;
        let work = async {
            // One by one: a refusal is that of one channel.
            for channel in &wanted.channels {
                connection.subscribe(channel).await.map_err(|error| (channel.clone(), error))?;
            }
            for pattern in &wanted.patterns {
                connection.psubscribe(pattern).await.map_err(|error| (pattern.clone(), error))?;
            }
            Ok(())
        };
        match cancel.bound(tokio::time::timeout(ANSWER, work)).await {
            Ok(Ok(Ok(()))) => Ok((inbox, connection)),
            Ok(Ok(Err((name, error)))) => {
                // Listening changes nothing: it is never unknown.
                let error = ConnectionError { sent: false, ..error::of_request(self.address(), &error) };
                Err(ConnectionError { message: format!("cannot subscribe to `{name}`: {}", error.message), ..error })
            }
            Ok(Err(_)) => {
                let text =
                    format!("Redis at {} confirmed no subscription within {} s", self.address(), ANSWER.as_secs());
                Err(ConnectionError::new(Stage::TimedOut, text))
            }
            Err(reason) => Err(error::interrupted(self.address(), reason)),
        }
    }
}

impl Subscription<'_> {
    /// The next message. A lost connection is made again for a while; that is told.
    pub async fn next(&mut self, cancel: &Cancel) -> Result<Next, ConnectionError> {
        let address = self.redis.address();
        match cancel.bound(self.inbox.next()).await {
            Ok(Ok(message)) => Ok(Next::Message(message)),
            Ok(Err(End::Lost)) => self.again(cancel).await.map(|()| Next::Again),
            Ok(Err(End::Full)) => {
                let text = "more than 64 MiB of messages wait: they come faster than they are worked on";
                Err(ConnectionError::new(Stage::Answered, text)
                    .hint("let several steps listen to fewer channels each, or do less for each message"))
            }
            Err(reason) => Err(error::interrupted(address, reason)),
        }
    }

    async fn again(&mut self, cancel: &Cancel) -> Result<(), ConnectionError> {
        let until = tokio::time::Instant::now() + AGAIN;
        loop {
            match self.redis.listen(&self.wanted, cancel).await {
                Ok((inbox, connection)) => {
                    (self.inbox, self.connection) = (inbox, connection);
                    return Ok(());
                }
                Err(error) if !error.stage.is_passing() || tokio::time::Instant::now() > until => return Err(error),
                Err(error) => {
                    if cancel.bound(tokio::time::sleep(PAUSE)).await.is_err() {
                        return Err(error);
                    }
                }
            }
        }
    }
}
