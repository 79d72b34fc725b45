//! The ssh process that holds a connection: started by us, ended by us, and by the guard should we be gone.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::asking::Asking;
use super::askpass;
use super::effective::{Effective, words};
use super::guard::Room;
use super::log::Log;
use super::settings::{HostKeys, SshSettings};
use crate::connection::host::HostTarget;
use crate::connection::{ConnectionError, Stage, Tunnel};

/// No handshake takes longer than this many connect timeouts, however much it goes on about it.
const PATIENCE: u32 = 6;
/// How often the socket is looked for once the server let us in.
const TICK: Duration = Duration::from_millis(5);

/// What a master is started from.
pub(super) struct Order<'a> {
    /// The run's choices.
    pub settings: &'a SshSettings,
    /// The host.
    pub target: &'a HostTarget,
    /// What `ssh_config` makes of it; known where passwords are given or host keys forgotten.
    pub effective: Option<&'a Effective>,
    /// Where its socket lies.
    pub room: &'a Arc<Room>,
}

/// A running master.
pub(super) struct Master {
    child: Child,
    process: u32,
    socket: PathBuf,
    room: Arc<Room>,
    log: Log,
}

/// How a handshake ended that did not succeed.
pub(super) enum Ended {
    /// ssh gave up; its lines say why.
    Told(Vec<String>),
    /// Nothing moved for too long.
    Silent,
    /// It could not be tried.
    Error(ConnectionError),
}

impl Master {
    /// Makes the connection.
    pub async fn connect(order: &Order<'_>) -> Result<Self, Ended> {
        let trouble = |error: std::io::Error| {
            let message = format!("cannot start ssh for {}: {error}", order.target.name);
            Ended::Error(ConnectionError::new(Stage::Connect, message))
        };
        let asking = match order.effective {
            Some(effective) => Asking::start(order.room.path('a'), order.target, effective).map_err(trouble)?,
            None => None,
        };
        let forgotten = (order.settings.host_keys == HostKeys::Off).then(|| Forgotten(order.room.path('k')));
        let socket = order.room.path('m');
        let mut command = command(order, &socket, asking.as_ref(), forgotten.as_ref());
        let mut child = command.spawn().map_err(trouble)?;
        let process = child.id().unwrap_or(0);
        order.room.watch(process);
        let stderr = child.stderr.take().ok_or_else(|| trouble(std::io::Error::other("no standard error")))?;
        let log = Log::follow(stderr);
        let mut master = Self { child, process, socket, room: Arc::clone(order.room), log };
        match master.handshake(order.settings.connect_timeout).await {
            Ok(()) => Ok(master),
            Err(ended) => {
                master.end().await;
                Err(ended)
            }
        }
    }

    async fn handshake(&mut self, limit: Duration) -> Result<(), Ended> {
        let mut progress = self.log.progress();
        let end = Instant::now() + limit * PATIENCE;
        let mut moved = Instant::now();
        loop {
            let authenticated = progress.borrow_and_update().authenticated;
            if authenticated && self.socket.exists() {
                return Ok(());
            }
            tokio::select! {
                _ = self.child.wait() => {
                    // What it said last is still on its way.
                    let _ = timeout(Duration::from_secs(1), async { while progress.changed().await.is_ok() {} }).await;
                    return Err(Ended::Told(self.log.lines()));
                }
                changed = progress.changed() => match changed {
                    Ok(()) => moved = Instant::now(),
                    Err(_) => sleep(TICK).await,
                },
                () = sleep(TICK), if authenticated => {}
                () = tokio::time::sleep_until((moved + limit + limit / 4).min(end)) => return Err(Ended::Silent),
            }
        }
    }

    /// Its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// A tunnel whose socket is still to be made.
    pub fn tunnel(&self) -> Tunnel {
        self.room.tunnel()
    }

    /// What it says.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Ends it: kindly, so that it ends its own proxies, then by force.
    pub async fn end(mut self) {
        if let Ok(None) = self.child.try_wait() {
            let process = i32::try_from(self.process).ok().and_then(rustix::process::Pid::from_raw);
            if let Some(process) = process {
                let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
            }
            if timeout(Duration::from_secs(2), self.child.wait()).await.is_err() {
                let _ = self.child.kill().await;
            }
        }
    }
}

/// A master that was not ended is killed with its handle.
impl Drop for Master {
    fn drop(&mut self) {
        self.room.unwatch(self.process);
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// A file for host keys that are accepted and not kept.
struct Forgotten(PathBuf);

impl Drop for Forgotten {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(self.0.with_extension("old"));
    }
}

fn command(order: &Order<'_>, socket: &Path, asking: Option<&Asking>, forgotten: Option<&Forgotten>) -> Command {
    let mut command = Command::new("ssh");
    command.args(["-M", "-N", "-T", "-S"]).arg(socket);
    // The first value that ssh finds for an option counts: ours come before those of the inventory and of ssh_config,
    // but for the times, which the inventory may set.
    for option in options(order, asking.is_some(), forgotten) {
        command.arg("-o").arg(option);
    }
    command.args(words(order.settings, order.target));
    for option in [
        format!("ConnectTimeout={}", order.settings.connect_timeout.as_secs().max(1)),
        "ServerAliveInterval=10".to_owned(),
        "ServerAliveCountMax=3".to_owned(),
    ] {
        command.arg("-o").arg(option);
    }
    command.arg("--").arg(&order.target.address);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    order.settings.withhold(&mut command);
    command.env_remove("SSH_ASKPASS").env_remove("SSH_ASKPASS_REQUIRE");
    if let Some(asking) = asking {
        let program = order.settings.askpass.clone().or_else(|| std::env::current_exe().ok()).unwrap_or_default();
        command.env("SSH_ASKPASS", program).env("SSH_ASKPASS_REQUIRE", "force").env(askpass::SOCKET, asking.socket());
    }
    command
}

fn options(order: &Order<'_>, asks: bool, forgotten: Option<&Forgotten>) -> Vec<String> {
    let mut options: Vec<String> = [
        "ControlPersist=no",
        "LogLevel=DEBUG1",
        "ClearAllForwardings=yes",
        "RemoteCommand=none",
        "PermitLocalCommand=no",
        "NumberOfPasswordPrompts=1",
    ]
    .map(str::to_owned)
    .into();
    options.push(format!("BatchMode={}", if asks { "no" } else { "yes" }));
    let strict = if order.settings.host_keys == HostKeys::Strict { "yes" } else { "accept-new" };
    options.push(format!("StrictHostKeyChecking={strict}"));
    if let Some(Forgotten(file)) = forgotten {
        // ssh writes to the first file and believes all of them.
        let known_hosts = order.effective.into_iter().flat_map(|effective| &effective.known_hosts);
        let known = std::iter::once(file.display().to_string()).chain(known_hosts.cloned());
        let known: Vec<String> = known.map(|file| format!("\"{file}\"")).collect();
        options.push(format!("UserKnownHostsFile={}", known.join(" ")));
        options.push("UpdateHostKeys=no".to_owned());
    }
    options
}
