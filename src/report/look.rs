//! How text for people looks: colour, width, how much of it.

use crate::event::Outcome;

/// What `--output` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// Text for people.
    #[default]
    Human,
    /// One event per line.
    Json,
    /// A `JUnit` file at the end.
    Junit,
}

/// How text for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colours may be used.
    pub colour: bool,
    /// `-v`: results and one line per host.
    pub verbose: bool,
    /// `--diff`: what was or would be changed.
    pub diff: bool,
}

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Good,
    Changed,
    Bad,
    Quiet,
    Strong,
}

impl Look {
    /// Neither colour nor details.
    pub fn bare() -> Self {
        Self { colour: false, verbose: false, diff: false }
    }

    /// The look for an output that is a terminal or not, and whether lines can be redrawn on it (`Live`). `env` gives the
    /// environment's variables.
    pub fn detect(terminal: bool, env: impl Fn(&str) -> Option<String>) -> (Self, bool) {
        // https://no-color.org: any text but an empty one.
        let colourless = env("NO_COLOR").is_some_and(|value| !value.is_empty());
        let capable = terminal && env("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        (Self { colour: capable && !colourless, ..Self::bare() }, capable)
    }

    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Good => "32",
            Ink::Changed => "33",
            Ink::Bad => "31",
            Ink::Quiet => "2",
            Ink::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

impl Ink {
    pub(super) fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Skipped => Self::Quiet,
            Outcome::Ok => Self::Good,
            Outcome::Changed => Self::Changed,
            Outcome::Failed | Outcome::Unreachable | Outcome::Unknown => Self::Bad,
        }
    }
}
