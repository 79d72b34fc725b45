//! The bodies that `publish` sends: one (often), several, or the lines of a file, which is never held whole.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::connection::amqp::{Message, Messages};
use crate::step::body::bytes_of;
use crate::step::given::Given;

/// The longest line that is read.
const LINE: u64 = 64 << 20;

/// What is to be sent.
pub(super) enum Bodies {
    /// One message, some times.
    One(Message, u64),
    /// Several.
    Many(Vec<Message>),
    /// The lines of a file, by its path.
    Lines(String),
}

/// The bodies, one after the other.
pub(super) enum Source<'a> {
    One(&'a Message, u64),
    Many(std::slice::Iter<'a, Message>),
    Lines { path: String, file: BufReader<File>, line: u64 },
}

impl Bodies {
    /// Reads the parameters: exactly one of `message`, `messages` and `file`.
    pub(super) fn new(given: Given<'_>) -> Result<Self, String> {
        let keys = ["message", "messages", "file"];
        let several: Vec<_> = keys.iter().filter(|key| given.has(key)).collect();
        if let [first, second, ..] = several[..] {
            return Err(format!("`{first}` and `{second}` exclude each other"));
        }
        let times = given.whole("count")?;
        if times.is_some() && !given.has("message") {
            return Err("`count` goes with `message`".to_owned());
        }
        if let Some(value) = given.value("message") {
            return match times.unwrap_or(1) {
                0 => Err("`count` must be at least 1".to_owned()),
                times => Ok(Self::One(message(value), times)),
            };
        }
        if let Some(path) = given.text("file")? {
            return Ok(Self::Lines(path));
        }
        if given.has("messages") {
            return Ok(Self::Many(given.list("messages")?.iter().map(message).collect()));
        }
        Err("`message`, `messages` or `file` is missing".to_owned())
    }

    /// How many there are, where that is known.
    pub(super) fn total(&self) -> Option<u64> {
        match self {
            Self::One(_, times) => Some(*times),
            Self::Many(all) => Some(all.len() as u64),
            Self::Lines(_) => None,
        }
    }

    /// From the first one behind `skip`.
    pub(super) async fn open(&self, folder: &Path, skip: u64) -> Result<Source<'_>, String> {
        let mut source = match self {
            Self::One(message, times) => return Ok(Source::One(message, times.saturating_sub(skip))),
            Self::Many(all) => Source::Many(all.iter()),
            Self::Lines(path) => {
                let opened = File::open(folder.join(path)).await;
                let file = opened.map_err(|error| format!("cannot read `{path}`: {error}"))?;
                Source::Lines { path: path.clone(), file: BufReader::new(file), line: 0 }
            }
        };
        for _ in 0..skip {
            source.next().await?;
        }
        Ok(source)
    }
}

#[async_trait]
impl Messages for Source<'_> {
    async fn next(&mut self) -> Result<Option<Message>, String> {
        match self {
            Self::One(_, 0) => Ok(None),
            Self::One(message, left) => {
                *left -= 1;
                Ok(Some(message.clone()))
            }
            Self::Many(rest) => Ok(rest.next().cloned()),
            Self::Lines { path, file, line } => {
                *line += 1;
                read_line(file).await.map_err(|why| format!("cannot read line {line} of `{path}`: {why}"))
            }
        }
    }
}

async fn read_line(file: &mut BufReader<File>) -> Result<Option<Message>, String> {
    let mut bytes = Vec::new();
    file.take(LINE).read_until(b'\n', &mut bytes).await.map_err(|error| error.to_string())?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let whole = bytes.pop_if(|last| *last == b'\n').is_some();
    if whole {
        bytes.pop_if(|last| *last == b'\r');
    } else if bytes.len() as u64 == LINE {
        return Err(format!("it is longer than {} MiB", LINE >> 20));
    }
    Ok(Some(Message { body: bytes.into(), json: false }))
}

fn message(value: &Value) -> Message {
    match value {
        Value::String(text) => Message { body: Bytes::copy_from_slice(text.as_bytes()), json: false },
        other if let Some(body) = bytes_of(other) => Message { body, json: false },
        other => Message { body: other.to_string().into(), json: true },
    }
}
