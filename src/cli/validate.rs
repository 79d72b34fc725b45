//! `runbook validate`.

use super::args::ValidateArgs;
use super::problems;
use crate::report::{Console, Output};
use crate::run::{Options, Refusal, load};
use crate::text::{count, visible};

/// Checks each playbook; 2 if one is wrong.
pub async fn run(args: &ValidateArgs) -> u8 {
    let output = Output::from(args.looks.output);
    let mut status = 0;
    for playbook in &args.playbooks {
        let options = Options { playbook: playbook.clone(), ..args.sources.options() };
        match load(&options, None).await {
            Ok(loaded) if output != Output::Json => {
                problems::found(&loaded.inventory.warnings, output);
                let steps: usize = loaded.plan.plays.iter().map(|play| crate::plan::count_steps(&play.steps)).sum();
                let plays = count(loaded.plan.plays.len(), "play");
                let name = playbook.display().to_string();
                Console::stdout().write(&format!("{}: ok ({plays}, {})\n", visible(&name), count(steps, "step")));
            }
            Ok(_) => {}
            Err(found) => status = problems::refused(&Refusal::from(found), output),
        }
    }
    status
}
