//! The `runbook` binary: hands its arguments to [`runbook::cli`] and exits with the status it answers.

fn main() -> std::process::ExitCode {
    runbook::cli::main()
}
