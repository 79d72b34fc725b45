//! Making a Redis connection from a URL, stage by stage.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::AsyncDNSResolver;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisFuture,
    RedisResult,
};

use super::error;
use super::inbox::Inbox;
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, ServiceTarget, Stage, Tunnel};

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A peer that answers no probe for this long is lost.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Where to connect and as whom.
pub(super) struct Dialled {
    info: ConnectionInfo,
    /// The peer, for people.
    pub(super) address: String,
    tunnel: Option<Tunnel>,
}

impl Dialled {
    /// Reads the URL; nothing is connected yet.
    pub(super) fn new(target: &ServiceTarget) -> Result<Self, ConnectionError> {
        let address = target.address.clone();
        let bad = |text: String| ConnectionError::new(Stage::Connect, text);
        let info = target.url.reveal().into_connection_info().map_err(|error| {
            let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
            bad(format!("the URL of connection `{}` is no Redis URL{detail}", target.name))
                .hint("redis://USER:PASSWORD@HOST:PORT/DB, rediss:// for TLS, redis+unix:///PATH for a socket")
        })?;
        if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
            let text = format!("connection `{}` asks not to verify the certificate of {address}", target.name);
            return Err(bad(text).hint("leave `#insecure` out"));
        }
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 3).with_retries(3);
        let tcp =
            info.tcp_settings().clone().set_nodelay(true).set_keepalive(keepalive).set_user_timeout(KEEPALIVE * 2);
        Ok(Self { info: info.set_tcp_settings(tcp), address, tunnel: target.tunnel.clone() })
    }

    /// Connects, authenticates and selects the database. Servers before Redis 6 are spoken to in RESP2.
    pub(super) async fn connect(&self, cancel: &Cancel) -> Result<MultiplexedConnection, ConnectionError> {
        self.bounded(self.stages(None), cancel).await
    }

    /// The same for a connection whose messages go to an inbox: in RESP3, which tells them apart from answers.
    pub(super) async fn listen(
        &self,
        inbox: &Arc<Inbox>,
        cancel: &Cancel,
    ) -> Result<MultiplexedConnection, ConnectionError> {
        self.bounded(self.stages(Some(inbox)), cancel).await
    }

    async fn bounded(
        &self,
        stages: impl Future<Output = Result<MultiplexedConnection, ConnectionError>>,
        cancel: &Cancel,
    ) -> Result<MultiplexedConnection, ConnectionError> {
        let work = tokio::time::timeout(CONNECT, stages);
        match cancel.bound(work).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => {
                let text = format!("Redis at {} did not answer within {} s", self.address, CONNECT.as_secs());
                Err(ConnectionError::new(Stage::TimedOut, text))
            }
            Err(reason) => Err(error::interrupted(&self.address, reason)),
        }
    }

    async fn stages(&self, inbox: Option<&Arc<Inbox>>) -> Result<MultiplexedConnection, ConnectionError> {
        let door = match &self.tunnel {
            Some(tunnel) => Some(tunnel.door().await.map_err(|error| {
                ConnectionError::new(Stage::Connect, format!("no way to Redis at {}: {error}", self.address))
            })?),
            None => None,
        };
        let addresses = match &door {
            Some(door) => vec![door.address],
            None => self.resolve().await?,
        };
        match self.attempt(ProtocolVersion::RESP3, &addresses, inbox).await {
            Err(error) if error.kind() == redis::ErrorKind::RESP3NotSupported && inbox.is_some() => {
                let text = format!("Redis at {} is too old to subscribe to (RESP3 is missing)", self.address);
                return Err(ConnectionError::new(Stage::Open, text).hint("Redis 6 and later have it"));
            }
            Err(error) if error.kind() == redis::ErrorKind::RESP3NotSupported => {
                self.attempt(ProtocolVersion::RESP2, &addresses, None).await
            }
            other => other,
        }
        .map_err(|error| error::of_open(&self.address, &error))
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, ConnectionError> {
        let (ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. }) = self.info.addr() else {
            return Ok(Vec::new());
        };
        let unknown = |why: String| {
            ConnectionError::new(Stage::Resolve, format!("the name `{host}` has no address{why}"))
                .hint("check the host in the connection's URL")
        };
        let found = tokio::net::lookup_host((host.as_str(), *port)).await;
        let addresses: Vec<_> = found.map_err(|error| unknown(format!(" ({error})")))?.collect();
        if addresses.is_empty() { Err(unknown(String::new())) } else { Ok(addresses) }
    }

    async fn attempt(
        &self,
        version: ProtocolVersion,
        at: &[SocketAddr],
        inbox: Option<&Arc<Inbox>>,
    ) -> RedisResult<MultiplexedConnection> {
        let redis = self.info.redis_settings().clone().set_protocol(version).set_lib_name("runbook", crate_version());
        let client = Client::open(self.info.clone().set_redis_settings(redis))?;
        let mut config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        if let Some(inbox) = inbox {
            let inbox = Arc::clone(inbox);
            config = config.set_push_sender(move |info| {
                inbox.put(info);
                Ok::<(), redis::aio::SendError>(())
            });
        }
        if !at.is_empty() {
            config = config.set_dns_resolver(Resolved(at.to_vec()));
        }
        client.get_multiplexed_async_connection_with_config(&config).await
    }
}

fn crate_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Hands the driver the addresses that were found, so that a name without one is told apart from a refused connection.
struct Resolved(Vec<SocketAddr>);

impl AsyncDNSResolver for Resolved {
    fn resolve<'a, 'b: 'a>(
        &'a self,
        _host: &'b str,
        _port: u16,
    ) -> RedisFuture<'a, Box<dyn Iterator<Item = SocketAddr> + Send + 'a>> {
        Box::pin(async { Ok(Box::new(self.0.iter().copied()) as Box<dyn Iterator<Item = SocketAddr> + Send>) })
    }
}
