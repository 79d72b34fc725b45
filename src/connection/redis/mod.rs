//! Redis: one connection per run, multiplexed over all steps that use it, and made anew after it was lost.
//!
//! In: a URL, channels, messages and commands. Out: receivers, replies as JSON, or an error that names the stage. What
//! would take the shared connection away from the other steps (subscribing, blocking, transactions) is refused.

mod commands;
mod dial;
mod error;
mod inbox;
mod reply;
mod subscription;

use std::time::Duration;

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use serde_json::Value;
use tokio::sync::Mutex;

pub use commands::is_read_command;
pub use inbox::Received;
pub use subscription::{Next, Subscription, Wanted};

use crate::cancel::{Cancel, Reason};
use crate::connection::{ConnectionError, ServiceTarget, Stage};
use dial::Dialled;

/// How long a publish may wait for its answer.
const ANSWER: Duration = Duration::from_secs(30);

/// How many messages are on their way at once.
const PIPELINE: usize = 1_000;

/// A connection that lives for the run.
pub struct Redis {
    dialled: Dialled,
    live: Mutex<Option<MultiplexedConnection>>,
}

impl Redis {
    /// Opens it: resolves, connects, verifies, authenticates and selects the database, within 10 seconds.
    pub async fn open(target: &ServiceTarget, cancel: &Cancel) -> Result<Self, ConnectionError> {
        let dialled = Dialled::new(target)?;
        let connection = dialled.connect(cancel).await?;
        Ok(Self { dialled, live: Mutex::new(Some(connection)) })
    }

    /// Publishes messages on a channel, in order; answers how many subscribers received each.
    pub async fn publish(
        &self,
        channel: &str,
        messages: &[Bytes],
        cancel: &Cancel,
    ) -> Result<Vec<i64>, ConnectionError> {
        let mut receivers = Vec::with_capacity(messages.len());
        for part in messages.chunks(PIPELINE) {
            let mut pipeline = redis::pipe();
            for message in part {
                pipeline.cmd("PUBLISH").arg(channel).arg(&message[..]);
            }
            let mut connection = self.connection(cancel).await?;
            let work = tokio::time::timeout(ANSWER, pipeline.query_async::<Vec<i64>>(&mut connection));
            receivers.extend(self.answer(cancel.bound(work).await).await?);
        }
        Ok(receivers)
    }

    /// Runs a command; its reply as JSON. There is no limit but `cancel` while the connection stands.
    pub async fn command(&self, args: &[String], cancel: &Cancel) -> Result<Value, ConnectionError> {
        let Some((name, rest)) = args.split_first() else {
            return Err(ConnectionError::new(Stage::Send, "the command is empty"));
        };
        commands::refuse(args)?;
        let mut command = redis::cmd(name);
        command.arg(rest);
        let mut connection = self.connection(cancel).await?;
        let work = async { Ok(command.query_async::<redis::Value>(&mut connection).await) };
        let answer = self.answer(cancel.bound(work).await).await;
        match answer {
            Ok(value) => reply::to_json(value).map_err(|error| error::answered(self.address(), &error)),
            Err(error) if commands::is_read(args) => Err(ConnectionError { sent: false, ..error }),
            Err(error) => Err(error),
        }
    }

    /// Closes it.
    pub async fn close(&self) {
        self.live.lock().await.take();
    }

    fn address(&self) -> &str {
        &self.dialled.address
    }

    async fn connection(&self, cancel: &Cancel) -> Result<MultiplexedConnection, ConnectionError> {
        let mut live = self.live.lock().await;
        if let Some(connection) = &*live {
            return Ok(connection.clone());
        }
        let connection = self.dialled.connect(cancel).await?;
        *live = Some(connection.clone());
        Ok(connection)
    }

    /// What came of a request that was sent. A connection that is lost is dropped, so that the next step makes a new one.
    async fn answer<T>(&self, ended: Result<Timed<redis::RedisResult<T>>, Reason>) -> Result<T, ConnectionError> {
        let address = self.address();
        let error = match ended {
            Ok(Ok(Ok(value))) => return Ok(value),
            Ok(Ok(Err(error))) => error::of_request(address, &error),
            Ok(Err(_)) => {
                let text = format!("Redis at {address} gave no answer within {} s", ANSWER.as_secs());
                ConnectionError::new(Stage::TimedOut, text).after_send()
            }
            Err(reason) => error::interrupted(address, reason).after_send(),
        };
        if error.stage != Stage::Answered {
            self.close().await;
        }
        Err(error)
    }
}

type Timed<T> = Result<T, tokio::time::error::Elapsed>;
