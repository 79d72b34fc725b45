//! The parameters of `bind`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::connection::Kind;
use crate::connection::amqp::{Binding, Destination, Exchange, Queue};
use crate::step::given::{Given, text};
use crate::step::{Field, Shape};
use crate::template::Sink;

const NAME: Shape = Shape::Text(Sink::Name);
const ARGUMENTS: Shape = Shape::Map(&Shape::Any(Sink::Name));

/// The keys.
pub(super) const FIELDS: &[Field] = &[
    Field::new("connection", Shape::Connection(&[Kind::Amqp]), "The broker.").required(),
    Field::new("state", Shape::Choice(&["present", "absent"]), "Make them, or delete them.").default("present"),
    Field::new("replace", Shape::Boolean, "Delete and make again what differs in fixed flags.").default("false"),
    Field::new("force", Shape::Boolean, "With `absent`: delete queues with messages or consumers too.")
        .default("false"),
    Field::new("exchanges", Shape::List(&Shape::Record(EXCHANGE)), "Exchanges."),
    Field::new("queues", Shape::List(&Shape::Record(QUEUE)), "Queues."),
    Field::new("bindings", Shape::List(&Shape::Record(BINDING)), "Bindings."),
];

const EXCHANGE: &[Field] = &[
    Field::new("name", NAME, "Its name.").required(),
    Field::new("type", NAME, "One of direct, fanout, topic and headers, or a plug-in's type (`x-` and more).")
        .default("direct"),
    Field::new("durable", Shape::Boolean, "Survives a restart of the broker.").default("true"),
    Field::new("auto_delete", Shape::Boolean, "Goes with its last binding.").default("false"),
    Field::new("internal", Shape::Boolean, "Takes messages from other exchanges only.").default("false"),
    Field::new("arguments", ARGUMENTS, "Further arguments (alternate-exchange)."),
];

const QUEUE: &[Field] = &[
    Field::new("name", NAME, "Its name.").required(),
    Field::new("durable", Shape::Boolean, "Survives a restart of the broker.").default("true"),
    Field::new("exclusive", Shape::Boolean, "Belongs to this run's connection and goes with it.").default("false"),
    Field::new("auto_delete", Shape::Boolean, "Goes with its last consumer.").default("false"),
    Field::new("arguments", ARGUMENTS, "Further arguments (x-max-length, x-message-ttl, x-queue-type and so on)."),
];

const BINDING: &[Field] = &[
    Field::new("exchange", NAME, "Where messages come from.").required(),
    Field::new("queue", NAME, "The queue they go to."),
    Field::new("to_exchange", NAME, "The exchange they go to, in place of a queue."),
    Field::new(
        "routing_keys",
        Shape::List(&NAME),
        "Which of them: one binding per key; left out, one with an empty key.",
    ),
    Field::new("arguments", ARGUMENTS, "Of a headers exchange: what must match."),
];

/// Make, or delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Present,
    Absent,
}

/// The step.
pub(super) struct Bind {
    pub(super) connection: String,
    pub(super) state: State,
    pub(super) replace: bool,
    pub(super) force: bool,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) queues: Vec<Queue>,
    pub(super) bindings: Vec<Binding>,
}

impl Bind {
    /// Reads the parameters.
    pub(super) fn new(args: &Value) -> Result<Self, String> {
        let given = Given::new(args)?;
        let state = match given.text("state")?.as_deref() {
            None | Some("present") => State::Present,
            Some("absent") => State::Absent,
            Some(other) => return Err(format!("`state` is `{other}`: it must be present or absent")),
        };
        let step = Self {
            connection: given.need("connection")?,
            state,
            replace: given.flag("replace", false)?,
            force: given.flag("force", false)?,
            exchanges: given.list("exchanges")?.iter().map(exchange).collect::<Result<_, _>>()?,
            queues: given.list("queues")?.iter().map(queue).collect::<Result<_, _>>()?,
            bindings: bindings(given.list("bindings")?)?,
        };
        once("exchange", step.exchanges.iter().map(|exchange| &exchange.name))?;
        once("queue", step.queues.iter().map(|queue| &queue.name))?;
        Ok(step)
    }
}

fn exchange(args: &Value) -> Result<Exchange, String> {
    let given = Given::new(args)?;
    let name = own_name("exchange", given)?;
    let kind = given.text("type")?.unwrap_or_else(|| "direct".to_owned());
    // The broker answers an unknown type by ending the whole connection.
    if !matches!(kind.as_str(), "direct" | "fanout" | "topic" | "headers") && !kind.starts_with("x-") {
        return Err(format!("exchange `{name}`: there is no type `{kind}` (direct, fanout, topic, headers, or x-...)"));
    }
    Ok(Exchange {
        name,
        kind,
        durable: given.flag("durable", true)?,
        auto_delete: given.flag("auto_delete", false)?,
        internal: given.flag("internal", false)?,
        arguments: given.map("arguments")?,
    })
}

fn queue(args: &Value) -> Result<Queue, String> {
    let given = Given::new(args)?;
    Ok(Queue {
        name: own_name("queue", given)?,
        durable: given.flag("durable", true)?,
        exclusive: given.flag("exclusive", false)?,
        auto_delete: given.flag("auto_delete", false)?,
        arguments: given.map("arguments")?,
    })
}

fn bindings(all: &[Value]) -> Result<Vec<Binding>, String> {
    let mut out: Vec<Binding> = Vec::new();
    for args in all {
        let given = Given::new(args)?;
        let exchange = given.need("exchange")?;
        let destination = match (given.text("queue")?, given.text("to_exchange")?) {
            (Some(queue), None) => Destination::Queue(queue),
            (None, Some(exchange)) => Destination::Exchange(exchange),
            (Some(_), Some(_)) => return Err("a binding leads to `queue` or `to_exchange`, not to both".to_owned()),
            (None, None) => return Err(format!("a binding of exchange `{exchange}` needs `queue` or `to_exchange`")),
        };
        if exchange.is_empty()
            || destination.name().is_empty()
            || destination == Destination::Exchange("amq.default".into())
        {
            return Err("the default exchange cannot be bound: it leads to every queue by its name".to_owned());
        }
        let keys = match given.list("routing_keys")? {
            [] => vec![String::new()],
            keys => keys.iter().map(|key| text(key).ok_or("a routing key must be a text")).collect::<Result<_, _>>()?,
        };
        for name in keys.iter().chain([&exchange]).map(String::as_str).chain([destination.name()]) {
            fits(name)?;
        }
        let arguments = given.map("arguments")?;
        let made = keys.into_iter().map(|routing_key| Binding {
            exchange: exchange.clone(),
            destination: destination.clone(),
            routing_key,
            arguments: arguments.clone(),
        });
        for binding in made {
            if !out.iter().any(|known| known.is(&binding)) {
                out.push(binding);
            }
        }
    }
    Ok(out)
}

/// The name of an object that is made or deleted.
fn own_name(what: &str, given: Given<'_>) -> Result<String, String> {
    let name = given.need("name")?;
    if name.is_empty() {
        return Err(match what {
            "queue" => "a queue needs a name; `consume` with `exchange` makes one that the broker names".to_owned(),
            _ => "the default exchange is always there, and cannot be made or deleted".to_owned(),
        });
    }
    if name.starts_with("amq.") {
        return Err(format!("{what} `{name}`: names that begin with `amq.` are the broker's own"));
    }
    fits(&name)?;
    Ok(name)
}

fn fits(name: &str) -> Result<(), String> {
    match name.len() {
        0..=255 => Ok(()),
        n => Err(format!("a name or routing key is {n} bytes long, and RabbitMQ takes at most 255")),
    }
}

fn once<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("{what} `{name}` is declared twice"));
        }
    }
    Ok(())
}
