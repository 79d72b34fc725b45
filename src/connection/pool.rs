//! Every connection of a run: keyed, opened by the first step that uses it, shared, and closed at the end.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use super::amqp::Amqp;
use super::host::{self, HostTarget, Transport};
use super::redis::Redis;
use super::sql::Database;
use super::{ConnectionError, ServiceTarget};
use crate::cancel::Cancel;

type Slots<T> = Mutex<HashMap<String, Arc<OnceCell<Arc<T>>>>>;

/// The pool.
pub struct Pool {
    dialler: Box<dyn host::Dial>,
    hosts: Slots<dyn Transport>,
    redis: Slots<Redis>,
    amqp: Slots<Amqp>,
    sql: Slots<Database>,
}

impl Pool {
    /// An empty pool; hosts are reached through `dialler`.
    pub fn new(dialler: Box<dyn host::Dial>) -> Self {
        Self {
            dialler,
            hosts: Slots::default(),
            redis: Slots::default(),
            amqp: Slots::default(),
            sql: Slots::default(),
        }
    }

    /// The connection to a host.
    pub async fn host(&self, target: &HostTarget, cancel: &Cancel) -> Result<Arc<dyn Transport>, ConnectionError> {
        let cell = slot(&self.hosts, &target.name).await;
        cell.get_or_try_init(|| self.dialler.dial(target, cancel)).await.cloned()
    }

    /// Drops the connection to a host, so that the next use opens a new one.
    pub async fn forget_host(&self, name: &str) {
        let cell = self.hosts.lock().await.remove(name);
        if let Some(transport) = cell.and_then(|cell| cell.get().cloned()) {
            transport.close().await;
        }
    }

    /// A Redis connection.
    pub async fn redis(&self, target: &ServiceTarget, cancel: &Cancel) -> Result<Arc<Redis>, ConnectionError> {
        let cell = slot(&self.redis, &key(target)).await;
        cell.get_or_try_init(async || Redis::open(target, cancel).await.map(Arc::new)).await.cloned()
    }

    /// A RabbitMQ connection.
    pub async fn amqp(&self, target: &ServiceTarget, cancel: &Cancel) -> Result<Arc<Amqp>, ConnectionError> {
        let cell = slot(&self.amqp, &key(target)).await;
        cell.get_or_try_init(async || Amqp::open(target, cancel).await.map(Arc::new)).await.cloned()
    }

    /// A database.
    pub async fn sql(&self, target: &ServiceTarget, cancel: &Cancel) -> Result<Arc<Database>, ConnectionError> {
        let cell = slot(&self.sql, &key(target)).await;
        cell.get_or_try_init(async || Database::open(target, cancel).await.map(Arc::new)).await.cloned()
    }

    /// Closes every connection.
    pub async fn close(&self) {
        for connection in drain(&self.redis).await {
            connection.close().await;
        }
        for connection in drain(&self.amqp).await {
            connection.close().await;
        }
        for connection in drain(&self.sql).await {
            connection.close().await;
        }
        let hosts = drain(&self.hosts).await;
        futures_util::future::join_all(hosts.iter().map(|transport| transport.close())).await;
    }
}

/// A connection is the same where name and URL are: a URL may differ per host.
fn key(target: &ServiceTarget) -> String {
    format!("{} {}", target.name, target.url.reveal())
}

async fn slot<T: ?Sized>(slots: &Slots<T>, key: &str) -> Arc<OnceCell<Arc<T>>> {
    Arc::clone(slots.lock().await.entry(key.to_owned()).or_default())
}

async fn drain<T: ?Sized>(slots: &Slots<T>) -> Vec<Arc<T>> {
    slots.lock().await.drain().filter_map(|(_, cell)| cell.get().cloned()).collect()
}
