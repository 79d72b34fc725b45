//! A step on a bench: its context with the connections it needs, and what it told.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use runbook::cancel::Cancel;
use runbook::connection::host::{Dial, HostTarget, Transport};
use runbook::connection::{ConnectionError, Kind, Pool, ServiceTarget, Stage};
use runbook::event::Class;
use runbook::secret::Secret;
use runbook::step::{self, Context, Done, Failure, Finding, Progress, Prompt, Step, Verdict};
use serde_json::Value;

use crate::harness::rabbitmq::output;

/// A connection of the playbook named `name`.
pub fn target(name: &str, url: &str) -> ServiceTarget {
    let parsed = url::Url::parse(url).unwrap();
    ServiceTarget {
        name: name.to_owned(),
        kind: Kind::of_scheme(parsed.scheme()).unwrap_or(Kind::Redis),
        url: Secret::new(url),
        address: format!("{}:{}", parsed.host_str().unwrap_or("-"), parsed.port().unwrap_or(0)),
        management: None,
        pool: 5,
        overflow: 5,
        via: None,
        options: BTreeMap::new(),
    }
}

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

/// What a step told.
#[derive(Default)]
pub struct Told {
    pub checkpoints: Mutex<Vec<Value>>,
    pub said: Mutex<Vec<String>>,
}

impl Progress for Told {
    fn moved(&self, _done: u64, _total: Option<u64>) {}

    fn say(&self, text: String) {
        self.said.lock().unwrap().push(text);
    }

    fn checkpoint(&self, data: Value) {
        self.checkpoints.lock().unwrap().push(data);
    }
}

struct Nobody;

#[async_trait]
impl Dial for Nobody {
    async fn dial(&self, _: &HostTarget, _: &Cancel) -> Result<Arc<dyn Transport>, ConnectionError> {
        Err(ConnectionError::new(Stage::Connect, "there are no hosts here"))
    }
}

#[async_trait]
impl Prompt for Nobody {
    async fn confirm(&self, _: &str, _: &Cancel) -> Result<bool, Failure> {
        Err(Failure::failed("there is nobody here"))
    }
}

/// The bench.
pub struct Bench {
    pub cx: Context,
    pub told: Arc<Told>,
}

impl Bench {
    pub fn new(targets: impl IntoIterator<Item = ServiceTarget>) -> Self {
        let told = Arc::new(Told::default());
        let services: BTreeMap<_, _> = targets.into_iter().map(|target| (target.name.clone(), target)).collect();
        let cx = Context {
            pool: Arc::new(Pool::new(Box::new(Nobody))),
            host: None,
            services: Arc::new(services),
            cancel: Cancel::root(),
            progress: told.clone(),
            prompt: Arc::new(Nobody),
            folder: std::env::temp_dir(),
            sudo: None,
            environment: BTreeMap::new(),
            checkpoints: Arc::new(Vec::new()),
            run: "test".to_owned(),
            ahead: Arc::default(),

            diffs: false,
        };
        Self { cx, told }
    }

    pub fn redis() -> Self {
        Self::new([target("cache", &redis_url())])
    }

    pub fn amqp() -> Self {
        Self::new([target("broker", &amqp_url())])
    }

    pub fn folder(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.cx.folder);
        self
    }

    pub async fn check(&self, kind: &str, args: Value) -> Result<Finding, Failure> {
        build(kind, args).unwrap().check(&self.cx).await
    }

    /// As the executor does: what converges is compared first, and left alone where it is the same.
    pub async fn run(&self, kind: &str, args: Value) -> Result<Done, Failure> {
        let step = build(kind, args).unwrap();
        let found = match step.class() {
            Class::Converge => Some(step.check(&self.cx).await?),
            _ => None,
        };
        match found {
            Some(found) if found.verdict == Verdict::Same => Ok(Done { changed: false, result: found.result }),
            found => step.apply(&self.cx, found).await,
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

pub fn build(kind: &str, args: Value) -> Result<Box<dyn Step>, String> {
    (step::find(kind).unwrap().build)(args)
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
