//! The parameters of `consume`.

use serde_json::Value;

use crate::connection::Kind;
use crate::connection::amqp::{Mode, Source};
use crate::step::given::{Given, text};
use crate::step::{Field, Shape};
use crate::template::Sink;

const NAME: Shape = Shape::Text(Sink::Name);
const COUNT: Shape = Shape::OneOf(&[Shape::Choice(&["all"]), Shape::Integer { min: 1, max: i64::MAX }]);

/// The keys.
pub(super) const FIELDS: &[Field] = &[
    Field::new("connection", Shape::Connection(&[Kind::Amqp]), "Where to consume.").required(),
    Field::new("queue", NAME, "The queue."),
    Field::new("exchange", NAME, "In place of `queue`: an exclusive queue, for as long as the step lasts, is bound to it."),
    Field::new("routing_keys", Shape::List(&NAME), "With which keys it is bound; without them, with the empty one."),
    Field::new("count", COUNT, "How many messages, or `all` that the queue holds at the start; without it, the `timeout` ends it."),
    Field::new("prefetch", Shape::Integer { min: 1, max: 65_535 }, "How many the broker may send ahead; 1 with `each`, else 100."),
    Field::new("ack", Shape::Choice(&["done", "none", "peek"]), "`done`: when its steps succeeded, or it is on disk; `none`: the broker forgets each as it sends it; `peek`: all are given back.")
        .default("done"),
    Field::new("ready", Shape::Steps, "Run once, when every message from then on is seen."),
    Field::new("each", Shape::Steps, "Run for every message, in order; it is `message`."),
    Field::new("save", Shape::Text(Sink::Path), "A .jsonl file that they are added to, one per line."),
];

/// When a message is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ack {
    Done,
    None,
    Peek,
}

/// How many messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    These(u64),
    All,
    /// As many as come in time.
    Open,
}

/// The step.
pub(super) struct Consume {
    pub(super) connection: String,
    pub(super) source: Source,
    pub(super) count: Count,
    pub(super) ack: Ack,
    pub(super) prefetch: u16,
    pub(super) has_ready: bool,
    pub(super) has_each: bool,
    pub(super) save: Option<String>,
}

impl Consume {
    /// Reads the parameters.
    pub(super) fn new(args: &Value) -> Result<Self, String> {
        let given = Given::new(args)?;
        let ack = match given.text("ack")?.as_deref() {
            Some("none") => Ack::None,
            Some("peek") => Ack::Peek,
            _ => Ack::Done,
        };
        let has_each = given.has("each");
        if has_each && ack == Ack::Peek {
            return Err(
                "`ack: peek` gives every message back and takes no `each`: loop over the result's `messages`".into()
            );
        }
        let count = match given.value("count") {
            None => Count::Open,
            Some(Value::String(word)) if word == "all" => Count::All,
            Some(_) => given.whole("count")?.map_or(Count::Open, Count::These),
        };
        let source = source(given)?;
        if count == Count::All && matches!(source, Source::Exchange { .. }) {
            return Err("`count: all` goes with `queue`: a queue that is made for the step is empty".into());
        }
        let save = given.text("save")?;
        if save.as_ref().is_some_and(|path| !path.to_lowercase().ends_with(".jsonl")) {
            return Err("`save` must end in .jsonl".into());
        }
        let default = if has_each { 1 } else { 100 };
        let prefetch = given.whole("prefetch")?.unwrap_or(default).clamp(1, u64::from(u16::MAX));
        Ok(Self {
            connection: given.need("connection")?,
            source,
            count,
            ack,
            prefetch: u16::try_from(prefetch).unwrap_or(u16::MAX),
            has_ready: given.has("ready"),
            has_each,
            save,
        })
    }

    /// How messages are taken; no more ahead than are wanted.
    pub(super) fn mode(&self) -> Mode {
        match (self.ack, self.count) {
            (Ack::None, _) => Mode::Forgotten,
            (Ack::Peek, _) => Mode::Held,
            (Ack::Done, Count::These(n)) => {
                Mode::Push { prefetch: self.prefetch.min(u16::try_from(n).unwrap_or(u16::MAX)) }
            }
            (Ack::Done, _) => Mode::Push { prefetch: self.prefetch },
        }
    }

    /// Where from, for people.
    pub(super) fn words(&self) -> String {
        match &self.source {
            Source::Queue(name) => format!("queue `{name}`"),
            Source::Exchange { name, .. } => format!("exchange `{name}`"),
        }
    }
}

fn source(given: Given<'_>) -> Result<Source, String> {
    let keys = given.list("routing_keys")?;
    match (given.text("queue")?, given.text("exchange")?) {
        (Some(_), Some(_)) => Err("`queue` and `exchange` exclude each other".into()),
        (Some(_), None) if !keys.is_empty() => Err("`routing_keys` go with `exchange`".into()),
        (Some(name), None) if name.is_empty() => Err("`queue` is empty".into()),
        (Some(name), None) => Ok(Source::Queue(name)),
        (None, Some(name)) if name.is_empty() => {
            Err("`exchange` is empty: nothing can be bound to the default exchange".into())
        }
        (None, Some(name)) => {
            let mut routing_keys: Vec<String> = keys.iter().filter_map(text).collect();
            if routing_keys.is_empty() {
                routing_keys.push(String::new());
            }
            Ok(Source::Exchange { name, routing_keys })
        }
        (None, None) => Err("where from? `queue` or `exchange` is missing".into()),
    }
}
