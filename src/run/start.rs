//! From options to the end of a run.

use std::sync::Arc;

use serde_json::json;

use super::hub::Hub;
use super::load::{Loaded, load};
use super::{Company, Options, Refusal, recipe, secrets, signals, state};
use crate::cancel::Cancel;
use crate::connection::Pool;
use crate::connection::host::{SshDialler, SshSettings};
use crate::diagnostic::{Problem, Problems};
use crate::event::{Emitter, History, What, exit_code};
use crate::execute::{Equipment, Execution, Settings, preflight};
use crate::id::{Ambient, RunId, iso8601};
use crate::journal::{Journal, JournalError, RunLock, Store};
use crate::plan::Plan;
use crate::template::{Binding, Rules, Scope, Sink};

/// So many events may wait for the hub before steps are held back.
const QUEUE: usize = 4096;

/// Runs a playbook; the exit status of a run that began, or why it did not.
pub async fn apply(options: &Options, ambient: &Ambient, company: Company) -> Result<u8, Refusal> {
    let run = RunId::new(ambient);
    let started = iso8601(ambient.clock.now());
    let names = json!({ "id": run.0, "started": started, "check": options.check });
    let loaded = load(options, Some(names)).await?;
    let store = state::open(options.state.as_deref()).await?;
    let lock = lock(&store, &loaded, &run)?;
    let recipe = recipe::of(options, &loaded);
    let began = What::RunStarted { run: run.clone(), name: loaded.playbook.name.clone(), recipe, check: options.check };
    let opening = Opening { run: run.clone(), began, history: History::default(), lock };
    let journal = || async { store.begin(&run).await };
    carry_out(options, ambient, company, loaded, opening, journal).await
}

/// How a run begins or goes on.
pub struct Opening {
    /// Which.
    pub run: RunId,
    /// The first event.
    pub began: What,
    /// What happened in earlier processes.
    pub history: History,
    /// Held to the end.
    pub lock: Option<RunLock>,
}

/// Connects everything, looks before it leaps, runs, and closes what was opened.
pub async fn carry_out<J: Future<Output = Result<Box<dyn Journal>, JournalError>>>(
    options: &Options,
    ambient: &Ambient,
    company: Company,
    loaded: Loaded,
    opening: Opening,
    journal: impl FnOnce() -> J,
) -> Result<u8, Refusal> {
    let cancel = Cancel::root();
    let listening = signals::listen(&cancel);
    let ssh = SshSettings {
        config: options.ssh_config.clone(),
        host_keys: options.host_keys,
        withheld: secrets::variables(&loaded.playbook),
        ..SshSettings::default()
    };
    let pool = Arc::new(Pool::new(Box::new(SshDialler::new(ssh))));
    let (emitter, events) = Emitter::new(Arc::clone(&ambient.clock), QUEUE);
    let settings = Settings {
        forks: options.forks,
        check: options.check,
        diff: options.diff,
        yes: options.yes,
        on_unknown: options.on_unknown,
    };
    let execution = Arc::new(Execution::new(Equipment {
        plan: Arc::clone(&loaded.plan),
        files: Arc::clone(&loaded.files),
        pool: Arc::clone(&pool),
        emitter: emitter.clone(),
        history: opening.history,
        settings,
        prompt: Arc::clone(&company.prompt),
        cancel: cancel.clone(),
        run: opening.run,
        faults: crate::fault::of_environment(),
    }));
    if !execution.lost_results().is_empty() {
        listening.abort();
        return Err(lost(execution.lost_results()));
    }
    let objections = preflight(&execution).await;
    if !objections.is_empty() {
        pool.close().await;
        listening.abort();
        return Err(refused(objections));
    }
    let hub = Hub {
        journal: journal().await.map_err(|error| error.problem())?,
        stage: company.stage,
        redactor: loaded.redactor.clone(),
        cancel: cancel.clone(),
        clock: Arc::clone(&ambient.clock),
    };
    let hub = tokio::spawn(hub.work(events));
    // If the journal cannot be written the hub cancels the run, and says why at the end.
    let _ = emitter.emit_durably(opening.began).await;
    drop(emitter);
    let verdict = execution.run().await;
    pool.close().await;
    let written = hub.await.unwrap_or(Ok(()));
    listening.abort();
    drop(opening.lock);
    if let Err(error) = written {
        return Err(Refusal { problems: error.problem().into(), status: 1, asked: false });
    }
    let signal = match cancel.reason() {
        Some(crate::cancel::Reason::Interrupted(signal)) => Some(signal),
        _ => None,
    };
    Ok(exit_code(verdict.outcome(), signal))
}

fn refused(objections: Vec<crate::execute::Objection>) -> Refusal {
    let mut problems = Problems::default();
    for objection in objections {
        let place = objection.error.place.map(|place| format!(" ({place})")).unwrap_or_default();
        let problem = Problem::error(format!("step \"{}\"{place}: {}", objection.step, objection.error.message));
        problems.push(match objection.error.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    }
    Refusal { problems, status: 4, asked: false }
}

/// Results that were never written down are wanted, and what gave them must not be done twice.
fn lost(steps: &[String]) -> Refusal {
    let steps = steps.join(", ");
    let message = format!("the result of {steps} was kept out of the journal, and a step that is not done needs it");
    let problem = Problem::error(message).hint(
        "an action is not repeated for its result; where repeating is safe, give it `class: converge` and use \
         --accept-changes, else start a new run",
    );
    Refusal::unsafe_to(problem)
}

/// `lock:` of the playbook.
pub fn lock(store: &Store, loaded: &Loaded, run: &RunId) -> Result<Option<RunLock>, Refusal> {
    let Some(name) = lock_name(&loaded.plan)? else { return Ok(None) };
    match store.lock(&name, run) {
        Ok(lock) => Ok(Some(lock)),
        Err(error @ JournalError::Locked { .. }) => Err(Refusal::unsafe_to(error.problem())),
        Err(error) => Err(error.problem().into()),
    }
}

fn lock_name(plan: &Plan) -> Result<Option<String>, Problem> {
    let Some(tree) = &plan.lock else { return Ok(None) };
    let vars = plan.plays.first().and_then(|play| play.vars.first()).cloned().unwrap_or_default();
    let scope: Scope = plan.all_vars.with(vars).with(plan.top.clone());
    debug_assert!(!matches!(scope.lookup("inputs"), Some(Binding::Unknown(_))));
    let data = tree.evaluate(&scope, Rules::of(Sink::Name))?;
    Ok(Some(data.value.to_string()))
}
