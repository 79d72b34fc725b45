//! One run in detail, from its journal.

use super::ledger::Ledger;
use super::look::Look;
use super::narrator::Narrator;
use super::runs::{moment, took};
use super::{outside, rollout, summary};
use crate::event::{Event, History, Past, RunState, RunSummary, What};

/// A run in detail: what it was started with, what happened, where it stands and what can be done.
pub fn show_run(run: &RunSummary, events: &[Event], look: Look) -> String {
    let history = History::of(events);
    let mut out = head(run);
    if let Ok(history) = &history {
        recipe(history, &mut out);
    }
    let mut narrator = Narrator::new(look);
    for event in events.iter().filter(|event| !matches!(event.what, What::RunFinished { .. })) {
        out.push_str(&narrator.tell(event));
    }
    out.push_str(&narrator.flush());
    match history {
        Ok(history) => {
            let table = summary::tallies(&history.hosts, history.services);
            if !table.is_empty() {
                out.push_str(&format!("\n{table}"));
            }
            out.push_str(&open_steps(&history));
        }
        Err(contradiction) => out.push_str(&format!("\n{contradiction}\n")),
    }
    let ledger = Ledger::of(events);
    let troubles = summary::troubles(&ledger, look) + &rollout::accounts(&ledger, look);
    if !troubles.is_empty() {
        out.push_str(&format!("\n{}", troubles.trim_end_matches('\n')));
        out.push('\n');
    }
    if run.state.can_resume() && !run.check {
        out.push_str(&format!("\ngo on with: runbook resume {}\n", outside::line(&run.id.0)));
    }
    out
}

fn head(run: &RunSummary) -> String {
    let state = match &run.state {
        RunState::Running { pid } => format!("running (process {pid})"),
        RunState::Damaged(why) => format!("damaged: {}", outside::line(why)),
        other => other.word().to_owned(),
    };
    let rows = [
        ("run", outside::line(&run.id.0)),
        ("name", outside::line(&run.name)),
        ("started", format!("{} UTC", moment(run.started))),
        ("took", took(run)),
        ("outcome", state),
    ];
    rows.map(|(key, value)| format!("{key:<10} {value}\n")).concat()
}

fn recipe(history: &History, out: &mut String) {
    let recipe = &history.recipe;
    let mut row = |key: &str, value: &str| out.push_str(&format!("{key:<10} {}\n", outside::line(value)));
    row("playbook", &recipe.playbook);
    recipe.inventories.iter().for_each(|inventory| row("inventory", inventory));
    recipe.extra.iter().for_each(|extra| row("-e", extra));
    if history.resumed > 0 {
        row("resumed", &crate::text::count(history.resumed as usize, "time"));
    }
    out.push('\n');
}

/// Steps that began and have no end.
fn open_steps(history: &History) -> String {
    const SHOWN: usize = 20;
    let open: Vec<_> = history.steps.iter().filter(|(_, past)| matches!(past, Past::Started { .. })).collect();
    let lines = open.iter().take(SHOWN).map(|(key, _)| format!("no end seen: {}\n", outside::line(&key.to_string())));
    let mut text: String = lines.collect();
    if open.len() > SHOWN {
        text.push_str(&format!("... {} more\n", open.len() - SHOWN));
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}
