//! What a driver's error means: the stage, and whether the request had been sent.

use std::sync::Arc;

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::cancel::Reason;
use crate::connection::{ConnectionError, Stage};

/// An error while the connection was made.
pub(super) fn of_open(address: &str, error: &RedisError) -> ConnectionError {
    let code = error.code().unwrap_or("");
    let said = words(error);
    let denied = error.kind() == ErrorKind::AuthenticationFailed
        || matches!(code, "WRONGPASS" | "NOAUTH" | "NOPERM")
        || said.contains("WRONGPASS")
        || said.contains("NOAUTH");
    if denied {
        let text = format!("Redis at {address} refused the login: {said}");
        let hint = "check user and password in the connection's URL (redis://USER:PASSWORD@HOST)";
        return ConnectionError::new(Stage::Authenticate, text).hint(hint);
    }
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::BusyLoading) => {
            ConnectionError::new(Stage::Connect, format!("Redis at {address} is still loading its data"))
        }
        ErrorKind::Server(_) | ErrorKind::Extension => {
            let text = format!("Redis at {address} refused what the URL opens: {said}");
            ConnectionError::new(Stage::Open, text).hint("check the database number at the end of the URL")
        }
        ErrorKind::Io => of_socket(address, error),
        _ => {
            let text = format!("what listens at {address} does not speak Redis");
            ConnectionError::new(Stage::Connect, text).hint("check host and port in the connection's URL")
        }
    }
}

/// An error of a request on an open connection.
pub(super) fn of_request(address: &str, error: &RedisError) -> ConnectionError {
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::UnexpectedReturnType => {
            answered(address, &words(error))
        }
        _ => {
            let text = format!("the connection to Redis at {address} was lost before the answer came");
            ConnectionError::new(Stage::Lost, text).after_send()
        }
    }
}

/// An answer that is an error.
pub(super) fn answered(address: &str, said: &str) -> ConnectionError {
    let error = ConnectionError::new(Stage::Answered, format!("Redis at {address} answered: {said}"));
    match said.split_whitespace().next() {
        Some("NOPERM") => error.hint("the user of the connection needs an ACL for this"),
        Some("READONLY") => error.hint("this is a replica: connect to its primary"),
        Some("OOM") => error.hint("the server is at its memory limit"),
        _ => error,
    }
}

/// The wait was cut short.
pub(super) fn interrupted(address: &str, reason: Reason) -> ConnectionError {
    let why = match reason {
        Reason::TimedOut(limit) => format!("the time of {} ran out", crate::text::human_duration(limit)),
        Reason::Interrupted(_) | Reason::Abandoned => "it was interrupted".to_owned(),
    };
    ConnectionError::new(Stage::TimedOut, format!("{why} while Redis at {address} was awaited"))
}

fn of_socket(address: &str, error: &RedisError) -> ConnectionError {
    // The driver hands its I/O error out behind an `Arc`.
    let tls = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>())
        .and_then(|inner| inner.downcast_ref::<std::io::Error>())
        .and_then(std::io::Error::get_ref)
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(why)) => {
            let text = format!("the certificate of Redis at {address} does not verify: {why}");
            ConnectionError::new(Stage::Verify, text)
        }
        Some(why) => ConnectionError::new(Stage::Connect, format!("no TLS with {address}: {why}"))
            .hint("rediss:// speaks TLS, redis:// clear text"),
        None if error.is_connection_refusal() => {
            ConnectionError::new(Stage::Connect, format!("cannot connect to Redis at {address}: connection refused"))
                .hint("is the server running, and the port right?")
        }
        None if error.is_connection_dropped() => {
            let text = format!("what listens at {address} hung up before it answered as Redis does");
            ConnectionError::new(Stage::Connect, text).hint("check host and port in the connection's URL")
        }
        None => ConnectionError::new(Stage::Connect, format!("cannot connect to Redis at {address}: {}", words(error))),
    }
}

/// What the server said, with its code in front; the driver's words where it said nothing.
fn words(error: &RedisError) -> String {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) if !detail.starts_with(code) => format!("{code} {detail}"),
        (_, Some(detail)) => detail.to_owned(),
        (Some(code), None) => code.to_owned(),
        (None, None) => error.to_string(),
    }
}
