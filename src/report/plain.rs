//! Lines as things happen, for outputs that are no terminal.

use super::narrator::Narrator;
use super::{Console, Look, Reporter};
use crate::event::Event;

/// The plain report.
pub struct Plain {
    narrator: Narrator,
    console: Console,
}

impl Plain {
    /// A plain report on a console.
    pub fn new(look: Look, console: Console) -> Self {
        Self { narrator: Narrator::new(look), console }
    }
}

impl Reporter for Plain {
    fn event(&mut self, event: &Event) {
        self.console.write(&self.narrator.tell(event));
    }

    fn tick(&mut self, now: i64) {
        self.console.write(&self.narrator.quiet(now));
    }

    fn finish(&mut self) {
        self.console.write(&self.narrator.flush());
    }
}
