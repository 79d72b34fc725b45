//! Questions to the person at the terminal.

use std::io::{BufRead as _, IsTerminal as _};

use async_trait::async_trait;

use crate::cancel::Cancel;
use crate::report::Console;
use crate::run::Stage;
use crate::step::{Failure, FailureKind, Prompt};
use crate::text::visible;

/// Asks on the terminal; `--yes` answers every question that a step asks.
pub struct Terminal {
    /// `--yes`.
    pub yes: bool,
    /// Makes room for the question.
    pub stage: Stage,
}

#[async_trait]
impl Prompt for Terminal {
    async fn confirm(&self, question: &str, cancel: &Cancel) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            return Err(Failure::failed(format!("nobody can be asked: {question}"))
                .hint("there is no terminal; --yes agrees beforehand"));
        }
        self.stage.pause(true);
        Console::stderr().write(&format!("{} [y/N] ", visible(question)));
        let answer = cancel.bound(tokio::task::spawn_blocking(line)).await;
        self.stage.pause(false);
        match answer {
            Ok(answer) => Ok(matches!(answer.unwrap_or_default().trim(), "y" | "Y" | "yes" | "Yes")),
            Err(reason) => Err(Failure::new(FailureKind::Stopped(reason), "nobody answered")),
        }
    }
}

fn line() -> String {
    let mut line = String::new();
    // An end of input is a no.
    let _ = std::io::stdin().lock().read_line(&mut line);
    line
}
