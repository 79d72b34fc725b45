//! What a step may reach while it runs.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::{Failure, Results};
use crate::cancel::{Cancel, Reason};
use crate::connection::amqp::Amqp;
use crate::connection::host::{Become, Command, HostTarget, PathState, Transport};
use crate::connection::redis::Redis;
use crate::connection::sql::Database;
use crate::connection::{ConnectionError, Pool, ServiceTarget};
use crate::secret::Secret;

/// What a running step tells.
#[async_trait]
pub trait Progress: Send + Sync {
    /// Bytes (or messages, rows) done so far, of how many if that is known.
    fn moved(&self, done: u64, total: Option<u64>);
    /// A line for people.
    fn say(&self, text: String);
    /// Something inside the step is done and need not be done again when the run is resumed.
    fn checkpoint(&self, data: serde_json::Value);
    /// Whether the step's content is kept out of everything (`no_log`), checkpoints among it.
    fn hides(&self) -> bool {
        false
    }
    /// A checkpoint; returns once it is on disk.
    async fn keep(&self, data: serde_json::Value) -> Result<(), Failure>;
}

/// Which of the steps that a step holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `ready`.
    Ready,
    /// `each`, for the n-th message (from 0).
    Each(u32),
}

/// Runs the steps that a step holds.
#[async_trait]
pub trait Nested: Send + Sync {
    /// Whether there is such a part.
    fn has(&self, part: Part) -> bool;
    /// Runs them until they have ended, or `cancel` ends them; `message` is what they see under that name. A failure
    /// names the step that failed, which has been told.
    async fn run(&self, part: Part, message: Option<Results>, cancel: &Cancel) -> Result<(), Failure>;
}

/// Asks a person.
#[async_trait]
pub trait Prompt: Send + Sync {
    /// Whether they agree; an error where nobody can be asked.
    async fn confirm(&self, question: &str, cancel: &Cancel) -> Result<bool, Failure>;
}

/// Connections, and the surroundings of one step on one target.
#[derive(Clone)]
pub struct Context {
    /// All connections of the run.
    pub pool: Arc<Pool>,
    /// The host, for a step that runs on or for one.
    pub host: Option<Arc<HostTarget>>,
    /// The playbook's connections, as they are for this target.
    pub services: Arc<BTreeMap<String, ServiceTarget>>,
    /// Ends the step.
    pub cancel: Cancel,
    /// Ends what is around the step: `cancel` without the step's own `timeout`.
    pub around: Cancel,
    /// The steps that it holds, where it holds any.
    pub nested: Option<Arc<dyn Nested>>,
    /// Told what goes on.
    pub progress: Arc<dyn Progress>,
    /// Asked by `confirm`.
    pub prompt: Arc<dyn Prompt>,
    /// The folder against which local paths are read: the playbook's.
    pub folder: PathBuf,
    /// As whom host commands run.
    pub sudo: Option<Become>,
    /// For the commands of the step.
    pub environment: BTreeMap<String, Secret>,
    /// What is done already of a step that is taken up again.
    pub checkpoints: Arc<Vec<serde_json::Value>>,
    /// The run's name: for temporary names.
    pub run: String,
    /// States of paths that were fetched ahead together with those of neighbouring steps; each is used once.
    pub ahead: Arc<Mutex<HashMap<String, Option<PathState>>>>,
    /// Differences are wanted in full, even where they cost a round trip.
    pub diffs: bool,
}

impl Context {
    /// The host's connection.
    pub async fn transport(&self) -> Result<Arc<dyn Transport>, Failure> {
        let Some(host) = &self.host else { return Err(Failure::failed("this step has no host")) };
        self.pool.host(host, &self.cancel).await.map_err(|error| self.failure(error))
    }

    /// A transport's error as this step's failure: a stop that was asked for and confirmed is told as such.
    pub fn failure(&self, error: ConnectionError) -> Failure {
        Failure::of(error, &self.cancel)
    }

    /// The states of paths on the host: those fetched ahead, and one round trip for the rest.
    pub async fn probe(&self, paths: &[String]) -> Result<Vec<Option<PathState>>, Failure> {
        let mut known: HashMap<String, Option<PathState>> = {
            let mut ahead = self.ahead.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            paths.iter().filter_map(|path| ahead.remove_entry(path)).collect()
        };
        let missing: Vec<String> = paths.iter().filter(|path| !known.contains_key(*path)).cloned().collect();
        if !missing.is_empty() {
            let states = self.probe_now(&missing).await?;
            known.extend(missing.into_iter().zip(states));
        }
        Ok(paths.iter().map(|path| known.get(path).cloned().flatten()).collect())
    }

    /// The states of paths on the host as they are now, whatever was fetched ahead.
    pub async fn probe_now(&self, paths: &[String]) -> Result<Vec<Option<PathState>>, Failure> {
        let transport = self.transport().await?;
        transport.probe(paths, self.sudo.as_ref(), &self.cancel).await.map_err(|error| self.failure(error))
    }

    /// A command with this step's user and environment.
    pub fn command(&self, command: Command) -> Command {
        Command { sudo: self.sudo.clone(), environment: self.environment.clone(), ..command }
    }

    /// A Redis connection of the playbook.
    pub async fn redis(&self, name: &str) -> Result<Arc<Redis>, Failure> {
        self.pool.redis(self.service(name)?, &self.cancel).await.map_err(|error| self.failure(error))
    }

    /// A RabbitMQ connection of the playbook.
    pub async fn amqp(&self, name: &str) -> Result<Arc<Amqp>, Failure> {
        self.pool.amqp(self.service(name)?, &self.cancel).await.map_err(|error| self.failure(error))
    }

    /// A database of the playbook.
    pub async fn sql(&self, name: &str) -> Result<Arc<Database>, Failure> {
        self.pool.sql(self.service(name)?, &self.cancel).await.map_err(|error| self.failure(error))
    }

    /// Whether the step's own `timeout` has passed.
    pub fn is_late(&self) -> bool {
        self.around.reason().is_none() && matches!(self.cancel.reason(), Some(Reason::TimedOut(_)))
    }

    /// Runs steps that this one holds, where it has any of this part.
    pub async fn inside(&self, part: Part, message: Option<Results>, cancel: &Cancel) -> Result<(), Failure> {
        match &self.nested {
            Some(nested) => nested.run(part, message, cancel).await,
            None => Ok(()),
        }
    }

    /// A connection's target.
    pub fn service(&self, name: &str) -> Result<&ServiceTarget, Failure> {
        self.services.get(name).ok_or_else(|| Failure::failed(format!("there is no connection `{name}`")))
    }
}
