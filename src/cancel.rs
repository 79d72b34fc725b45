//! The tree of cancellation: run, play, host, step, attempt. Each wait of the program is under one of its nodes.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Why something was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The person or the system asked for an end; the number is the signal's (2 SIGINT, 15 SIGTERM, 1 SIGHUP).
    Interrupted(i32),
    /// The step's `timeout` has passed.
    TimedOut(Duration),
    /// The run ends for another reason (the journal cannot be written, nobody needs the result any more).
    Abandoned,
}

#[derive(Default)]
struct State {
    token: CancellationToken,
    reason: OnceLock<Reason>,
    parent: Option<Cancel>,
}

/// A node of the tree: cancelled by itself or through its ancestors.
#[derive(Clone)]
pub struct Cancel(Arc<State>);

impl Cancel {
    /// The root of a tree.
    pub fn root() -> Self {
        Self(Arc::default())
    }

    /// A node below this one.
    pub fn child(&self) -> Self {
        let token = self.0.token.child_token();
        Self(Arc::new(State { token, reason: OnceLock::new(), parent: Some(self.clone()) }))
    }

    /// Cancels this node and all below it. The first reason counts.
    pub fn cancel(&self, reason: Reason) {
        let _ = self.0.reason.set(reason);
        self.0.token.cancel();
    }

    /// Why this node is cancelled, if it is.
    pub fn reason(&self) -> Option<Reason> {
        if !self.0.token.is_cancelled() {
            return None;
        }
        let own = self.0.reason.get().copied();
        own.or_else(|| self.0.parent.as_ref().and_then(Self::reason)).or(Some(Reason::Abandoned))
    }

    /// Waits until this node is cancelled.
    pub async fn cancelled(&self) -> Reason {
        self.0.token.cancelled().await;
        self.reason().unwrap_or(Reason::Abandoned)
    }

    /// Runs `work` until it ends or this node is cancelled; in the second case `work` is dropped.
    pub async fn bound<T>(&self, work: impl Future<Output = T>) -> Result<T, Reason> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            reason = self.cancelled() => Err(reason),
        }
    }

    /// A child of `root` that outlives this node by `grace`; the guard stops the clock when it is dropped.
    pub fn outlived(&self, grace: Duration, root: &Self) -> (Self, Deadline) {
        let (node, child) = (self.clone(), root.child());
        let outliving = child.clone();
        let timer = tokio::spawn(async move {
            let reason = node.cancelled().await;
            tokio::time::sleep(grace).await;
            outliving.cancel(reason);
        });
        (child, Deadline(Some(timer)))
    }

    /// A child that is cancelled by itself once `limit` has passed; the guard stops the clock when it is dropped.
    pub fn child_for(&self, limit: Option<Duration>) -> (Self, Deadline) {
        let child = self.child();
        let timer = limit.map(|limit| {
            let child = child.clone();
            tokio::spawn(async move {
                tokio::time::sleep(limit).await;
                child.cancel(Reason::TimedOut(limit));
            })
        });
        (child, Deadline(timer))
    }
}

/// Stops the clock of [`Cancel::child_for`] and [`Cancel::outlived`] when dropped.
pub struct Deadline(Option<tokio::task::JoinHandle<()>>);

impl Drop for Deadline {
    fn drop(&mut self) {
        if let Some(timer) = &self.0 {
            timer.abort();
        }
    }
}
