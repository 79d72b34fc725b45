//! Making a RabbitMQ connection from a URL, stage by stage.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::tcp::TLSConfig;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{AsyncTcpStream, Connection, ConnectionProperties, Event};
use tokio::sync::watch;

use super::error;
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, ServiceTarget, Stage, Tunnel};

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// Seconds between heartbeats unless the URL says otherwise: a peer that is silent for two of them is lost.
const HEARTBEAT: u16 = 30;

/// Where to connect and as whom.
pub(super) struct Dialled {
    uri: AMQPUri,
    /// The peer, for people.
    pub(super) address: String,
    /// The virtual host.
    pub(super) vhost: String,
    tunnel: Option<Tunnel>,
}

/// An open connection.
pub(super) struct Live {
    pub(super) connection: Connection,
    /// Why the broker blocks publishers, while it does.
    pub(super) blocked: watch::Receiver<Option<String>>,
}

impl Live {
    /// Says goodbye; a broker that does not answer is left.
    pub(super) async fn close(&self) {
        let _ = tokio::time::timeout(GOODBYE, self.connection.close(200, "the run has ended".into())).await;
    }
}

impl Dialled {
    /// Reads the URL; nothing is connected yet.
    pub(super) fn new(target: &ServiceTarget) -> Result<Self, ConnectionError> {
        let address = target.address.clone();
        let bad = |text: String| ConnectionError::new(Stage::Connect, text);
        let parsed: Result<AMQPUri, _> = target.url.reveal().parse();
        let mut uri = parsed.map_err(|_| {
            bad(format!("the URL of connection `{}` is no AMQP URL", target.name))
                .hint("amqp://USER:PASSWORD@HOST:PORT/VHOST, where the virtual host `/` is written %2f")
        })?;
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        if uri.vhost.len() > 255 {
            return Err(bad(format!("the virtual host of connection `{}` is longer than 255 bytes", target.name)));
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        let vhost = uri.vhost.clone();
        Ok(Self { uri, address, vhost, tunnel: target.tunnel.clone() })
    }

    /// Connects, authenticates and opens the virtual host.
    pub(super) async fn connect(&self, cancel: &Cancel) -> Result<Live, ConnectionError> {
        let work = tokio::time::timeout(CONNECT, self.stages());
        match cancel.bound(work).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => {
                let text = format!("RabbitMQ at {} did not answer within {} s", self.address, CONNECT.as_secs());
                Err(ConnectionError::new(Stage::TimedOut, text))
            }
            Err(reason) => Err(error::interrupted(&self.address, reason)),
        }
    }

    async fn stages(&self) -> Result<Live, ConnectionError> {
        let door = match &self.tunnel {
            Some(tunnel) => Some(tunnel.door().await.map_err(|error| {
                ConnectionError::new(Stage::Connect, format!("no way to RabbitMQ at {}: {error}", self.address))
            })?),
            None => None,
        };
        let addresses = match &door {
            Some(door) => vec![door.address],
            None => self.resolve().await?,
        };
        let stream = async move |uri: AMQPUri, runtime| {
            let plain = AsyncTcpStream::connect(&runtime, addresses.clone()).await?;
            match uri.scheme {
                AMQPScheme::AMQP => Ok(plain),
                AMQPScheme::AMQPS => Ok(plain.into_tls(&uri.authority.host, TLSConfig::default()).await?),
            }
        };
        let runtime = lapin::runtime::default_runtime().map_err(|error| error::of_open(self, &error))?;
        let properties = ConnectionProperties::default()
            .with_connection_name("runbook".into())
            .with_client_property("product".into(), "runbook".into())
            .with_client_property("version".into(), env!("CARGO_PKG_VERSION").into());
        let connection = Connection::connector(self.uri.clone(), runtime, stream, properties)
            .await
            .map_err(|error| error::of_open(self, &error))?;
        let blocked = watch_blocked(&connection);
        Ok(Live { connection, blocked })
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, ConnectionError> {
        let host = &self.uri.authority.host;
        let unknown = |why: String| {
            ConnectionError::new(Stage::Resolve, format!("the name `{host}` has no address{why}"))
                .hint("check the host in the connection's URL")
        };
        let found = tokio::net::lookup_host((host.as_str(), self.uri.authority.port)).await;
        let addresses: Vec<_> = found.map_err(|error| unknown(format!(" ({error})")))?.collect();
        if addresses.is_empty() { Err(unknown(String::new())) } else { Ok(addresses) }
    }
}

/// Follows the broker's notices that it blocks publishers, as long as the connection lives.
fn watch_blocked(connection: &Connection) -> watch::Receiver<Option<String>> {
    let (tell, blocked) = watch::channel(None);
    let mut events = connection.events_listener();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(Event::ConnectionBlocked(reason)) => { let _ = tell.send(Some(reason)); }
                    Some(Event::ConnectionUnblocked) => { let _ = tell.send(None); }
                    None => return,
                    // An error too may be that of one channel.
                    Some(_) => {}
                },
                () = tell.closed() => return,
            }
        }
    });
    blocked
}
