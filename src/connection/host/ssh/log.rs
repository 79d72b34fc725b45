//! What ssh says on standard error, read as it comes: the handshake in full, later only the last lines.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::sync::watch;

/// So many lines are kept.
const LINES: usize = 400;
/// A line is cut here.
const LINE: u64 = 4096;

/// How far the handshake is, for who waits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Lines so far.
    pub lines: u64,
    /// Whether the server let us in.
    pub authenticated: bool,
}

/// The lines, shared with the task that reads them.
#[derive(Clone)]
pub(super) struct Log {
    lines: Arc<Mutex<VecDeque<String>>>,
    progress: watch::Receiver<Progress>,
}

impl Log {
    /// Reads `stderr` to its end in a task of its own, so that ssh never waits for us.
    pub fn follow(stderr: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let lines: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let (sender, progress) = watch::channel(Progress::default());
        let kept = Arc::clone(&lines);
        tokio::spawn(async move {
            let mut reader = BufReader::new(stderr);
            let mut line = Vec::new();
            while (&mut reader).take(LINE).read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                sender.send_modify(|progress| {
                    progress.lines += 1;
                    progress.authenticated |= text.starts_with("Authenticated to ");
                });
                keep(&kept, text, sender.borrow().authenticated);
                line.clear();
            }
        });
        Self { lines, progress }
    }

    /// Follows the handshake; it is closed once ssh says no more.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Everything that was kept.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter().cloned().collect()
    }

    /// The last thing that is not debugging, for a connection that was lost.
    pub fn last_words(&self) -> String {
        let lines = self.lines();
        // What ssh always says with -v, and its accounts at the end.
        let usual = ["debug", "Authenticated to ", "Transferred: ", "Bytes per second: "];
        let last = lines.iter().rev().find(|line| !usual.iter().any(|usual| line.starts_with(usual)));
        last.cloned().unwrap_or_default()
    }
}

fn keep(lines: &Mutex<VecDeque<String>>, text: String, authenticated: bool) {
    // Every channel has its lines of debugging; nobody will want them.
    if authenticated && text.starts_with("debug") {
        return;
    }
    let mut lines = lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if lines.len() == LINES {
        lines.pop_front();
    }
    lines.push_back(text);
}
