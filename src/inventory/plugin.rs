//! Running an executable inventory: bounded in time and output, and stopped with everything it started.
//!
//! In: a path and arguments. Out: what it printed, or why it did not. Knows nothing of what the text means.

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::cancel::Cancel;
use crate::diagnostic::{Place, Problem, Source};

/// How long one call may take.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// How much it may print, in bytes.
const LARGEST: usize = 64 << 20;

/// How much of its standard error is kept, in bytes.
const COMPLAINT: usize = 64 << 10;

/// How often a wait looks whether it was cancelled.
const TICK: Duration = Duration::from_millis(20);

/// An executable inventory.
pub(super) struct Plugin<'a> {
    pub(super) path: &'a Path,
    pub(super) cancel: &'a Cancel,
}

/// What one call printed.
pub(super) struct Printed {
    pub(super) text: String,
    /// The first line of its standard error.
    pub(super) complaint: Option<String>,
}

impl Plugin<'_> {
    /// A place that names the executable.
    pub(super) fn place(&self) -> Place {
        Place::whole(&Arc::new(Source::new(self.path.display().to_string(), "")))
    }

    /// A problem with it, explained by what it said on standard error.
    pub(super) fn problem(&self, message: &str, complaint: Option<&str>) -> Problem {
        let problem = Problem::error(format!("the inventory plug-in `{}` {message}", self.path.display()));
        match complaint {
            Some(line) => problem.hint(format!("it said: {line}")),
            None => problem,
        }
    }

    /// Calls it and waits for its end, `limit` at most.
    pub(super) fn call(&self, arguments: &[&str], limit: Duration) -> Result<Printed, Problem> {
        // A bare name would be looked for in PATH.
        let path = std::path::absolute(self.path).unwrap_or_else(|_| self.path.to_owned());
        let mut command = Command::new(path);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command.spawn().map_err(|error| self.problem(&format!("cannot be run: {error}"), None))?;
        let mut call = Call { deadline: Instant::now() + limit, limit, child: Some(child), plugin: self };
        call.wait()
    }
}

/// A call under way; what is dropped before its end is killed.
struct Call<'a> {
    plugin: &'a Plugin<'a>,
    child: Option<Child>,
    limit: Duration,
    deadline: Instant,
}

impl Call<'_> {
    fn wait(&mut self) -> Result<Printed, Problem> {
        let (stdout, stderr) = match &mut self.child {
            Some(child) => (child.stdout.take(), child.stderr.take()),
            None => (None, None),
        };
        let (stdout, stderr) = (Stream::read(stdout, LARGEST, false), Stream::read(stderr, COMPLAINT, true));
        self.end_of(&stdout, &stderr)?;
        let printed = stdout.take();
        if printed.len() > LARGEST {
            return Err(self.plugin.problem(&format!("printed more than {} MiB", LARGEST >> 20), None));
        }
        let status = self.status(&stderr)?;
        self.end_of(&stderr, &stderr)?;
        let complaint = stderr.first_line();
        if !status.success() {
            return Err(self.plugin.problem(&ending(status), complaint.as_deref()));
        }
        match String::from_utf8(printed) {
            Ok(text) => Ok(Printed { text, complaint }),
            Err(_) => Err(self.plugin.problem("printed something that is not UTF-8", complaint.as_deref())),
        }
    }

    /// Waits until a stream is closed.
    fn end_of(&self, stream: &Stream, stderr: &Stream) -> Result<(), Problem> {
        while stream.ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            self.still_allowed(stderr)?;
        }
        Ok(())
    }

    fn status(&mut self, stderr: &Stream) -> Result<ExitStatus, Problem> {
        loop {
            let Some(child) = &mut self.child else { return Ok(ExitStatus::from_raw(0)) };
            match child.try_wait() {
                Ok(Some(status)) => {
                    self.child = None;
                    return Ok(status);
                }
                Ok(None) => self.still_allowed(stderr)?,
                Err(error) => return Err(self.plugin.problem(&format!("cannot be awaited: {error}"), None)),
            }
            std::thread::sleep(TICK / 10);
        }
    }

    fn still_allowed(&self, stderr: &Stream) -> Result<(), Problem> {
        if self.plugin.cancel.reason().is_some() {
            return Err(self.plugin.problem("was stopped before it had ended", None));
        }
        if Instant::now() < self.deadline {
            return Ok(());
        }
        let message = format!("did not end within {}", crate::text::human_duration(self.limit));
        Err(self.plugin.problem(&message, stderr.first_line().as_deref()))
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = child.wait();
    }
}

/// What a thread of its own reads from a pipe, so that a full one stops nobody. The thread ends with the pipe.
struct Stream {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Stream {
    /// Keeps `most` bytes and one more; what follows is thrown away (`on`) or not read.
    fn read(pipe: Option<impl Read + Send + 'static>, most: usize, on: bool) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bytes);
        let (sender, ended) = channel();
        std::thread::spawn(move || {
            let (mut pipe, mut chunk) = (pipe, vec![0; 64 << 10]);
            while let Some(Ok(length @ 1..)) = pipe.as_mut().map(|pipe| pipe.read(&mut chunk)) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let room = (most + 1).saturating_sub(kept.len());
                kept.extend_from_slice(&chunk[..length.min(room)]);
                if length > room && !on {
                    break;
                }
            }
            drop(pipe);
            let _ = sender.send(());
        });
        Self { bytes, ended }
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn first_line(&self) -> Option<String> {
        first_line(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("failed with exit status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "failed".to_owned(),
    }
}

fn first_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(200).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_hangs_is_killed_with_what_it_started() {
        let cancel = Cancel::root();
        let plugin = Plugin { path: Path::new("/bin/sh"), cancel: &cancel };
        let script = "echo $$; echo waiting >&2; sleep 600 & wait";
        let begun = Instant::now();
        let problem = plugin.call(&["-c", script], Duration::from_millis(300)).err();
        let problem = problem.map(|problem| (problem.message, problem.hint));
        let message = "the inventory plug-in `/bin/sh` did not end within 300 ms".to_owned();
        assert_eq!(problem, Some((message, Some("it said: waiting".to_owned()))));
        assert!(begun.elapsed() < Duration::from_mins(5), "it was waited for");
    }
}
