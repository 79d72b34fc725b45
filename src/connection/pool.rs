//! Every connection of a run: keyed, opened by the first step that uses it, shared, and closed at the end.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use super::amqp::Amqp;
use super::host::{self, HostTarget, Transport};
use super::http::Http;
use super::redis::Redis;
use super::sql::Database;
use super::{ConnectionError, ServiceTarget};
use crate::cancel::Cancel;

type Slots<T> = Mutex<HashMap<String, Arc<OnceCell<Arc<T>>>>>;

/// A connection to a host, open or not.
pub struct Line(Arc<OnceCell<Arc<dyn Transport>>>);

/// The pool.
pub struct Pool {
    dialler: Box<dyn host::Dial>,
    hosts: Slots<dyn Transport>,
    redis: Slots<Redis>,
    amqp: Slots<Amqp>,
    sql: Slots<Database>,
    http: OnceCell<Http>,
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
            http: OnceCell::new(),
        }
    }

    /// The connection to a host.
    pub async fn host(&self, target: &HostTarget, cancel: &Cancel) -> Result<Arc<dyn Transport>, ConnectionError> {
        let cell = slot(&self.hosts, &target.name).await;
        cell.get_or_try_init(|| self.dialler.dial(target, cancel)).await.cloned()
    }

    /// The line to a host that is used now, by which [`Self::forget_host`] knows it.
    pub async fn line(&self, name: &str) -> Line {
        Line(slot(&self.hosts, name).await)
    }

    /// Drops a line that was lost, so that the next use opens a new one; one that somebody has opened since stays.
    pub async fn forget_host(&self, name: &str, lost: &Line) {
        {
            let mut hosts = self.hosts.lock().await;
            if hosts.get(name).is_some_and(|cell| Arc::ptr_eq(cell, &lost.0)) {
                hosts.remove(name);
            }
        }
        if let Some(transport) = lost.0.get() {
            transport.close().await;
        }
    }

    /// A Redis connection.
    pub async fn redis(&self, target: &ServiceTarget, cancel: &Cancel) -> Result<Arc<Redis>, ConnectionError> {
        let cell = slot(&self.redis, &key(target)).await;
        let open = async || Redis::open(&self.through(target, cancel).await?, cancel).await.map(Arc::new);
        cell.get_or_try_init(open).await.cloned()
    }

    /// A RabbitMQ connection.
    pub async fn amqp(&self, target: &ServiceTarget, cancel: &Cancel) -> Result<Arc<Amqp>, ConnectionError> {
        let cell = slot(&self.amqp, &key(target)).await;
        let open = async || Amqp::open(&self.through(target, cancel).await?, cancel).await.map(Arc::new);
        cell.get_or_try_init(open).await.cloned()
    }

    /// A database.
    pub async fn sql(&self, target: &ServiceTarget, cancel: &Cancel) -> Result<Arc<Database>, ConnectionError> {
        let cell = slot(&self.sql, &key(target)).await;
        let open = async || Database::open(&self.through(target, cancel).await?, cancel).await.map(Arc::new);
        cell.get_or_try_init(open).await.cloned()
    }

    /// The HTTP client.
    pub async fn http(&self) -> Result<&Http, ConnectionError> {
        self.http.get_or_try_init(async || Http::new()).await
    }

    /// The target with its tunnels open, where it has any.
    async fn through(&self, target: &ServiceTarget, cancel: &Cancel) -> Result<ServiceTarget, ConnectionError> {
        let mut target = target.clone();
        let Some(via) = target.via.clone() else { return Ok(target) };
        let host = self.host(&via, cancel).await?;
        let tunnel = async |(name, port): (String, u16)| host.forward(&name, port, cancel).await;
        target.tunnel = tunnel(target.endpoint()?).await?;
        if let Some(endpoint) = target.management_endpoint()? {
            target.management_tunnel = tunnel(endpoint).await?;
        }
        if target.tunnel.is_some() {
            target.address = format!("{} through {}", target.address, via.name);
        }
        Ok(target)
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

/// A connection is the same where name, URL and way are: they may differ per host.
fn key(target: &ServiceTarget) -> String {
    let via = target.via.as_ref().map_or("", |host| &host.name);
    format!("{} {} {via}", target.name, target.url.reveal())
}

async fn slot<T: ?Sized>(slots: &Slots<T>, key: &str) -> Arc<OnceCell<Arc<T>>> {
    Arc::clone(slots.lock().await.entry(key.to_owned()).or_default())
}

async fn drain<T: ?Sized>(slots: &Slots<T>) -> Vec<Arc<T>> {
    slots.lock().await.drain().filter_map(|(_, cell)| cell.get().cloned()).collect()
}
