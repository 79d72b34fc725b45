//! RabbitMQ (AMQP 0-9-1): one connection per run, a channel per step.
//!
//! In: a URL, messages, topologies. Out: confirmed messages and what stands at the broker, or an error that names the
//! stage. Every wait has a limit, and a broker that blocks publishers is told. No type of the driver leaks.

mod consume;
mod delivery;
mod dial;
mod difference;
mod error;
mod management;
mod message;
mod publish;
mod survey;
mod table;
mod topology;

use std::time::Duration;

use tokio::sync::{Mutex, watch};

pub use consume::{Consumption, Mode, Source};
pub use delivery::Delivered;
pub use difference::Difference;
pub use message::{Properties, Route};
pub use publish::{Ended, Message, Messages, Published, Watch};
pub use survey::Survey;
pub use topology::{Binding, Counts, Destination, Exchange, Queue, Standing};

use crate::cancel::Cancel;
use crate::connection::{ConnectionError, ServiceTarget};
use dial::{Dialled, Live};
use management::Management;

/// How long the broker may take to answer a request; also to confirm a message.
pub const ANSWER: Duration = Duration::from_secs(30);

/// A connection that lives for the run, and so do the exclusive queues on it.
pub struct Amqp {
    dialled: Dialled,
    management: Option<Management>,
    live: Mutex<Option<Live>>,
}

/// A channel of one step.
struct Lease {
    channel: lapin::Channel,
    blocked: watch::Receiver<Option<String>>,
}

impl Amqp {
    /// Opens it: resolves, connects, verifies, authenticates and opens the virtual host, within 10 seconds.
    pub async fn open(target: &ServiceTarget, cancel: &Cancel) -> Result<Self, ConnectionError> {
        let dialled = Dialled::new(target)?;
        let management = target.management.as_ref().map(|url| Management::new(url, target)).transpose()?;
        let live = dialled.connect(cancel).await?;
        Ok(Self { dialled, management, live: Mutex::new(Some(live)) })
    }

    /// The virtual host.
    pub fn vhost(&self) -> &str {
        &self.dialled.vhost
    }

    /// Whether bindings can be listed: the management API is known.
    pub fn sees_bindings(&self) -> bool {
        self.management.is_some()
    }

    /// A look at what stands at the broker, and the means to change it.
    pub fn survey<'a>(&'a self, cancel: &'a Cancel) -> Survey<'a> {
        Survey::new(self, cancel)
    }

    /// Closes it.
    pub async fn close(&self) {
        if let Some(live) = self.live.lock().await.take() {
            live.close().await;
        }
    }

    /// A new channel; on a new connection where the old one was lost.
    async fn lease(&self, cancel: &Cancel) -> Result<Lease, ConnectionError> {
        let mut live = self.live.lock().await;
        let current = match live.take() {
            Some(current) if current.connection.status().connected() => current,
            _ => self.dialled.connect(cancel).await?,
        };
        let current = live.insert(current);
        let opening = tokio::time::timeout(ANSWER, current.connection.create_channel());
        let channel = match cancel.bound(opening).await {
            Ok(Ok(Ok(channel))) => channel,
            Ok(Ok(Err(error))) => return Err(error::of_request(self, &error).into_connection_error()),
            Ok(Err(_)) => return Err(error::silent(self)),
            Err(reason) => return Err(error::interrupted(self.address(), reason)),
        };
        Ok(Lease { channel, blocked: current.blocked.clone() })
    }

    fn address(&self) -> &str {
        &self.dialled.address
    }
}
