//! The parameters of `subscribe`.

use serde_json::Value;

use crate::connection::Kind;
use crate::connection::redis::Wanted;
use crate::step::given::{Given, text};
use crate::step::{Field, Shape};
use crate::template::Sink;

const NAMES: Shape = Shape::List(&Shape::Text(Sink::Name));

/// The keys.
pub(super) const FIELDS: &[Field] = &[
    Field::new("connection", Shape::Connection(&[Kind::Redis]), "Where to listen.").required(),
    Field::new("channels", NAMES, "The channels."),
    Field::new("patterns", NAMES, "Patterns of channels, such as `ack.*`."),
    Field::new(
        "count",
        Shape::Integer { min: 1, max: i64::MAX },
        "How many messages; without it, the `timeout` ends it.",
    ),
    Field::new("ready", Shape::Steps, "Run once, when every message from then on is seen."),
    Field::new("each", Shape::Steps, "Run for every message, in order; it is `message`."),
];

/// The step.
pub(super) struct Subscribe {
    pub(super) connection: String,
    pub(super) wanted: Wanted,
    pub(super) count: Option<u64>,
    pub(super) has_each: bool,
}

impl Subscribe {
    /// Reads the parameters.
    pub(super) fn new(args: &Value) -> Result<Self, String> {
        let given = Given::new(args)?;
        let wanted = Wanted { channels: names(given, "channels")?, patterns: names(given, "patterns")? };
        if wanted.channels.is_empty() && wanted.patterns.is_empty() {
            return Err("what to listen to? `channels` or `patterns` is missing".to_owned());
        }
        let (count, has_each) = (given.whole("count")?, given.has("each"));
        Ok(Self { connection: given.need("connection")?, wanted, count, has_each })
    }

    /// What it listens to, for people.
    pub(super) fn words(&self) -> String {
        let all: Vec<String> =
            self.wanted.channels.iter().chain(&self.wanted.patterns).map(|name| format!("`{name}`")).collect();
        all.join(", ")
    }
}

fn names(given: Given<'_>, key: &str) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = Vec::new();
    for name in given.list(key)?.iter().filter_map(text) {
        if name.is_empty() {
            return Err(format!("`{key}` holds an empty name"));
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}
