//! What carries commands to a host: it starts one line of shell and hands out its streams. Everything a host can do
//! is built on that.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;

use super::send::Files;
use crate::connection::{ConnectionError, Tunnel};

/// A stream from the host.
pub(super) type Reader = Box<dyn AsyncRead + Send + Unpin>;
/// A stream to the host.
pub(super) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// How a line of shell ended, as far as the carrier saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// With a status.
    Status(i32),
    /// Killed by a signal, by name if that is known.
    Signal(Option<String>),
    /// Its end was not seen.
    Unseen(String),
}

/// A line of shell that runs.
pub(super) struct Channel {
    /// Its standard input.
    pub stdin: Writer,
    /// Its standard output.
    pub stdout: Reader,
    /// Its standard error.
    pub stderr: Reader,
    /// Its end.
    pub end: BoxFuture<'static, Gone>,
    /// What is taken as long as it runs.
    // Nobody reads it: it is given back when it is dropped.
    #[allow(dead_code)]
    pub hold: Option<OwnedSemaphorePermit>,
}

/// Which of a connection's channels is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// One of those that steps share.
    Shared,
    /// The one that is kept free for stopping what runs on the others.
    Spare,
}

/// A way to a host.
#[async_trait]
pub(super) trait Carrier: Send + Sync {
    /// The host's name, for messages.
    fn name(&self) -> &str;

    /// Starts a line of shell.
    async fn open(&self, line: &str, lane: Lane) -> Result<Channel, ConnectionError>;

    /// How files are written with the login user's own rights; none if there is no better way than commands.
    async fn files(&self) -> Result<Option<Arc<dyn Files>>, ConnectionError>;

    /// A way through the host to a service; none where that is reached as it is.
    async fn forward(&self, host: &str, port: u16) -> Result<Option<Tunnel>, ConnectionError>;

    /// Ends it.
    async fn close(&self);
}
