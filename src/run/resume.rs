//! Taking a run up again where it stopped.

use serde_json::json;

use super::load::load;
use super::start::{Opening, carry_out, lock};
use super::{Company, Options, Refusal, recipe, state};
use crate::diagnostic::Problem;
use crate::event::{History, Recipe, RunOutcome, What};
use crate::id::{Ambient, iso8601};
use crate::journal::JournalError;

/// Goes on with a run: `text` is its name, the beginning of it, or `last`.
pub async fn resume(text: &str, now: &Options, ambient: &Ambient, company: Company) -> Result<u8, Refusal> {
    let store = state::open(now.state.as_deref()).await?;
    let told = |error: JournalError| match error {
        JournalError::Running { .. } => Refusal::unsafe_to(error.problem()),
        error => error.problem().into(),
    };
    let run = store.find(text).await.map_err(told)?;
    let events = store.read(&run).await.map_err(|error| Refusal {
        problems: error.problem().into(),
        status: 1,
        asked: false,
    })?;
    let history = History::of(&events).map_err(|error| Refusal {
        problems: Problem::error(error.to_string()).into(),
        status: 1,
        asked: false,
    })?;
    if history.count() == 0 {
        let problem = Problem::error(format!("run {run} was cut off before it began: nothing was done"));
        return Err(problem.hint("`runbook apply` starts a new one").into());
    }
    if history.outcome == Some(RunOutcome::Ok) {
        let problem = Problem::error(format!("run {run} ended well: nothing is left to do"));
        return Err(problem.hint("`runbook apply` starts a new one").into());
    }
    let options = recipe::options(&history.recipe, history.check, now);
    let started = chrono::DateTime::from_timestamp_millis(history.span.0).map(iso8601).unwrap_or_default();
    let names = json!({ "id": run.0, "started": started, "check": history.check });
    let loaded = load(&options, Some(names)).await?;
    if !now.accept_changes {
        unchanged(&history.recipe, &recipe::of(&options, &loaded))?;
    }
    let lock = lock(&store, &loaded, &run)?;
    let opening = Opening { run: run.clone(), began: What::RunResumed { run: run.clone() }, history, lock };
    carry_out(&options, ambient, company, loaded, opening, || async { store.resume(&run).await }).await
}

/// Refuses where what the run was started with is no longer the same.
fn unchanged(then: &Recipe, now: &Recipe) -> Result<(), Refusal> {
    let changed: Vec<&str> = then
        .digests
        .iter()
        .filter(|(name, digest)| now.digests.get(*name) != Some(digest))
        .map(|(name, _)| name.as_str())
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let problem = Problem::error(format!("the {} changed since the run was started", changed.join(" and the ")));
    Err(Refusal::unsafe_to(problem.hint("--accept-changes goes on all the same; steps are known by their position")))
}
