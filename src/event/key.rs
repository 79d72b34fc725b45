//! The identity of a step: the journal's key, stable over plan, run and resume.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One step down in the tree of a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The n-th entry of a list of steps, from 0.
    Step(u32),
    /// Into `block`, or the steps of an include.
    Block,
    /// Into `rescue`.
    Rescue,
    /// Into `always`.
    Always,
    /// Into the n-th branch of `parallel`.
    Branch(u32),
    /// Into `ready` of a step.
    Ready,
    /// Into `each` of a step, for the n-th message.
    Each(u32),
    /// The n-th handler of the play.
    Handler(u32),
    /// The n-th turn of a loop or retry on a block.
    Turn(u32),
}

/// The way from a play to a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepPath(pub Vec<Segment>);

impl StepPath {
    /// The path one segment longer.
    pub fn join(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

/// For whom a step runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A host, by its inventory name.
    Host(String),
    /// Once per batch, from the control machine.
    Service,
}

impl Target {
    /// The host's name, if it is one.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Host(name) => Some(name),
            Self::Service => None,
        }
    }
}

/// The identity of a step on a target. Written `0/0/2.block.1@web1#3!1+7`: play, batch, path, then where they apply the
/// host, the loop item, the attempt and the sub-step (a SQL statement, a message).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey {
    /// Play, from 0.
    pub play: u32,
    /// Batch of the play, from 0.
    pub batch: u32,
    /// The way to the step.
    pub path: StepPath,
    /// For whom it runs.
    pub target: Target,
    /// Which item of `loop`, from 0.
    pub item: Option<u32>,
    /// Which attempt, from 1; none where all attempts are meant.
    pub attempt: Option<u32>,
    /// Which part inside the step, from 0.
    pub sub: Option<u32>,
}

impl StepKey {
    /// The key of an item of the step's loop.
    pub fn with_item(&self, item: u32) -> Self {
        Self { item: Some(item), ..self.clone() }
    }

    /// The key of an attempt.
    pub fn with_attempt(&self, attempt: u32) -> Self {
        Self { attempt: Some(attempt), ..self.clone() }
    }

    /// The key of a part inside the step.
    pub fn with_sub(&self, sub: u32) -> Self {
        Self { sub: Some(sub), ..self.clone() }
    }
}

impl fmt::Display for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            match segment {
                Segment::Step(n) => write!(f, "{n}")?,
                Segment::Block => f.write_str("block")?,
                Segment::Rescue => f.write_str("rescue")?,
                Segment::Always => f.write_str("always")?,
                Segment::Branch(n) => write!(f, "branch{n}")?,
                Segment::Ready => f.write_str("ready")?,
                Segment::Each(n) => write!(f, "each{n}")?,
                Segment::Handler(n) => write!(f, "handler{n}")?,
                Segment::Turn(n) => write!(f, "turn{n}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.play, self.batch, self.path)?;
        if let Some(item) = self.item {
            write!(f, "#{item}")?;
        }
        if let Some(attempt) = self.attempt {
            write!(f, "!{attempt}")?;
        }
        if let Some(sub) = self.sub {
            write!(f, "+{sub}")?;
        }
        // The host stands last, for its name is the only part that may hold any character.
        match &self.target {
            Target::Host(host) => write!(f, "@{host}"),
            Target::Service => Ok(()),
        }
    }
}

/// A text that is no step key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a step key")]
pub struct BadKey;

impl FromStr for Segment {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let number = |prefix: &str| text.strip_prefix(prefix).and_then(|n| n.parse().ok());
        match text {
            "block" => Ok(Self::Block),
            "rescue" => Ok(Self::Rescue),
            "always" => Ok(Self::Always),
            "ready" => Ok(Self::Ready),
            _ => number("")
                .map(Self::Step)
                .or_else(|| number("branch").map(Self::Branch))
                .or_else(|| number("each").map(Self::Each))
                .or_else(|| number("handler").map(Self::Handler))
                .or_else(|| number("turn").map(Self::Turn))
                .ok_or(BadKey),
        }
    }
}

impl FromStr for StepKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let (rest, target) = match text.split_once('@') {
            Some((rest, host)) => (rest, Target::Host(host.to_owned())),
            None => (text, Target::Service),
        };
        let (rest, sub) = optional(rest, '+')?;
        let (rest, attempt) = optional(rest, '!')?;
        let (rest, item) = optional(rest, '#')?;
        let mut parts = rest.splitn(3, '/');
        let mut number = || parts.next().and_then(|part| part.parse().ok()).ok_or(BadKey);
        let (play, batch) = (number()?, number()?);
        let path = parts.next().ok_or(BadKey)?;
        let path = path.split('.').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { play, batch, path: StepPath(path), target, item, attempt, sub })
    }
}

fn optional(text: &str, mark: char) -> Result<(&str, Option<u32>), BadKey> {
    match text.split_once(mark) {
        Some((rest, number)) => Ok((rest, Some(number.parse().map_err(|_| BadKey)?))),
        None => Ok((text, None)),
    }
}

impl Serialize for StepKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StepKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
