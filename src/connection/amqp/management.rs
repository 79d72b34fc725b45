//! RabbitMQ's management API, for what AMQP cannot tell: the flags of what is there, and bindings. Only reads.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use super::{Binding, Destination, error};
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, ServiceTarget, Stage, Tunnel};
use crate::secret::Secret;

/// How long one request may take, with connecting.
const ANSWER: Duration = Duration::from_secs(30);

/// The longest answer that is read.
const LONGEST: usize = 64 << 20;

/// The API of one broker.
pub(super) struct Management {
    host: String,
    port: u16,
    tls: bool,
    /// Before `/api`.
    prefix: String,
    authorization: Secret,
    tunnel: Option<Tunnel>,
}

impl Management {
    /// Reads the URL; user and password are the connection's where it has none.
    pub(super) fn new(url: &Secret, target: &ServiceTarget) -> Result<Self, ConnectionError> {
        let bad = || {
            let text = format!("`management` of connection `{}` is no http or https URL", target.name);
            ConnectionError::new(Stage::Connect, text).hint("http://HOST:15672")
        };
        let url = Url::parse(url.reveal()).map_err(|_| bad())?;
        let (Some(host), true) = (url.host_str(), matches!(url.scheme(), "http" | "https")) else { return Err(bad()) };
        let amqp = Url::parse(target.url.reveal()).map_err(|_| bad())?;
        let from = if url.username().is_empty() { &amqp } else { &url };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, password) = match from.username() {
            "" => ("guest".to_owned(), "guest".to_owned()),
            user => (decoded(user), decoded(from.password().unwrap_or(""))),
        };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().unwrap_or(15672),
            tls: url.scheme() == "https",
            prefix: url.path().trim_end_matches('/').trim_end_matches("/api").to_owned(),
            authorization: Secret::new(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))),
            tunnel: target.management_tunnel.clone(),
        })
    }

    /// The flags and arguments of an exchange, in one map.
    pub(super) async fn exchange(
        &self,
        vhost: &str,
        name: &str,
        cancel: &Cancel,
    ) -> Result<Option<Map<String, Value>>, ConnectionError> {
        let there = self.get(&["exchanges", vhost, name], cancel).await?;
        Ok(there.map(|there| flags(&there, &["type", "durable", "auto_delete", "internal"])))
    }

    /// The flags and arguments of a queue, in one map.
    pub(super) async fn queue(
        &self,
        vhost: &str,
        name: &str,
        cancel: &Cancel,
    ) -> Result<Option<Map<String, Value>>, ConnectionError> {
        let there = self.get(&["queues", vhost, name], cancel).await?;
        Ok(there.map(|there| flags(&there, &["durable", "exclusive", "auto_delete"])))
    }

    /// The bindings that come from an exchange.
    pub(super) async fn bindings_from(
        &self,
        vhost: &str,
        exchange: &str,
        cancel: &Cancel,
    ) -> Result<Vec<Binding>, ConnectionError> {
        self.list(&["exchanges", vhost, exchange, "bindings", "source"], cancel).await
    }

    /// The bindings that lead from or into an object, without the default exchange's.
    pub(super) async fn bindings_of(
        &self,
        vhost: &str,
        object: &Destination,
        cancel: &Cancel,
    ) -> Result<Vec<Binding>, ConnectionError> {
        match object {
            Destination::Queue(name) => self.list(&["queues", vhost, name, "bindings"], cancel).await,
            Destination::Exchange(name) => {
                let mut all = self.bindings_from(vhost, name, cancel).await?;
                all.extend(self.list(&["exchanges", vhost, name, "bindings", "destination"], cancel).await?);
                Ok(all)
            }
        }
    }

    async fn list(&self, path: &[&str], cancel: &Cancel) -> Result<Vec<Binding>, ConnectionError> {
        let there = self.get(path, cancel).await?.unwrap_or_default();
        let all = there.as_array().into_iter().flatten().map(binding);
        Ok(all.filter(|binding| !binding.exchange.is_empty()).collect())
    }

    /// A resource as JSON; none where there is no such resource.
    async fn get(&self, path: &[&str], cancel: &Cancel) -> Result<Option<Value>, ConnectionError> {
        let mut whole = format!("{}/api", self.prefix);
        for part in path {
            whole.push('/');
            whole.extend(utf8_percent_encode(part, NON_ALPHANUMERIC));
        }
        match cancel.bound(tokio::time::timeout(ANSWER, self.request(&whole))).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => {
                let text = format!("{} gave no answer within {} s", self.words(), ANSWER.as_secs());
                Err(ConnectionError::new(Stage::TimedOut, text))
            }
            Err(reason) => Err(error::interrupted(&format!("{}:{}", self.host, self.port), reason)),
        }
    }

    async fn request(&self, path: &str) -> Result<Option<Value>, ConnectionError> {
        if let Some(tunnel) = &self.tunnel {
            let stream = tokio::net::UnixStream::connect(tunnel.socket())
                .await
                .map_err(|why| ConnectionError::new(Stage::Connect, format!("no way to {}: {why}", self.words())))?;
            return self.ask(stream, path).await;
        }
        let address = (self.host.as_str(), self.port);
        let addresses: Vec<_> = tokio::net::lookup_host(address)
            .await
            .map_err(|why| {
                ConnectionError::new(Stage::Resolve, format!("the name `{}` has no address ({why})", self.host))
            })?
            .collect();
        let stream = tokio::net::TcpStream::connect(&addresses[..]).await.map_err(|why| {
            ConnectionError::new(Stage::Connect, format!("cannot connect to {}: {why}", self.words()))
                .hint("is the plug-in rabbitmq_management enabled, and the port of `management` right?")
        })?;
        self.ask(stream, path).await
    }

    /// Asks over a stream to the server.
    async fn ask<S>(&self, stream: S, path: &str) -> Result<Option<Value>, ConnectionError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let answer = if self.tls {
            self.exchange_http(super::dial::verified(stream, &self.host).await?, path).await
        } else {
            self.exchange_http(stream, path).await
        };
        let (status, body) = answer
            .map_err(|why| ConnectionError::new(Stage::Lost, format!("{} gave no answer: {why}", self.words())))?;
        match status {
            200 => serde_json::from_slice(&body).map(Some).map_err(|_| {
                ConnectionError::new(Stage::Connect, format!("what answers as {} does not speak JSON", self.words()))
            }),
            404 => Ok(None),
            401 | 403 => {
                let text = format!("{} refused the login (HTTP {status})", self.words());
                Err(ConnectionError::new(Stage::Authenticate, text)
                    .hint("the user needs the tag `management` or `monitoring`"))
            }
            _ => Err(ConnectionError::new(Stage::Answered, format!("{} answered HTTP {status}", self.words()))),
        }
    }

    async fn exchange_http<S>(
        &self,
        stream: S,
        path: &str,
    ) -> Result<(u16, Bytes), Box<dyn std::error::Error + Send + Sync>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let request = hyper::Request::get(path)
            .header("host", format!("{}:{}", self.host, self.port))
            .header("authorization", self.authorization.reveal())
            .header("accept", "application/json")
            .body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LONGEST).collect().await?.to_bytes();
        driver.abort();
        Ok((status, body))
    }

    fn words(&self) -> String {
        format!("the management API at {}:{}", self.host, self.port)
    }
}

fn flags(there: &Value, names: &[&str]) -> Map<String, Value> {
    let mut out: Map<String, Value> =
        names.iter().filter_map(|name| Some(((*name).to_owned(), there.get(*name)?.clone()))).collect();
    out.extend(arguments(there));
    out
}

fn arguments(there: &Value) -> Map<String, Value> {
    there.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn binding(there: &Value) -> Binding {
    let text = |key: &str| there.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let destination = match text("destination_type").as_str() {
        "exchange" => Destination::Exchange(text("destination")),
        _ => Destination::Queue(text("destination")),
    };
    Binding { exchange: text("source"), destination, routing_key: text("routing_key"), arguments: arguments(there) }
}
