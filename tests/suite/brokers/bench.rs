//! A step on a bench: its context with the connections it needs, and what it told.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use runbook::connection::ServiceTarget;
use runbook::event::Class;
use runbook::step::{Context, Done, Failure, Finding, Verdict};
use serde_json::Value;

use crate::harness::context::{Recorder, context, service, step};
use crate::harness::rabbitmq::output;

pub fn redis_url() -> String {
    std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379/0".to_owned())
}

pub fn amqp_url() -> String {
    std::env::var("AMQP_URL").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned())
}

/// A name that no other test has.
pub fn unique(stem: &str) -> String {
    format!("runbook-{stem}-{}", uuid::Uuid::new_v4().simple())
}

/// The bench.
pub struct Bench {
    pub cx: Context,
    pub told: Arc<Recorder>,
}

impl Bench {
    pub fn new(targets: impl IntoIterator<Item = ServiceTarget>) -> Self {
        let (cx, told) = context(&std::env::temp_dir(), targets.into_iter().collect());
        Self { cx, told }
    }

    pub fn redis() -> Self {
        Self::new([service("cache", &redis_url())])
    }

    pub fn amqp() -> Self {
        Self::new([service("broker", &amqp_url())])
    }

    pub fn folder(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.cx.folder);
        self
    }

    pub async fn check(&self, kind: &str, args: Value) -> Result<Finding, Failure> {
        step(kind, args).unwrap().check(&self.cx).await
    }

    /// As the executor does: what converges is compared first, and left alone where it is the same.
    pub async fn run(&self, kind: &str, args: Value) -> Result<Done, Failure> {
        let built = step(kind, args).unwrap();
        let found = match built.class() {
            Class::Converge => Some(built.check(&self.cx).await?),
            _ => None,
        };
        match found {
            Some(found) if found.verdict == Verdict::Same => Ok(Done { changed: false, result: found.result }),
            found => built.apply(&self.cx, found).await,
        }
    }

    /// Runs a step that must go well.
    pub async fn must(&self, kind: &str, args: Value) -> Done {
        self.run(kind, args.clone()).await.unwrap_or_else(|failure| panic!("{args}: {failure:?}"))
    }

    /// Runs a step that must fail.
    pub async fn fails(&self, kind: &str, args: Value) -> Failure {
        match self.run(kind, args.clone()).await {
            Ok(done) => panic!("{args}: {done:?}"),
            Err(failure) => failure,
        }
    }
}

/// `rabbitmqctl` on the shared broker: the lines with `needle` in them.
pub fn listed(what: &[&str], needle: &str) -> Vec<String> {
    let all = output(Command::new("rabbitmqctl").arg("-q").args(what));
    let mut lines: Vec<_> = all.lines().filter(|line| line.contains(needle)).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Takes the next message of a queue of the shared broker, with a client that is not ours.
pub fn take(queue: &str) -> String {
    output(Command::new("amqp-get").args(["-u", &amqp_url(), "-q", queue]))
}

/// Deletes queues of the shared broker, with a client that is not ours.
pub fn drop_queues(names: &[&str]) {
    for name in names {
        output(Command::new("amqp-delete-queue").args(["-u", &amqp_url(), "-q", name]));
    }
}
