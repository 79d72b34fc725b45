//! Meeting points: a step that runs once per batch waits until every host of the batch has arrived at it, passed it by
//! or left, and at least one has arrived.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::event::StepPath;

/// All meeting points of a batch. `E` is what a meeting ends with, `P` what each host brings along.
pub struct Meetings<E, P> {
    members: BTreeSet<Arc<str>>,
    state: Mutex<State<E, P>>,
}

struct State<E, P> {
    gone: BTreeSet<Arc<str>>,
    /// Parts of the tree that a host is through with: it will arrive at no meeting point below them any more.
    done: Vec<(Arc<str>, StepPath)>,
    points: BTreeMap<StepPath, Point<E, P>>,
}

impl<E, P> State<E, P> {
    fn new() -> Self {
        Self { gone: BTreeSet::new(), done: Vec::new(), points: BTreeMap::new() }
    }
}

struct Point<E, P> {
    arrived: BTreeMap<Arc<str>, P>,
    passed: BTreeSet<Arc<str>>,
    begun: bool,
    end: watch::Sender<Option<E>>,
}

/// A meeting for which nobody is missing any more: whoever is handed it runs the step.
pub struct Ready<P> {
    /// Which.
    pub path: StepPath,
    /// The hosts that arrived, by name, and what they brought.
    pub arrived: Vec<(Arc<str>, P)>,
}

impl<E: Clone, P: Clone> Meetings<E, P> {
    /// No meeting has begun.
    pub fn new(members: impl IntoIterator<Item = Arc<str>>) -> Self {
        Self { members: members.into_iter().collect(), state: Mutex::new(State::new()) }
    }

    /// A host arrives. The receiver gets the end of the meeting.
    pub fn arrive(
        &self,
        path: &StepPath,
        host: &Arc<str>,
        brings: P,
    ) -> (watch::Receiver<Option<E>>, Option<Ready<P>>) {
        let mut state = self.lock();
        let State { gone, done, points } = &mut *state;
        let point = points.entry(path.clone()).or_insert_with(|| Point {
            arrived: BTreeMap::new(),
            passed: done.iter().filter(|(_, part)| is_below(path, part)).map(|(host, _)| Arc::clone(host)).collect(),
            begun: false,
            end: watch::Sender::new(None),
        });
        point.passed.remove(host);
        point.arrived.insert(Arc::clone(host), brings);
        let receiver = point.end.subscribe();
        (receiver, point.ready(path, &self.members, gone))
    }

    /// A host that has arrived does not wait any longer; nothing happens where the meeting has begun.
    pub fn withdraw(&self, path: &StepPath, host: &Arc<str>) {
        if let Some(point) = self.lock().points.get_mut(path).filter(|point| !point.begun) {
            point.arrived.remove(host);
        }
    }

    /// A host is through with a part of the tree.
    pub fn pass(&self, part: &StepPath, host: &Arc<str>) -> Vec<Ready<P>> {
        let mut state = self.lock();
        let State { gone, done, points } = &mut *state;
        done.push((Arc::clone(host), part.clone()));
        let mut ready = Vec::new();
        for (path, point) in points.iter_mut().filter(|(path, _)| is_below(path, part)) {
            if !point.arrived.contains_key(host) {
                point.passed.insert(Arc::clone(host));
                ready.extend(point.ready(path, &self.members, gone));
            }
        }
        ready
    }

    /// A host leaves the run, or has reached the end of its steps.
    pub fn leave(&self, host: &Arc<str>) -> Vec<Ready<P>> {
        let mut state = self.lock();
        let State { gone, points, .. } = &mut *state;
        gone.insert(Arc::clone(host));
        points.iter_mut().filter_map(|(path, point)| point.ready(path, &self.members, gone)).collect()
    }

    /// Forgets all meetings and who has left. What the hosts brought along holds on to them, and they to the meetings.
    pub fn begin_again(&self) {
        *self.lock() = State::new();
    }

    /// Ends a meeting for all who arrived.
    pub fn end(&self, path: &StepPath, end: E) {
        if let Some(point) = self.lock().points.get(path) {
            point.end.send_replace(Some(end));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<E, P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E, P: Clone> Point<E, P> {
    fn ready(&mut self, path: &StepPath, members: &BTreeSet<Arc<str>>, gone: &BTreeSet<Arc<str>>) -> Option<Ready<P>> {
        let accounted =
            |host: &&Arc<str>| self.arrived.contains_key(*host) || self.passed.contains(*host) || gone.contains(*host);
        if self.begun || self.arrived.is_empty() || !members.iter().all(|host| accounted(&host)) {
            return None;
        }
        self.begun = true;
        let arrived = self.arrived.iter().map(|(host, brought)| (Arc::clone(host), brought.clone())).collect();
        Some(Ready { path: path.clone(), arrived })
    }
}

fn is_below(path: &StepPath, part: &StepPath) -> bool {
    path.0.starts_with(&part.0)
}
