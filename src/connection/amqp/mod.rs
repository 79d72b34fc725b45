//! RabbitMQ.

use crate::cancel::Cancel;
use crate::connection::{ConnectionError, ServiceTarget};

/// A connection that lives for the run.
pub struct Amqp;

impl Amqp {
    /// Opens it.
    pub async fn open(_target: &ServiceTarget, _cancel: &Cancel) -> Result<Self, ConnectionError> {
        unreachable!()
    }

    /// Closes it.
    pub async fn close(&self) {}
}
