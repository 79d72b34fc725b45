//! What a run takes from outside the program's logic, handed in so that tests can fix it: the clock, random names and
//! fail points.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};

/// Where the time of day comes from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// Where unguessable names come from.
pub trait Random: Send + Sync {
    /// `n` random bytes as lowercase hexadecimal, fit for tokens and file names.
    fn token(&self, n: usize) -> String;
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn token(&self, n: usize) -> String {
        let mut text = String::new();
        while text.len() < 2 * n {
            text.push_str(&uuid::Uuid::new_v4().simple().to_string());
        }
        text.truncate(2 * n);
        text
    }
}

/// What the run takes from outside.
#[derive(Clone)]
pub struct Ambient {
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Random names.
    pub random: Arc<dyn Random>,
}

impl Ambient {
    /// The real clock and the real randomness.
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) }
    }
}

/// The name of a run: `20261123-164012-3f9a1c`, sortable by start and unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl RunId {
    /// A new name from the time and randomness at hand.
    pub fn new(ambient: &Ambient) -> Self {
        Self(format!("{}-{}", ambient.clock.now().format("%Y%m%d-%H%M%S"), ambient.random.token(3)))
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A time as ISO 8601 in UTC with milliseconds.
pub fn iso8601(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
