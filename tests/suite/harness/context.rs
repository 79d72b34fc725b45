//! A context for one step, without an executor: real connections, a progress that remembers, a prompt that refuses.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use runbook::cancel::Cancel;
use runbook::connection::host::{Dial, HostTarget, Transport};
use runbook::connection::{ConnectionError, Kind, Pool, ServiceTarget, Stage};
use runbook::secret::Secret;
use runbook::step::{Context, Done, Failure, Progress, Prompt, Step};

/// Reaches no host.
pub struct NoHosts;

#[async_trait]
impl Dial for NoHosts {
    async fn dial(&self, target: &HostTarget, _cancel: &Cancel) -> Result<Arc<dyn Transport>, ConnectionError> {
        Err(ConnectionError::new(Stage::Connect, format!("this test reaches no host, and `{}` is one", target.name)))
    }
}

/// Remembers what a step told.
#[derive(Default)]
pub struct Recorder {
    pub moved: Mutex<Vec<u64>>,
    pub said: Mutex<Vec<String>>,
    pub checkpoints: Mutex<Vec<serde_json::Value>>,
}

#[async_trait]
impl Progress for Recorder {
    fn moved(&self, done: u64, _total: Option<u64>) {
        self.moved.lock().unwrap().push(done);
    }

    fn say(&self, text: String) {
        self.said.lock().unwrap().push(text);
    }

    fn checkpoint(&self, data: serde_json::Value) {
        self.checkpoints.lock().unwrap().push(data);
    }

    async fn keep(&self, data: serde_json::Value) -> Result<(), Failure> {
        self.checkpoint(data);
        Ok(())
    }
}

/// Nobody is there to be asked.
pub struct Nobody;

#[async_trait]
impl Prompt for Nobody {
    async fn confirm(&self, _question: &str, _cancel: &Cancel) -> Result<bool, Failure> {
        Err(Failure::failed("nobody can be asked"))
    }
}

/// A named connection to a URL.
pub fn service(name: &str, url: &str) -> ServiceTarget {
    // `redis+unix` is a kind of redis.
    let scheme = url.split([':', '+']).next().unwrap_or("");
    let address = url.split('@').next_back().unwrap_or(url).to_owned();
    ServiceTarget {
        name: name.to_owned(),
        kind: Kind::of_scheme(scheme).expect("a known scheme"),
        url: Secret::new(url),
        address,
        management: None,
        pool: 5,
        overflow: 5,
        via: None,
        tunnel: None,
        management_tunnel: None,
        options: BTreeMap::new(),
    }
}

/// A context with these services, whose folder is `folder`.
pub fn context(folder: &Path, services: Vec<ServiceTarget>) -> (Context, Arc<Recorder>) {
    let progress = Arc::new(Recorder::default());
    let services = services.into_iter().map(|target| (target.name.clone(), target)).collect();
    let context = Context {
        pool: Arc::new(Pool::new(Box::new(NoHosts))),
        host: None,
        services: Arc::new(services),
        cancel: Cancel::root(),
        around: Cancel::root(),
        nested: None,
        progress: progress.clone(),
        prompt: Arc::new(Nobody),
        folder: folder.to_owned(),
        sudo: None,
        environment: BTreeMap::new(),
        checkpoints: Arc::default(),
        run: "test".to_owned(),
        ahead: Arc::default(),

        diffs: false,
    };
    (context, progress)
}

/// A step of a type with these parameters.
pub fn step(kind: &str, args: serde_json::Value) -> Result<Box<dyn Step>, String> {
    (runbook::step::find(kind).expect("a known step type").build)(args)
}

/// Runs a step that needs no check before it.
pub async fn apply(cx: &Context, kind: &str, args: serde_json::Value) -> Result<Done, Failure> {
    step(kind, args).map_err(Failure::failed)?.apply(cx, None).await
}
