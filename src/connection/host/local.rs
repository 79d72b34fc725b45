//! The carrier to this machine: processes in groups of their own.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use tokio::process::{Child, Command};

use super::carrier::{Carrier, Channel, Gone, Lane};
use super::send::{Files, LocalFiles};
use crate::connection::{ConnectionError, Stage, Tunnel};

/// This machine.
pub(super) struct Local {
    name: String,
    withheld: Vec<String>,
}

impl Local {
    /// Under its inventory name; its processes do not inherit the variables that are withheld.
    pub fn new(name: &str, withheld: Vec<String>) -> Self {
        Self { name: name.to_owned(), withheld }
    }

    fn spawn(&self, line: &str) -> Result<Child, ConnectionError> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]).process_group(0).kill_on_drop(true);
        if let Some(home) = std::env::home_dir().filter(|home| home.is_dir()) {
            command.current_dir(home);
        }
        for name in &self.withheld {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|error| {
            ConnectionError::new(Stage::Open, format!("cannot start a process on {}: {error}", self.name))
        })
    }
}

#[async_trait]
impl Carrier for Local {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self, line: &str, _: Lane) -> Result<Channel, ConnectionError> {
        let mut child = self.spawn(line)?;
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
            return Err(ConnectionError::new(Stage::Open, format!("a process on {} has no streams", self.name)));
        };
        let end = async move {
            match child.wait().await {
                Ok(status) => gone(status),
                Err(error) => Gone::Unseen(error.to_string()),
            }
        };
        let (stdin, stdout, stderr) = (Box::new(stdin), Box::new(stdout), Box::new(stderr));
        Ok(Channel { stdin, stdout, stderr, end: end.boxed(), hold: None })
    }

    async fn files(&self) -> Result<Option<Arc<dyn Files>>, ConnectionError> {
        Ok(Some(Arc::new(LocalFiles)))
    }

    async fn forward(&self, _: &str, _: u16) -> Result<Option<Tunnel>, ConnectionError> {
        Ok(None)
    }

    async fn close(&self) {}
}

fn gone(status: ExitStatus) -> Gone {
    match (status.code(), status.signal()) {
        (Some(code), _) => Gone::Status(code),
        (None, Some(number)) => Gone::Signal(Some(name(number))),
        (None, None) => Gone::Unseen("neither a status nor a signal".to_owned()),
    }
}

fn name(number: i32) -> String {
    use rustix::process::Signal;
    let known = [
        (Signal::HUP, "HUP"),
        (Signal::INT, "INT"),
        (Signal::QUIT, "QUIT"),
        (Signal::ABORT, "ABRT"),
        (Signal::KILL, "KILL"),
        (Signal::SEGV, "SEGV"),
        (Signal::PIPE, "PIPE"),
        (Signal::TERM, "TERM"),
    ];
    known
        .iter()
        .find(|(signal, _)| signal.as_raw() == number)
        .map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}
