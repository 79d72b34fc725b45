//! What a driver's error means: the stage, whether the request had been sent, and what the broker refused.

use lapin::{Error, ErrorKind};

use super::dial::Dialled;
use super::{ANSWER, Amqp};
use crate::cancel::Reason;
use crate::connection::{ConnectionError, Stage};

/// The broker's answer where it is an error, or no answer at all.
pub(super) enum Refusal {
    /// An AMQP reply code (404 not found, 405 locked, 406 precondition failed, 403 refused) with its text.
    Answered(u16, String),
    /// Anything else.
    Broken(ConnectionError),
}

impl Refusal {
    /// As an error for people.
    pub(super) fn into_connection_error(self) -> ConnectionError {
        match self {
            Self::Answered(code, text) => answered(code, &text),
            Self::Broken(error) => error,
        }
    }
}

/// An error while the connection was made.
pub(super) fn of_open(dialled: &Dialled, error: &Error) -> ConnectionError {
    let (address, vhost) = (&dialled.address, &dialled.vhost);
    match error.kind() {
        ErrorKind::ProtocolError(said) => match (said.get_id(), said.get_message().as_str()) {
            (403, text) => {
                let text = format!("RabbitMQ at {address} refused the login: {}", plain(text));
                ConnectionError::new(Stage::Authenticate, text).hint(
                    "check user and password in the connection's URL; `guest` may log in from the broker's own machine only",
                )
            }
            (530, text) if text.contains("not found") => {
                ConnectionError::new(Stage::Open, format!("RabbitMQ at {address} has no virtual host `{vhost}`")).hint(
                    "the virtual host is the last part of the URL (`%2f` is `/`); `rabbitmqctl add_vhost` makes one",
                )
            }
            (530, _) => {
                let text = format!("RabbitMQ at {address} refused this user the virtual host `{vhost}`");
                ConnectionError::new(Stage::Open, text).hint("`rabbitmqctl set_permissions -p VHOST USER` gives access")
            }
            (_, text) => {
                let text = format!("RabbitMQ at {address} refused to open virtual host `{vhost}`: {}", plain(text));
                ConnectionError::new(Stage::Open, text)
            }
        },
        ErrorKind::IOError(io) => of_socket(address, io),
        ErrorKind::MissingHeartbeatError => ConnectionError::new(
            Stage::Lost,
            format!("RabbitMQ at {address} fell silent while the connection was made"),
        ),
        _ => ConnectionError::new(Stage::Connect, format!("what listens at {address} does not speak AMQP 0-9-1"))
            .hint("check host and port in the connection's URL"),
    }
}

fn of_socket(address: &str, io: &std::io::Error) -> ConnectionError {
    let tls = io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let connect = |text: String| ConnectionError::new(Stage::Connect, text);
    match (tls, io.kind()) {
        (Some(rustls::Error::InvalidCertificate(why)), _) => {
            let text = format!("the certificate of RabbitMQ at {address} does not verify: {why}");
            ConnectionError::new(Stage::Verify, text)
        }
        (Some(why), _) => {
            connect(format!("no TLS with {address}: {why}")).hint("amqps:// speaks TLS, amqp:// clear text")
        }
        (None, std::io::ErrorKind::ConnectionRefused) => {
            connect(format!("cannot connect to RabbitMQ at {address}: connection refused"))
                .hint("is the broker running, and the port right?")
        }
        (None, std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::ConnectionReset) => {
            connect(format!("what listens at {address} hung up before it answered as RabbitMQ does"))
                .hint("check host and port in the connection's URL")
        }
        (None, _) => connect(format!("cannot connect to RabbitMQ at {address}: {io}")),
    }
}

/// An error of a request on an open connection.
pub(super) fn of_request(amqp: &Amqp, error: &Error) -> Refusal {
    let address = amqp.address();
    match error.kind() {
        // A hard error ends the connection; codes of the connection (320: the broker shuts down) are a loss.
        ErrorKind::ProtocolError(said) if said.get_id() != 320 => {
            Refusal::Answered(said.get_id(), plain(said.get_message().as_str()).to_owned())
        }
        ErrorKind::ChannelsLimitReached => {
            let text = format!("RabbitMQ at {address} allows no more channels on this connection");
            Refusal::Broken(ConnectionError::new(Stage::Open, text))
        }
        _ => {
            let text = format!("the connection to RabbitMQ at {address} was lost before the answer came");
            Refusal::Broken(ConnectionError::new(Stage::Lost, text))
        }
    }
}

/// No answer in time.
pub(super) fn silent(amqp: &Amqp) -> ConnectionError {
    let text = format!("RabbitMQ at {} gave no answer within {} s", amqp.address(), ANSWER.as_secs());
    ConnectionError::new(Stage::TimedOut, text)
}

/// The wait was cut short.
pub(super) fn interrupted(address: &str, reason: Reason) -> ConnectionError {
    let why = match reason {
        Reason::TimedOut(limit) => format!("the time of {} ran out", crate::text::human_duration(limit)),
        Reason::Interrupted(_) | Reason::Abandoned => "it was interrupted".to_owned(),
    };
    ConnectionError::new(Stage::TimedOut, format!("{why} while RabbitMQ at {address} was awaited"))
}

/// An answer that is an error.
pub(super) fn answered(code: u16, text: &str) -> ConnectionError {
    let error = ConnectionError::new(Stage::Answered, format!("RabbitMQ answered: {text}"));
    match code {
        403 => error.hint("`rabbitmqctl set_permissions -p VHOST USER CONFIGURE WRITE READ` gives access"),
        404 => error.hint("a `bind` step before this one makes it"),
        405 => error.hint("the queue is exclusive to another connection"),
        _ => error,
    }
}

/// The broker's sentence without its code word (`NOT_FOUND - no exchange ...`).
fn plain(text: &str) -> &str {
    match text.split_once(" - ") {
        Some((word, rest)) if word.chars().all(|c| c.is_ascii_uppercase() || c == '_') => rest,
        _ => text,
    }
}
