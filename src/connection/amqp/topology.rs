//! What stands at a broker: exchanges, queues and bindings, as values.

use std::fmt;

use serde_json::{Map, Value};

use super::Difference;

/// An exchange with its fixed flags.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// `direct`, `fanout`, `topic`, `headers`, or a plug-in's.
    pub kind: String,
    /// Survives a restart.
    pub durable: bool,
    /// Goes with its last binding.
    pub auto_delete: bool,
    /// Takes messages from other exchanges only.
    pub internal: bool,
    /// Further arguments.
    pub arguments: Map<String, Value>,
}

/// A queue with its fixed flags.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Survives a restart.
    pub durable: bool,
    /// Belongs to this connection and goes with it.
    pub exclusive: bool,
    /// Goes with its last consumer.
    pub auto_delete: bool,
    /// Further arguments.
    pub arguments: Map<String, Value>,
}

/// Where a binding leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// Into a queue.
    Queue(String),
    /// Into another exchange.
    Exchange(String),
}

/// One binding.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The exchange that messages come from.
    pub exchange: String,
    /// Where they go.
    pub destination: Destination,
    /// Which of them.
    pub routing_key: String,
    /// Further arguments (of a headers exchange: what must match).
    pub arguments: Map<String, Value>,
}

/// How full a queue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages ready for delivery.
    pub messages: u64,
    /// Consumers.
    pub consumers: u64,
}

/// A declared object compared with the one at the broker.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It is not there.
    Missing,
    /// It is there as declared.
    Same,
    /// It is there with other flags.
    Differs(Vec<Difference>),
}

impl Destination {
    /// The queue's or exchange's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Queue(name) | Self::Exchange(name) => name,
        }
    }
}

impl Binding {
    /// Whether both mean the same binding at the broker.
    pub fn is(&self, other: &Self) -> bool {
        let same = |a: &Map<String, Value>, b: &Map<String, Value>| {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key) == Some(value))
        };
        self.exchange == other.exchange
            && self.destination == other.destination
            && self.routing_key == other.routing_key
            && same(&self.arguments, &other.arguments)
    }
}

/// `exchange orders (topic, durable)`.
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = [(self.durable, "durable"), (self.auto_delete, "auto_delete"), (self.internal, "internal")];
        write!(f, "exchange {} ({}", self.name, self.kind)?;
        write_flags(f, ", ", &flags, &self.arguments)?;
        f.write_str(")")
    }
}

/// `queue billing`, `queue x (exclusive, x-max-length=5)`; durable goes without saying.
impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = [(!self.durable, "transient"), (self.exclusive, "exclusive"), (self.auto_delete, "auto_delete")];
        write!(f, "queue {}", self.name)?;
        if flags.iter().any(|(is, _)| *is) || !self.arguments.is_empty() {
            write_flags(f, " (", &flags, &self.arguments)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// `binding orders -> billing (order.#)`.
impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if matches!(self.destination, Destination::Exchange(_)) { "exchange " } else { "" };
        write!(f, "binding {} -> {kind}{}", self.exchange, self.destination.name())?;
        if !self.routing_key.is_empty() || !self.arguments.is_empty() {
            write!(f, " ({}", self.routing_key)?;
            let first = if self.routing_key.is_empty() { "" } else { ", " };
            write_flags(f, first, &[], &self.arguments)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

fn write_flags(
    f: &mut fmt::Formatter<'_>,
    first: &str,
    flags: &[(bool, &str)],
    arguments: &Map<String, Value>,
) -> fmt::Result {
    let mut before = first;
    for (_, word) in flags.iter().filter(|(is, _)| *is) {
        write!(f, "{before}{word}")?;
        before = ", ";
    }
    for (key, value) in arguments {
        write!(f, "{before}{key}={}", super::difference::shown(value))?;
        before = ", ";
    }
    Ok(())
}
