//! HTTP: requests and answers, with redirects that give nothing away.
//!
//! In: a request. Out: the answer's head, and its body piece by piece; or an error by stage. Redirects are followed for
//! GET and HEAD, ten at most, never from https to http, and what was meant for one origin is not told to another. Clear
//! text is `http:` as written; `https:` is verified.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, Response, StatusCode, redirect};
use url::Url;

use super::{ConnectionError, Stage, Tunnel, tls};
use crate::cancel::{Cancel, Reason};
use crate::secret::Secret;

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A peer that answers no probe for this long is lost.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// So many redirects are followed (the Fetch standard allows twenty, curl fifty).
const REDIRECTS: usize = 10;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// Where to.
    pub url: Url,
    /// Headers in order; values may hold secrets.
    pub headers: Vec<(String, Secret)>,
    /// User and password (RFC 7617).
    pub login: Option<(String, Secret)>,
    /// The body.
    pub body: Option<Bytes>,
}

/// An answer whose body is still to come.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers by their names in small letters, in order.
    pub headers: Vec<(String, String)>,
    response: Response,
    to: Destination,
}

/// The peer of a request, for errors.
#[derive(Clone)]
struct Destination {
    peer: String,
    /// The request may have had effects.
    acts: bool,
}

/// A client, shared by a run; it keeps connections for a while.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A client.
    pub fn new() -> Result<Self, ConnectionError> {
        Self::build(None)
    }

    /// A client that reaches everything through a tunnel.
    pub(super) fn through(tunnel: &Tunnel) -> Result<Self, ConnectionError> {
        Self::build(Some(tunnel))
    }

    fn build(tunnel: Option<&Tunnel>) -> Result<Self, ConnectionError> {
        let wrong = |why: String| ConnectionError::new(Stage::Connect, format!("HTTP cannot be spoken: {why}"));
        let config = tls::client().map_err(|error| wrong(error.to_string()))?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .tcp_keepalive(KEEPALIVE)
            .user_agent(concat!("runbook/", env!("CARGO_PKG_VERSION")));
        if let Some(tunnel) = tunnel {
            builder = builder.unix_socket(tunnel.socket()).no_proxy();
        }
        Ok(Self { client: builder.build().map_err(|error| wrong(innermost(&error)))? })
    }

    /// Sends a request and waits for the head of its answer.
    pub async fn send(&self, mut request: Request, cancel: &Cancel) -> Result<Answer, ConnectionError> {
        for _ in 0..=REDIRECTS {
            let answer = self.once(&request, cancel).await?;
            match redirected(&request, &answer)? {
                Some(next) => request = next,
                None => return Ok(answer),
            }
        }
        let peer = peer(&request.url);
        Err(ConnectionError::new(Stage::Answered, format!("{peer} redirects more than {REDIRECTS} times")))
    }

    async fn once(&self, request: &Request, cancel: &Cancel) -> Result<Answer, ConnectionError> {
        let to = Destination { peer: peer(&request.url), acts: !is_safe(&request.method) };
        let made = self.made(request).map_err(|why| ConnectionError::new(Stage::Send, why))?;
        let response = match cancel.bound(self.client.execute(made)).await {
            Ok(done) => done.map_err(|error| to.explain(&error))?,
            Err(reason) => return Err(to.stopped(reason)),
        };
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Ok(Answer { status: response.status().as_u16(), headers, response, to })
    }

    fn made(&self, request: &Request) -> Result<reqwest::Request, String> {
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| "this is no HTTP method".to_owned())?;
        let mut builder = self.client.request(method, request.url.clone()).headers(headers(request)?);
        if let Some((user, password)) = &request.login {
            builder = builder.basic_auth(user, Some(password.reveal()));
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        builder.build().map_err(|error| innermost(&error))
    }
}

/// Whether a method only reads (RFC 9110, 9.2.1).
pub fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// The headers as they go out, or which one cannot.
fn headers(request: &Request) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in &request.headers {
        let Ok(key) = HeaderName::from_bytes(name.as_bytes()) else {
            return Err(format!("`{name}` is no name of a header"));
        };
        let Ok(mut value) = HeaderValue::from_str(value.reveal()) else {
            return Err(format!("the header `{name}` may hold no line break and no control character"));
        };
        value.set_sensitive(true);
        map.append(key, value);
    }
    Ok(map)
}

/// The request that a redirect asks for.
fn redirected(request: &Request, answer: &Answer) -> Result<Option<Request>, ConnectionError> {
    let follows = matches!(answer.status, 301 | 302 | 303 | 307 | 308) && matches!(&*request.method, "GET" | "HEAD");
    let location = answer.response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let Some(location) = location.filter(|_| follows) else { return Ok(None) };
    let refuse = |why: &str| {
        let text = format!("{} redirects {why}", answer.to.peer);
        Err(ConnectionError::new(Stage::Answered, text))
    };
    let Ok(url) = request.url.join(location) else { return refuse("to what is no URL") };
    match (request.url.scheme(), url.scheme()) {
        ("https", "http") => return refuse("from https to http, which is not followed"),
        (_, "http" | "https") => {}
        _ => return refuse("to something that is not HTTP"),
    }
    let same = request.url.origin() == url.origin();
    let headers = if same { request.headers.clone() } else { Vec::new() };
    let login = request.login.clone().filter(|_| same);
    Ok(Some(Request { url, headers, login, ..request.clone() }))
}

impl Answer {
    /// The next piece of the body; none at its end.
    pub async fn chunk(&mut self, cancel: &Cancel) -> Result<Option<Bytes>, ConnectionError> {
        match cancel.bound(self.response.chunk()).await {
            // The answer has come: what the request did is known, whatever becomes of the rest.
            Ok(done) => done.map_err(|error| ConnectionError { sent: false, ..self.to.explain(&error) }),
            Err(reason) => Err(ConnectionError { sent: false, ..self.to.stopped(reason) }),
        }
    }

    /// How long the body will be, where that is told.
    pub fn length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The status with its usual words.
    pub fn words(&self) -> String {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        reason.map_or_else(|| self.status.to_string(), |reason| format!("{} {reason}", self.status))
    }

    /// Who answered.
    pub fn peer(&self) -> &str {
        &self.to.peer
    }
}

impl Destination {
    fn explain(&self, error: &reqwest::Error) -> ConnectionError {
        let peer = &self.peer;
        let why = innermost(error);
        let found = |stage, text: String| ConnectionError::new(stage, text);
        if let Some(rustls::Error::InvalidCertificate(why)) = cause::<rustls::Error>(error) {
            return found(Stage::Verify, format!("the certificate of {peer} does not verify: {why}"))
                .hint("SSL_CERT_FILE names further authorities");
        }
        if cause::<rustls::Error>(error).is_some() {
            return found(Stage::Connect, format!("no TLS with {peer}: {why}"))
                .hint("https: speaks TLS, http: clear text");
        }
        if error.is_connect() {
            return match (error.is_timeout(), in_words(error).contains("dns error")) {
                (true, _) => found(Stage::TimedOut, format!("{peer} did not answer within {} s", CONNECT.as_secs())),
                (_, true) => found(Stage::Resolve, format!("{peer}: the name has no address ({why})"))
                    .hint("check the host in the URL"),
                _ => found(Stage::Connect, format!("cannot connect to {peer}: {}", why.to_lowercase())),
            };
        }
        if why.starts_with("invalid HTTP") {
            let error = found(Stage::Connect, format!("what answers at {peer} does not speak HTTP: {why}"));
            return if self.acts { error.after_send() } else { error };
        }
        let error = found(Stage::Lost, format!("the connection to {peer} was lost before the answer was whole: {why}"));
        if self.acts { error.after_send() } else { error }
    }

    fn stopped(&self, reason: Reason) -> ConnectionError {
        let why = match reason {
            Reason::TimedOut(limit) => format!("the time of {} ran out", crate::text::human_duration(limit)),
            Reason::Interrupted(_) | Reason::Abandoned => "it was interrupted".to_owned(),
        };
        let error = ConnectionError::new(Stage::TimedOut, format!("{why} while {} was awaited", self.peer));
        if self.acts { error.after_send() } else { error }
    }
}

/// `host:port`, for people.
fn peer(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn innermost(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

fn in_words(error: &dyn Error) -> String {
    let rest = error.source().map(in_words).unwrap_or_default();
    format!("{error} {rest}")
}

/// A cause of this type, also inside an I/O error.
fn cause<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    // An I/O error gives out what its cause was caused by, and keeps the cause itself.
    let wrapped = || cause(error.downcast_ref::<std::io::Error>()?.get_ref()?);
    error.downcast_ref::<E>().or_else(wrapped).or_else(|| error.source().and_then(cause))
}
