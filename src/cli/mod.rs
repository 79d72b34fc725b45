//! The command line: reads arguments, calls [`run`](crate::run), prints what it answers, and exits with its status.

mod apply;
mod args;
mod ask;
mod inventory;
mod man;
mod problems;
mod runs;
mod validate;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command, SchemaArg};

/// Runs the program.
pub fn main() -> ExitCode {
    // ssh runs this binary to be answered a password.
    if let Some(code) = crate::connection::host::askpass() {
        return code;
    }
    std::panic::set_hook(Box::new(problems::panicked));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let status = if error.use_stderr() { 2 } else { 0 };
            // A closed output stops nothing.
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else {
        return problems::plainly("the program cannot start its threads");
    };
    let status = runtime.block_on(dispatch(cli.command));
    // A thread that waits for a person's answer must not hold the program.
    runtime.shutdown_background();
    ExitCode::from(status)
}

async fn dispatch(command: Command) -> u8 {
    match command {
        Command::Validate(args) => validate::run(&args).await,
        Command::Apply(args) => apply::apply(&args).await,
        Command::Resume(args) => apply::resume(&args).await,
        Command::Runs(args) => runs::list(&args).await,
        Command::Show(args) => runs::show(&args).await,
        Command::Inventory(args) => inventory::run(&args).await,
        Command::Schema { of } => {
            let schema = match of {
                SchemaArg::Playbook => crate::plan::schema(),
                SchemaArg::Inventory => crate::inventory::schema(),
            };
            let text = format!("{schema:#}\n");
            crate::report::Console::stdout().write(&text);
            0
        }
        Command::Man { folder } => man::run(folder.as_deref()),
        Command::Completions { shell } => {
            args::completions(shell);
            0
        }
    }
}
