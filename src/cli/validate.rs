//! `runbook validate`.

use super::args::{FindingsArg, ValidateArgs};
use super::problems;
use crate::diagnostic::Problems;
use crate::plan::count_steps;
use crate::report::{Console, Output, sarif};
use crate::run::{Loaded, Options, load};
use crate::text::{count, visible};

/// Checks each playbook; 2 if one is wrong.
pub async fn run(args: &ValidateArgs) -> u8 {
    let mut status = 0;
    let mut all = Problems::default();
    for playbook in &args.playbooks {
        let options = Options { playbook: playbook.clone(), ..args.sources.options() };
        let loaded = load(&options, None).await;
        if loaded.is_err() {
            status = 2;
        }
        match (args.output, loaded) {
            (FindingsArg::Sarif, loaded) => {
                all.extend(loaded.map_or_else(|refusal| refusal.problems, |loaded| loaded.warnings()));
            }
            (FindingsArg::Json, Ok(loaded)) => problems::found(&loaded.warnings(), Output::Json),
            (FindingsArg::Human, Ok(loaded)) => praise(&playbook.display().to_string(), &loaded, args.verbose),
            (output, Err(refusal)) => {
                let output = if output == FindingsArg::Json { Output::Json } else { Output::Human };
                problems::refused(&refusal, output);
            }
        }
    }
    if args.output == FindingsArg::Sarif {
        Console::stdout().write(&format!("{:#}\n", sarif(&all)));
    }
    status
}

fn praise(playbook: &str, loaded: &Loaded, verbose: bool) {
    problems::found(&loaded.warnings(), Output::Human);
    let steps: usize = loaded.plan.plays.iter().map(|play| count_steps(&play.steps)).sum();
    let plays = count(loaded.plan.plays.len(), "play");
    Console::stdout().write(&format!("{}: ok ({plays}, {})\n", visible(playbook), count(steps, "step")));
    for play in loaded.plan.plays.iter().filter(|_| verbose) {
        let hosts: usize = play.batches.iter().map(Vec::len).sum();
        let on = match (play.on_control, play.batches.len()) {
            (true, _) => "the control machine".to_owned(),
            (false, 1) => count(hosts, "host"),
            (false, batches) => format!("{} in {}", count(hosts, "host"), count(batches, "batch")),
        };
        let steps = count(count_steps(&play.steps), "step");
        Console::stdout().write(&format!("  {}: {steps} on {on}\n", visible(&play.name)));
    }
}
