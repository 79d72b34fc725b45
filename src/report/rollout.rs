//! A rollout that stopped half-way, for people: who is through, who failed, who is inside and who was not let in.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::look::{Ink, Look};
use super::outside;
use crate::event::Standing;

/// The accounts of all rollouts that stopped half-way.
pub(super) fn accounts(ledger: &Ledger, look: Look) -> String {
    ledger.rollouts.iter().map(|(step, hosts)| account(step, hosts, look)).collect()
}

fn account(step: &str, hosts: &BTreeMap<String, Standing>, look: Look) -> String {
    let mut lines: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for (host, standing) in hosts {
        let (word, at) = match standing {
            Standing::Done => ("done", ""),
            Standing::Failed { step } => ("failed", step.as_str()),
            Standing::Inside { step } => ("inside", step.as_str()),
            Standing::NotStarted => ("not started", ""),
        };
        match lines.iter_mut().find(|line| (line.0, line.1) == (word, at)) {
            Some(line) => line.2.push(host),
            None => lines.push((word, at, vec![host])),
        }
    }
    lines.sort_by_key(|(word, ..)| ["done", "failed", "inside", "not started"].iter().position(|one| one == word));
    let mut text = format!("{}: {}\n", look.paint(Ink::Bad, "halted rollout"), outside::line(step));
    for (word, at, hosts) in lines {
        let at = if at.is_empty() { String::new() } else { format!("  at {}", outside::line(at)) };
        text.push_str(&format!("  {word:<12} {}{at}\n", outside::hosts(&hosts)));
    }
    text.push('\n');
    text
}
