//! Where a message goes and what it carries beside its body.

use lapin::BasicProperties;
use lapin::types::ShortString;
use serde_json::{Map, Value};

use super::table::{short, table};

/// Where messages go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// The exchange; empty is the default exchange, whose routing keys are the queues' names.
    pub exchange: String,
    /// The routing key.
    pub routing_key: String,
    /// A message that reaches no queue is a failure.
    pub mandatory: bool,
    /// What goes with each of them.
    pub properties: Properties,
}

/// A message's properties.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties {
    /// Delivery mode 2: a durable queue keeps it over a restart.
    pub persistent: bool,
    /// Headers, with their types.
    pub headers: Map<String, Value>,
    /// MIME type of the body.
    pub content_type: Option<String>,
    /// Encoding of the body.
    pub content_encoding: Option<String>,
    /// Name of the message.
    pub message_id: Option<String>,
    /// What it answers.
    pub correlation_id: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Milliseconds in a queue after which it is dropped, as digits.
    pub expiration: Option<String>,
    /// 0 to 255.
    pub priority: Option<u8>,
    /// Kind of message, as the application names it.
    pub kind: Option<String>,
    /// The user it is from; the broker refuses any but the connection's.
    pub user_id: Option<String>,
    /// The application it is from.
    pub app_id: Option<String>,
    /// Seconds since 1970.
    pub timestamp: Option<u64>,
}

impl Route {
    /// The route as people read it.
    pub fn words(&self) -> String {
        match (self.exchange.as_str(), self.routing_key.as_str()) {
            ("", key) => format!("the default exchange with routing key `{key}`"),
            (exchange, "") => format!("exchange `{exchange}`"),
            (exchange, key) => format!("exchange `{exchange}` with routing key `{key}`"),
        }
    }

    pub(super) fn names(&self) -> Result<(ShortString, ShortString), String> {
        Ok((short("the exchange's name", &self.exchange)?, short("the routing key", &self.routing_key)?))
    }
}

impl Properties {
    /// Whether AMQP takes them; the error is a sentence.
    pub fn check(&self) -> Result<(), String> {
        self.encode().map(|_| ())
    }

    /// The driver's form, or a sentence about what AMQP does not take.
    pub(super) fn encode(&self) -> Result<BasicProperties, String> {
        type Setter = fn(BasicProperties, ShortString) -> BasicProperties;
        let texts: [(&str, &Option<String>, Setter); 9] = [
            ("content_type", &self.content_type, BasicProperties::with_content_type),
            ("content_encoding", &self.content_encoding, BasicProperties::with_content_encoding),
            ("message_id", &self.message_id, BasicProperties::with_message_id),
            ("correlation_id", &self.correlation_id, BasicProperties::with_correlation_id),
            ("reply_to", &self.reply_to, BasicProperties::with_reply_to),
            ("expiration", &self.expiration, BasicProperties::with_expiration),
            ("type", &self.kind, BasicProperties::with_type),
            ("user_id", &self.user_id, BasicProperties::with_user_id),
            ("app_id", &self.app_id, BasicProperties::with_app_id),
        ];
        let mut out = BasicProperties::default().with_delivery_mode(if self.persistent { 2 } else { 1 });
        for (name, text, set) in texts {
            if let Some(text) = text {
                out = set(out, short(&format!("`{name}`"), text)?);
            }
        }
        if !self.headers.is_empty() {
            out = out.with_headers(table(&self.headers)?);
        }
        out = self.priority.map_or(out.clone(), |priority| out.with_priority(priority));
        Ok(self.timestamp.map_or(out.clone(), |at| out.with_timestamp(at)))
    }
}
