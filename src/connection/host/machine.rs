//! What a host can do, over any carrier.

use std::sync::Arc;

use async_trait::async_trait;

use super::carrier::Carrier;
use super::job::Job;
use super::look::{self, Query};
use super::{
    Become, Command, Ended, OnBytes, OnChunk, PathState, Received, SendFile, Sent, Sink, Transport, fetch, send,
};
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, Stage, Tunnel};

/// A host that is reached.
pub(super) struct Machine {
    carrier: Arc<dyn Carrier>,
}

impl Machine {
    /// The host behind a carrier.
    pub fn new(carrier: Arc<dyn Carrier>) -> Self {
        Self { carrier }
    }
}

#[async_trait]
impl Transport for Machine {
    async fn run(&self, command: &Command, on_chunk: OnChunk<'_>, cancel: &Cancel) -> Result<Ended, ConnectionError> {
        Job::of(command).run(&*self.carrier, on_chunk, cancel).await
    }

    async fn probe(
        &self,
        paths: &[String],
        sudo: Option<&Become>,
        cancel: &Cancel,
    ) -> Result<Vec<Option<PathState>>, ConnectionError> {
        let queries: Vec<Query<'_>> = paths.iter().map(|path| Query { path, hash: true }).collect();
        look::look(&*self.carrier, &queries, sudo, cancel).await.map_err(harmless)
    }

    async fn walk(
        &self,
        directory: &str,
        sudo: Option<&Become>,
        cancel: &Cancel,
    ) -> Result<Vec<(String, PathState)>, ConnectionError> {
        look::walk(&*self.carrier, directory, sudo, cancel).await.map_err(harmless)
    }

    async fn send(
        &self,
        files: Vec<SendFile>,
        sudo: Option<&Become>,
        on_bytes: OnBytes,
        cancel: &Cancel,
    ) -> Result<Vec<Sent>, ConnectionError> {
        send::send(&self.carrier, &files, sudo, &on_bytes, cancel).await
    }

    async fn fetch(
        &self,
        path: &str,
        sink: Sink,
        sudo: Option<&Become>,
        on_bytes: OnBytes,
        cancel: &Cancel,
    ) -> Result<Received, ConnectionError> {
        fetch::fetch(&*self.carrier, path, &sink, sudo, &on_bytes, cancel).await
    }

    async fn forward(&self, host: &str, port: u16, cancel: &Cancel) -> Result<Option<Tunnel>, ConnectionError> {
        let stopped =
            |_| ConnectionError::new(Stage::TimedOut, format!("{} was not asked to lead on", self.carrier.name()));
        cancel.bound(self.carrier.forward(host, port)).await.map_err(stopped)?
    }

    async fn close(&self) {
        self.carrier.close().await;
    }
}

/// Looking changes nothing: whatever became of the connection, no outcome is unknown.
fn harmless(error: ConnectionError) -> ConnectionError {
    ConnectionError { sent: false, ..error }
}
