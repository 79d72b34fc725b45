//! A message as the broker delivers it, in forms of our own.

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::ShortString;
use serde_json::{Map, Value};

use super::Properties;
use super::table::to_json;

/// A message that was delivered.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivered {
    /// The bytes.
    pub body: Bytes,
    /// Headers and properties.
    pub properties: Properties,
    /// The exchange it was published to; empty is the default exchange.
    pub exchange: String,
    /// With which routing key.
    pub routing_key: String,
    /// It was delivered before, and not acknowledged.
    pub redelivered: bool,
    /// Its number on the channel.
    pub(super) tag: u64,
}

impl Delivered {
    /// The driver's form, in ours.
    pub(super) fn new(delivery: Delivery) -> Self {
        Self {
            properties: Properties::decode(&delivery.properties),
            exchange: delivery.exchange.to_string(),
            routing_key: delivery.routing_key.to_string(),
            redelivered: delivery.redelivered,
            tag: delivery.delivery_tag,
            body: delivery.data.into(),
        }
    }
}

impl Properties {
    fn decode(from: &BasicProperties) -> Self {
        let text = |value: &Option<ShortString>| value.as_ref().map(ToString::to_string);
        Self {
            persistent: *from.delivery_mode() == Some(2),
            headers: from.headers().as_ref().map(to_json).unwrap_or_default(),
            content_type: text(from.content_type()),
            content_encoding: text(from.content_encoding()),
            message_id: text(from.message_id()),
            correlation_id: text(from.correlation_id()),
            reply_to: text(from.reply_to()),
            expiration: text(from.expiration()),
            priority: *from.priority(),
            kind: text(from.kind()),
            user_id: text(from.user_id()),
            app_id: text(from.app_id()),
            timestamp: *from.timestamp(),
        }
    }

    /// Those that are there, by the names under which `publish` takes them; headers and delivery mode are apart.
    pub fn to_map(&self) -> Map<String, Value> {
        let texts = [
            ("content_type", &self.content_type),
            ("content_encoding", &self.content_encoding),
            ("message_id", &self.message_id),
            ("correlation_id", &self.correlation_id),
            ("reply_to", &self.reply_to),
            ("expiration", &self.expiration),
            ("type", &self.kind),
            ("user_id", &self.user_id),
            ("app_id", &self.app_id),
        ];
        let texts = texts.into_iter().filter_map(|(key, text)| Some((key, Value::from(text.clone()?))));
        let numbers = [("priority", self.priority.map(Value::from)), ("timestamp", self.timestamp.map(Value::from))];
        let numbers = numbers.into_iter().filter_map(|(key, number)| Some((key, number?)));
        texts.chain(numbers).map(|(key, value)| (key.to_owned(), value)).collect()
    }
}
