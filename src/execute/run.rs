//! One execution: what all its hosts share, and the order of plays.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OnceCell, Semaphore};

use super::batch::Batch;
use super::owed::Owed;
use super::seat::Snapshot;
use super::throttle::Slots;
use crate::cancel::{Cancel, Reason};
use crate::connection::Pool;
use crate::event::{Emitter, History, Outcome, RunVerdict, StepPath, Tally, What};
use crate::fault::Faults;
use crate::id::RunId;
use crate::plan::{Files, HostPlan, Names, Plan};
use crate::secret::Taint;
use crate::step::Prompt;
use crate::template::{Binding, Data, Record};
use crate::text::listed;

/// What to do with an action of an earlier process whose end was not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnknown {
    /// Ask on a terminal; where there is none, as `Fail`.
    #[default]
    Ask,
    /// Run it again.
    Retry,
    /// Take it for done, without a result.
    Skip,
    /// The host stays where it is: unknown.
    Fail,
}

/// How a plan is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many steps run at the same time.
    pub forks: usize,
    /// Change nothing (`--check`).
    pub check: bool,
    /// Work out differences for people (`--diff`, `-v`).
    pub diff: bool,
    /// Agreed to what is destructive (`--yes`).
    pub yes: bool,
    /// For a run that is taken up again.
    pub on_unknown: OnUnknown,
}

/// Everything an execution needs.
pub struct Equipment {
    /// What to do.
    pub plan: Arc<Plan>,
    /// The local files.
    pub files: Arc<Files>,
    /// The connections.
    pub pool: Arc<Pool>,
    /// Where events go.
    pub emitter: Emitter,
    /// What happened in earlier processes of this run.
    pub history: History,
    /// How to do it.
    pub settings: Settings,
    /// Asked by `confirm`.
    pub prompt: Arc<dyn Prompt>,
    /// Ends the run.
    pub cancel: Cancel,
    /// The run.
    pub run: RunId,
    /// What goes wrong on purpose.
    pub faults: Arc<dyn Faults>,
}

/// An execution, shared by all its hosts.
pub struct Execution {
    equipment: Equipment,
    /// What a run that is taken up again must do once more.
    pub(super) owed: Owed,
    pub(super) state: Mutex<State>,
    pub(super) permits: Semaphore,
}

/// What changes while the run goes on.
#[derive(Default)]
pub struct State {
    /// What service steps have registered.
    pub shared: Names,
    /// Hosts by name.
    pub hosts: BTreeMap<Arc<str>, HostState>,
    /// The slots of `throttle`, by play, batch and path.
    pub slots: BTreeMap<(usize, u32, StepPath), Arc<Slots>>,
    /// How many steps ended how, per host.
    pub tallies: BTreeMap<String, Tally>,
    /// The same for services.
    pub services: Tally,
    /// What has gone wrong.
    pub verdict: RunVerdict,
    /// Under `--check`: what steps would have written in services.
    pub promised: BTreeSet<String>,
}

/// A host in the run.
#[derive(Default)]
pub struct HostState {
    /// What its steps have registered and set; kept in later plays.
    pub names: Names,
    /// The same as it stood at its last meeting point: what other hosts see.
    pub published: Names,
    /// The step it has begun last, or at which it has failed.
    pub at: String,
    /// The last play whose steps it has gone through.
    pub through: Option<usize>,
    /// It has left the run.
    pub left: Option<Outcome>,
    /// What it is, once somebody has wanted to know.
    pub facts: Arc<OnceCell<Data>>,
    /// The handlers that wait for the end of the batch.
    pub notified: BTreeSet<String>,
}

impl Deref for Execution {
    type Target = Equipment;

    fn deref(&self) -> &Equipment {
        &self.equipment
    }
}

impl Execution {
    /// An execution that has not begun.
    pub fn new(equipment: Equipment) -> Self {
        let permits = Semaphore::new(equipment.settings.forks.max(1));
        let owed = Owed::of(&equipment.plan, &equipment.history);
        Self { equipment, owed, state: Mutex::default(), permits }
    }

    /// Actions that are done, whose results were kept secret, and which a step that is not done still wants.
    pub fn lost_results(&self) -> &[String] {
        &self.owed.lost
    }

    /// Carries out every play, and tells the end.
    pub async fn run(self: Arc<Self>) -> RunVerdict {
        for play in 0..self.plan.plays.len() {
            if !self.play(play).await {
                self.tell_not_begun(play + 1).await;
                break;
            }
        }
        let (verdict, hosts, services) = {
            let mut state = self.state();
            match self.cancel.reason() {
                Some(Reason::Interrupted(_)) => state.verdict.interrupt(),
                Some(Reason::TimedOut(_) | Reason::Abandoned) => state.verdict.fail(),
                None => {}
            }
            (state.verdict, state.tallies.clone(), state.services)
        };
        let outcome = verdict.outcome();
        let finished = What::RunFinished { run: self.run.clone(), outcome, hosts, services };
        // If the journal is gone the hub has said so already.
        let _ = self.emitter.emit_durably(finished).await;
        verdict
    }

    /// Plays that do not begin because hosts have failed.
    async fn tell_not_begun(&self, from: usize) {
        let names: Vec<String> = self.plan.plays[from..].iter().map(|play| format!("\"{}\"", play.name)).collect();
        if names.is_empty() || self.cancel.reason().is_some() {
            return;
        }
        let message = format!("not begun, because hosts have failed: {}", listed(&names, "play"));
        // If the journal is gone, the run is cancelled by the hub.
        let _ = self.emitter.emit(What::Warned { message }).await;
    }

    /// Whether the next play may begin.
    async fn play(self: &Arc<Self>, index: usize) -> bool {
        let play = &self.plan.plays[index];
        let hosts = play.batches.iter().flatten().map(ToString::to_string).collect();
        let started = What::PlayStarted { play: play.index, name: play.name.clone(), hosts };
        if self.emitter.emit(started).await.is_err() {
            return false;
        }
        for number in 0..play.batches.len() {
            if !self.batch(index, number).await {
                self.tell_batches(index, number).await;
                return false;
            }
        }
        true
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a host has left the run.
    pub(super) fn has_left(&self, host: &str) -> bool {
        self.state().hosts.get(host).is_some_and(|host| host.left.is_some())
    }

    /// Lets others see what these hosts (or all) have registered.
    pub(super) fn publish(&self, hosts: Option<&[Arc<str>]>) {
        if !self.plan.uses_hostvars {
            return;
        }
        let mut state = self.state();
        for (_, host) in state.hosts.iter_mut().filter(|(name, _)| hosts.is_none_or(|hosts| hosts.contains(name))) {
            host.published.clone_from(&host.names);
        }
    }

    /// What the hosts of a batch see of one another and of services from now on.
    pub(super) fn snapshot(&self, batch: &Batch) -> Snapshot {
        let mut above = Names::new();
        let is_on_control = self.plan.plays[batch.play].on_control;
        let hosts = serde_json::json!(if is_on_control { &[][..] } else { batch.members.as_slice() });
        above.insert("hosts".into(), Binding::Known(Data::from_json(&hosts, Taint::PUBLIC)));
        if self.plan.uses_hostvars {
            above.insert("hostvars".into(), self.hostvars());
        }
        Snapshot { shared: self.state().shared.clone(), above }
    }

    /// `hostvars`: each host's vars and what it has published.
    fn hostvars(&self) -> Binding {
        let state = self.state();
        let view = |(name, host): (&Arc<str>, &Arc<HostPlan>)| {
            let mut vars = match host.own.get("host") {
                Some(Binding::Record(view)) => match view.get("vars") {
                    Some(Binding::Record(vars)) => vars.as_ref().clone(),
                    _ => Record::new(),
                },
                _ => Record::new(),
            };
            let registered = state.hosts.get(name).into_iter().flat_map(|host| &host.published);
            vars.extend(registered.map(|(name, binding)| (Arc::clone(name), binding.clone())));
            (Arc::clone(name), Binding::Record(Arc::new(vars)))
        };
        Binding::Record(Arc::new(self.plan.hosts.iter().map(view).collect()))
    }
}
