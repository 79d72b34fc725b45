//! `runbook apply` and `runbook resume`.

use std::io::IsTerminal as _;
use std::sync::Arc;

use super::args::{ApplyArgs, Looks, ResumeArgs};
use super::ask::Terminal;
use super::problems;
use crate::id::Ambient;
use crate::report::{Look, Output, reporters};
use crate::run::{Company, Options, Refusal, Stage};

/// Runs a playbook.
pub async fn apply(args: &ApplyArgs) -> u8 {
    let options = Options {
        playbook: args.playbook.clone(),
        forks: args.forks.into(),
        check: args.check,
        diff: args.diff || args.looks.verbose,
        yes: args.yes,
        ssh_config: args.ssh.ssh_config.clone(),
        host_keys: args.ssh.host_keys.into(),
        state: args.state.folder.clone(),
        ..args.sources.options()
    };
    let company = company(&args.looks, args.diff, args.yes);
    told(crate::run::apply(&options, &Ambient::system(), company).await, args.looks.output.into())
}

/// Takes a run up again.
pub async fn resume(args: &ResumeArgs) -> u8 {
    let options = Options {
        forks: 50,
        yes: args.yes,
        on_unknown: args.on_unknown.into(),
        accept_changes: args.accept_changes,
        state: args.state.folder.clone(),
        ..Options::default()
    };
    let company = company(&args.looks, false, args.yes);
    told(crate::run::resume(&args.run, &options, &Ambient::system(), company).await, args.looks.output.into())
}

fn told(result: Result<u8, Refusal>, output: Output) -> u8 {
    result.unwrap_or_else(|refusal| problems::refused(&refusal, output))
}

fn company(looks: &Looks, diff: bool, yes: bool) -> Company {
    let output = Output::from(looks.output);
    let terminal = match output {
        Output::Human => std::io::stdout().is_terminal(),
        Output::Json | Output::Junit => std::io::stderr().is_terminal(),
    };
    let (look, live) = Look::detect(terminal, |name| std::env::var(name).ok());
    let look = Look { verbose: looks.verbose, diff: diff || looks.verbose, ..look };
    let stage = Stage::new(reporters(output, look, live));
    Company { prompt: Arc::new(Terminal { yes, stage: stage.clone() }), stage }
}
