//! The journal, the fold over it, and what is reported of it.

mod damage;
mod histories;
mod live;
mod reports;
mod screen;
mod stores;

use std::collections::BTreeMap;

use runbook::event::{
    Class, Event, Outcome, Recipe, RunOutcome, StepError, StepFinished, StepKey, Tally, Target, What,
};
use runbook::id::RunId;
use serde_json::{Value, json};

/// The time of the first event.
const START: i64 = 1_795_000_000_000;

fn key(text: &str) -> StepKey {
    text.parse().expect("a step key")
}

fn run() -> RunId {
    RunId("20261123-164012-3f9a1c".to_owned())
}

/// Events a second apart.
fn events(what: impl IntoIterator<Item = What>) -> Vec<Event> {
    what.into_iter().enumerate().map(|(n, what)| Event { at: START + 1000 * i64::try_from(n).unwrap(), what }).collect()
}

fn run_started() -> What {
    let recipe = Recipe { playbook: "/srv/shop/deploy.yml".to_owned(), ..Recipe::default() };
    What::RunStarted { run: run(), name: "Deploy the shop".to_owned(), recipe, check: false }
}

fn play_started(hosts: &[&str]) -> What {
    What::PlayStarted { play: 0, name: "Web tier".to_owned(), hosts: hosts.iter().map(ToString::to_string).collect() }
}

fn batch_started(batch: u32, hosts: &[&str]) -> What {
    What::BatchStarted { play: 0, batch, hosts: hosts.iter().map(ToString::to_string).collect() }
}

fn started(at: &str) -> What {
    What::StepStarted { key: key(at), name: name(at), kind: "exec".to_owned(), class: Class::Action }
}

/// The name of the step at a key: `step 2`.
fn name(at: &str) -> String {
    let path = key(at).path.to_string();
    format!("step {path}")
}

fn finished(at: &str, outcome: Outcome) -> What {
    ended(at, outcome, json!({"changed": outcome == Outcome::Changed, "failed": !outcome.is_good(), "skipped": false}))
}

fn ended(at: &str, outcome: Outcome, result: Value) -> What {
    What::StepFinished(Box::new(end(at, outcome, result)))
}

fn end(at: &str, outcome: Outcome, result: Value) -> StepFinished {
    let key = key(at);
    let host = match &key.target {
        Target::Host(host) => Some(host.clone()),
        Target::Service => None,
    };
    let error = (!outcome.is_good()).then(|| error("exit status 1"));
    StepFinished {
        key,
        play: "Web tier".to_owned(),
        step: name(at),
        kind: "exec".to_owned(),
        host,
        outcome,
        result,
        error,
        diff: None,
        duration: 40,
        withheld: false,
        ignored: false,
    }
}

fn error(message: &str) -> StepError {
    let place = Some("deploy.yml:14:7".to_owned());
    StepError { message: message.to_owned(), hint: None, stage: None, place, refused: false }
}

fn run_finished(outcome: RunOutcome, hosts: &[(&str, Tally)]) -> What {
    let hosts: BTreeMap<String, Tally> = hosts.iter().map(|(host, tally)| ((*host).to_owned(), *tally)).collect();
    What::RunFinished { run: run(), outcome, hosts, services: Tally::default() }
}
