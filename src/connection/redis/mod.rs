//! Redis.
#![allow(clippy::unused_async)]

use serde_json::Value;

use crate::cancel::Cancel;
use crate::connection::{ConnectionError, ServiceTarget};

/// A connection that lives for the run.
pub struct Redis;

impl Redis {
    /// Opens it.
    pub async fn open(_target: &ServiceTarget, _cancel: &Cancel) -> Result<Self, ConnectionError> {
        unreachable!()
    }

    /// Runs a command.
    pub async fn command(&self, _args: &[String], _cancel: &Cancel) -> Result<Value, ConnectionError> {
        unreachable!()
    }

    /// Closes it.
    pub async fn close(&self) {}
}
