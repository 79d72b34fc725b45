//! Problems, printed.

use std::process::ExitCode;

use crate::diagnostic::{Problems, render};
use crate::report::{Console, Output, problem_json};
use crate::run::Refusal;

/// Nothing was started: says why, and that nothing was touched.
pub fn refused(refusal: &Refusal, output: Output) -> u8 {
    found(&refusal.problems, output);
    if output != Output::Json && (refusal.status == 3 || refusal.asked) {
        Console::stderr().write("nothing was changed\n");
        return refusal.status;
    }
    if output != Output::Json && refusal.status == 2 {
        Console::stderr().write("nothing was changed: no host, broker or database was contacted\n");
    }
    if output != Output::Json && refusal.status == 4 {
        Console::stderr().write("nothing was changed\n");
    }
    refusal.status
}

/// Problems: text on standard error, or events on standard output.
pub fn found(problems: &Problems, output: Output) {
    if output == Output::Json {
        let mut console = Console::stdout();
        problems.iter().for_each(|problem| console.write(&format!("{}\n", problem_json(problem))));
    } else {
        Console::stderr().write(&render(problems));
    }
}

/// Something in here is wrong. Of the panic only its place is told: its words may hold whatever went through.
pub fn panicked(info: &std::panic::PanicHookInfo<'_>) {
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    Console::stderr().write(&format!("error: runbook {version} failed in itself (a panic{place}): please report it\n"));
}

/// A failure before anything could be read.
pub fn plainly(message: &str) -> ExitCode {
    Console::stderr().write(&format!("error: {message}\n"));
    ExitCode::from(1)
}
