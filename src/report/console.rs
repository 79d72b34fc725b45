//! The one way out: a sink that, once it is closed, swallows what it is given.

use std::io::{Write, stderr, stdout};

/// Where text is written to.
pub struct Console {
    out: Option<Box<dyn Write + Send>>,
}

impl Console {
    /// Standard output.
    pub fn stdout() -> Self {
        Self::to(Box::new(stdout()))
    }

    /// Standard error.
    pub fn stderr() -> Self {
        Self::to(Box::new(stderr()))
    }

    /// Any writer.
    pub fn to(out: Box<dyn Write + Send>) -> Self {
        Self { out: Some(out) }
    }

    /// Writes `text` as it is, at once. After the first error (a closed pipe, a full disk) nothing more is tried: the
    /// journal has it all, and the run goes on.
    pub fn write(&mut self, text: &str) {
        let Some(out) = &mut self.out else { return };
        if text.is_empty() {
            return;
        }
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            self.out = None;
        }
    }
}
