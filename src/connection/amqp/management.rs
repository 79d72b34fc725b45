//! RabbitMQ's management API, for what AMQP cannot tell: the flags of what is there, and bindings. Only reads.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};
use url::Url;

use super::{Binding, Destination, error};
use crate::cancel::Cancel;
use crate::connection::http::{Answer, Http, Request};
use crate::connection::{ConnectionError, ServiceTarget, Stage};
use crate::secret::Secret;

/// How long one request may take, with connecting.
const ANSWER: Duration = Duration::from_secs(30);

/// The longest answer that is read.
const LONGEST: usize = 64 << 20;

/// The API of one broker.
pub(super) struct Management {
    http: Http,
    /// Before `/api`.
    url: Url,
    login: (String, Secret),
}

impl Management {
    /// Reads the URL; user and password are the connection's where it has none.
    pub(super) fn new(url: &Secret, target: &ServiceTarget) -> Result<Self, ConnectionError> {
        let bad = || {
            let text = format!("`management` of connection `{}` is no http or https URL", target.name);
            ConnectionError::new(Stage::Connect, text).hint("http://HOST:15672")
        };
        let url = Url::parse(url.reveal()).map_err(|_| bad())?;
        if url.host_str().is_none() || !matches!(url.scheme(), "http" | "https") {
            return Err(bad());
        }
        let amqp = Url::parse(target.url.reveal()).map_err(|_| bad())?;
        let from = if url.username().is_empty() { &amqp } else { &url };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let login = match from.username() {
            "" => ("guest".to_owned(), Secret::new("guest")),
            user => (decoded(user), Secret::new(decoded(from.password().unwrap_or("")))),
        };
        let http = target.management_tunnel.as_ref().map_or_else(Http::new, Http::through)?;
        // User and password go by `login`; the URL is shown.
        let mut plain = url.clone();
        let _ = (plain.set_username(""), plain.set_password(None));
        Ok(Self { http, url: plain, login })
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
        let mut whole = format!("{}/api", self.url.path().trim_end_matches('/').trim_end_matches("/api"));
        for part in path {
            whole.push('/');
            whole.extend(utf8_percent_encode(part, NON_ALPHANUMERIC));
        }
        match cancel.bound(tokio::time::timeout(ANSWER, self.request(&whole, cancel))).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => {
                let text = format!("{} gave no answer within {} s", self.words(), ANSWER.as_secs());
                Err(ConnectionError::new(Stage::TimedOut, text))
            }
            Err(reason) => Err(error::interrupted(&self.address(), reason)),
        }
    }

    async fn request(&self, path: &str, cancel: &Cancel) -> Result<Option<Value>, ConnectionError> {
        let url = self.url.join(path).map_err(|_| ConnectionError::new(Stage::Connect, "no URL"))?;
        let headers = vec![("accept".to_owned(), Secret::new("application/json"))];
        let (method, login) = ("GET".to_owned(), Some(self.login.clone()));
        let request = Request { method, url, headers, login, body: None };
        let mut answer = self.http.send(request, cancel).await.map_err(|error| self.hinted(error))?;
        match answer.status {
            200 => self.json(&mut answer, cancel).await.map(Some),
            404 => Ok(None),
            401 | 403 => {
                let text = format!("{} refused the login (HTTP {})", self.words(), answer.status);
                Err(ConnectionError::new(Stage::Authenticate, text)
                    .hint("the user needs the tag `management` or `monitoring`"))
            }
            status => Err(ConnectionError::new(Stage::Answered, format!("{} answered HTTP {status}", self.words()))),
        }
    }

    async fn json(&self, answer: &mut Answer, cancel: &Cancel) -> Result<Value, ConnectionError> {
        let no = |what: &str| ConnectionError::new(Stage::Connect, format!("what answers as {} {what}", self.words()));
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk(cancel).await? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST {
                return Err(no("does not come to an end"));
            }
        }
        serde_json::from_slice(&body).map_err(|_| no("does not speak JSON"))
    }

    fn hinted(&self, error: ConnectionError) -> ConnectionError {
        let error = ConnectionError { message: format!("{}: {}", self.words(), error.message), ..error };
        match error.stage {
            Stage::Connect => {
                error.hint("is the plug-in rabbitmq_management enabled, and the port of `management` right?")
            }
            _ => error,
        }
    }

    fn address(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or(15672);
        format!("{}:{port}", self.url.host_str().unwrap_or("localhost"))
    }

    fn words(&self) -> String {
        format!("the management API at {}", self.address())
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
