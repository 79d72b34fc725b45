//! `runbook runs` and `runbook show`.

use std::io::IsTerminal as _;
use std::path::Path;

use super::args::{RunsArgs, ShowArgs};
use super::problems;
use crate::journal::JournalError;
use crate::report::{Console, Json, Look, Output, Reporter as _, runs_table, show_run};
use crate::run::{Refusal, open_store};

/// Lists runs.
pub async fn list(args: &RunsArgs) -> u8 {
    let output = Output::from(args.output);
    match listed(args.state.folder.as_deref(), output).await {
        Ok(text) => {
            Console::stdout().write(&text);
            0
        }
        Err(refusal) => problems::refused(&refusal, output),
    }
}

async fn listed(folder: Option<&Path>, output: Output) -> Result<String, Refusal> {
    let runs = open_store(folder).await?.list().await.map_err(|error| error.problem())?;
    if output != Output::Json {
        return Ok(runs_table(&runs));
    }
    let line = |run: &crate::event::RunSummary| format!("{}\n", crate::report::run_json(run));
    Ok(runs.iter().map(line).collect())
}

/// Shows a run.
pub async fn show(args: &ShowArgs) -> u8 {
    let output = Output::from(args.output);
    match shown(args, output).await {
        Ok(status) => status,
        Err(refusal) => problems::refused(&refusal, output),
    }
}

async fn shown(args: &ShowArgs, output: Output) -> Result<u8, Refusal> {
    let told = |error: JournalError| Refusal::from(error.problem());
    let store = open_store(args.state.folder.as_deref()).await?;
    let run = store.find(&args.run).await.map_err(told)?;
    let summary = store.summary(&run).await.map_err(told)?;
    let (events, damage) = store.read_prefix(&run).await;
    if output == Output::Json {
        let mut json = Json::new(Console::stdout());
        for event in &events {
            json.event(event);
        }
        json.finish();
    } else {
        let (look, _) = Look::detect(std::io::stdout().is_terminal(), |name| std::env::var(name).ok());
        let look = Look { verbose: args.verbose, diff: args.verbose, ..look };
        Console::stdout().write(&show_run(&summary, &events, look));
    }
    match damage {
        Some(damage) => Err(Refusal { problems: damage.problem().into(), status: 1, asked: false }),
        None => Ok(0),
    }
}
