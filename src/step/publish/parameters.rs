//! The parameters of `publish`, and which of them belong to which system.

use serde_json::Value;

use super::Bodies;
use crate::connection::Kind;
use crate::connection::amqp::{Properties, Route};
use crate::step::given::Given;
use crate::step::{Field, Shape};
use crate::template::Sink;

const NAME: Shape = Shape::Text(Sink::Name);
const PAYLOAD: Shape = Shape::Any(Sink::Payload);
const PAYLOAD_TEXT: Shape = Shape::Text(Sink::Payload);

/// The keys.
pub(super) const FIELDS: &[Field] = &[
    Field::new("connection", Shape::Connection(&[Kind::Redis, Kind::Amqp]), "Where to publish.").required(),
    Field::new("channel", NAME, "Redis: the channel."),
    Field::new("min_receivers", Shape::Integer { min: 0, max: i64::MAX }, "Redis: fewer subscribers are a failure.")
        .default("0"),
    Field::new("exchange", NAME, "RabbitMQ: the exchange; left out, the default exchange."),
    Field::new("routing_key", NAME, "RabbitMQ: the routing key; with the default exchange, the queue's name."),
    Field::new("message", PAYLOAD, "A text as it is, anything else as JSON."),
    Field::new("count", Shape::Integer { min: 1, max: i64::MAX }, "How often `message` is published.").default("1"),
    Field::new("messages", Shape::List(&PAYLOAD), "Several messages, in place of `message`."),
    Field::new("file", Shape::Text(Sink::Path), "A local file with one message per line, in place of `message`."),
    Field::new("persistent", Shape::Boolean, "RabbitMQ: a durable queue keeps it over a restart.").default("true"),
    Field::new("mandatory", Shape::Boolean, "RabbitMQ: a message that reaches no queue is a failure.").default("true"),
    Field::new("headers", Shape::Map(&PAYLOAD), "RabbitMQ: headers, with their types."),
    Field::new("properties", Shape::Record(PROPERTIES), "RabbitMQ: further properties."),
];

const PROPERTIES: &[Field] = &[
    Field::new("content_type", PAYLOAD_TEXT, "MIME type; application/json where the message is no text."),
    Field::new("content_encoding", PAYLOAD_TEXT, "Encoding of the body."),
    Field::new("message_id", PAYLOAD_TEXT, "Name of the message."),
    Field::new("correlation_id", PAYLOAD_TEXT, "What it answers."),
    Field::new("reply_to", PAYLOAD_TEXT, "Queue for answers."),
    Field::new("expiration", PAYLOAD_TEXT, "Milliseconds in a queue after which it is dropped, as a text."),
    Field::new("priority", Shape::Integer { min: 0, max: 255 }, "Priority in a queue that has them."),
    Field::new("type", PAYLOAD_TEXT, "Kind of message."),
    Field::new("user_id", PAYLOAD_TEXT, "User it is from; must be the connection's."),
    Field::new("app_id", PAYLOAD_TEXT, "Application it is from."),
    Field::new("timestamp", Shape::Integer { min: 0, max: i64::MAX }, "Seconds since 1970."),
];

const REDIS_KEYS: &[&str] = &["channel", "min_receivers"];
const AMQP_KEYS: &[&str] = &["exchange", "routing_key", "persistent", "mandatory", "headers", "properties"];

/// The step.
pub(super) struct Publish {
    pub(super) connection: String,
    pub(super) to: Destination,
    pub(super) bodies: Bodies,
}

/// Where messages go.
pub(super) enum Destination {
    Channel { name: String, min_receivers: u64 },
    Exchange(Box<Route>),
}

impl Publish {
    /// Reads the parameters.
    pub(super) fn new(args: &Value) -> Result<Self, String> {
        let given = Given::new(args)?;
        Ok(Self { connection: given.need("connection")?, to: Destination::new(given)?, bodies: Bodies::new(given)? })
    }
}

impl Destination {
    fn new(given: Given<'_>) -> Result<Self, String> {
        let Some(name) = given.text("channel")? else { return Ok(Self::Exchange(Box::new(route(given)?))) };
        if let Some(key) = AMQP_KEYS.iter().find(|key| given.has(key)) {
            return Err(format!("`channel` (Redis) and `{key}` (RabbitMQ) exclude each other"));
        }
        if name.is_empty() {
            return Err("`channel` is empty".to_owned());
        }
        Ok(Self::Channel { name, min_receivers: given.whole("min_receivers")?.unwrap_or(0) })
    }

    /// Where, for people.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Channel { name, .. } => format!("channel `{name}`"),
            Self::Exchange(route) => route.words(),
        }
    }

    /// Why this destination is none of a system's.
    pub(super) fn misfit(&self, kind: Kind) -> String {
        let keys = match self {
            Self::Channel { .. } => "`channel` is Redis's",
            Self::Exchange(_) => "`exchange` and `routing_key` are RabbitMQ's",
        };
        format!("{keys}, and the connection is {}", kind.word())
    }
}

/// Whether the keys belong to the system behind the connection.
pub(super) fn fits(args: &Value, kind: Kind) -> Result<(), String> {
    let given = Given::new(args)?;
    let (foreign, other, instead) = match kind {
        Kind::Redis => (AMQP_KEYS, Kind::Amqp, "`channel` says where to publish there"),
        _ => (REDIS_KEYS, Kind::Redis, "`exchange` and `routing_key` say where to publish there"),
    };
    if let Some(key) = foreign.iter().find(|key| given.has(key)) {
        return Err(format!("`{key}` is {}'s, and the connection is {}: {instead}", other.word(), kind.word()));
    }
    if kind == Kind::Redis && !given.has("channel") {
        return Err("`channel` is missing".to_owned());
    }
    Ok(())
}

fn route(given: Given<'_>) -> Result<Route, String> {
    if given.has("min_receivers") {
        return Err("`min_receivers` goes with `channel` (Redis)".to_owned());
    }
    let exchange = given.text("exchange")?.unwrap_or_default();
    let routing_key = given.text("routing_key")?.unwrap_or_default();
    if exchange.is_empty() && routing_key.is_empty() {
        return Err("where to? `channel` is missing (Redis), or `exchange` or `routing_key` (RabbitMQ)".to_owned());
    }
    for (key, name) in [("exchange", &exchange), ("routing_key", &routing_key)] {
        if name.len() > 255 {
            return Err(format!("`{key}` is {} bytes long, and RabbitMQ takes at most 255", name.len()));
        }
    }
    Ok(Route { exchange, routing_key, mandatory: given.flag("mandatory", true)?, properties: properties(given)? })
}

fn properties(given: Given<'_>) -> Result<Properties, String> {
    let empty = Value::Object(serde_json::Map::new());
    let own = Given::new(given.value("properties").unwrap_or(&empty))?;
    let out = Properties {
        persistent: given.flag("persistent", true)?,
        headers: given.map("headers")?,
        content_type: own.text("content_type")?,
        content_encoding: own.text("content_encoding")?,
        message_id: own.text("message_id")?,
        correlation_id: own.text("correlation_id")?,
        reply_to: own.text("reply_to")?,
        expiration: own.text("expiration")?,
        priority: own
            .whole("priority")?
            .map(|n| u8::try_from(n).map_err(|_| format!("`priority` is {n}, and at most 255")))
            .transpose()?,
        kind: own.text("type")?,
        user_id: own.text("user_id")?,
        app_id: own.text("app_id")?,
        timestamp: own.whole("timestamp")?,
    };
    if out.expiration.as_ref().is_some_and(|text| text.parse::<u32>().is_err()) {
        return Err("`expiration` must be milliseconds as a text of digits (\"60000\")".to_owned());
    }
    out.check()?;
    Ok(out)
}
