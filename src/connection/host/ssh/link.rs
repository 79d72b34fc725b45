//! The carrier over one ssh connection: channels on the master's socket.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use openssh::{Child, ForwardType, Session, Socket, Stdio};
use openssh_sftp_client::{Sftp, SftpOptions};
use tokio::sync::{Mutex, OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::log::Log;
use super::master::Master;
use crate::connection::host::carrier::{Carrier, Channel, Gone, Lane};
use crate::connection::host::send::{Files, SftpFiles};
use crate::connection::{ConnectionError, Stage, Tunnel};

/// Channels that steps share, that of SFTP among them. sshd allows ten at a time (`MaxSessions`).
const SHARED: usize = 8;
/// How long is waited for a channel that a server with fewer refuses.
const REFUSED: Duration = Duration::from_mins(1);
/// How long a live connection may take to say that it lives.
const CHECK: Duration = Duration::from_secs(10);

/// A connection.
pub(super) struct Link {
    name: String,
    session: Arc<Session>,
    log: Log,
    master: Mutex<Option<Master>>,
    shared: Arc<Semaphore>,
    spare: Arc<Semaphore>,
    files: OnceCell<Option<Arc<dyn Files>>>,
}

impl Link {
    /// Over a master that is connected.
    pub fn new(name: &str, master: Master) -> Self {
        Self {
            name: name.to_owned(),
            session: Arc::new(Session::resume_mux(master.socket().into(), None)),
            log: master.log().clone(),
            master: Mutex::new(Some(master)),
            shared: Arc::new(Semaphore::new(SHARED)),
            spare: Arc::new(Semaphore::new(1)),
            files: OnceCell::new(),
        }
    }

    async fn permit(&self, lane: Lane) -> Option<OwnedSemaphorePermit> {
        let semaphore = if lane == Lane::Shared { &self.shared } else { &self.spare };
        Arc::clone(semaphore).acquire_owned().await.ok()
    }

    /// Starts a line of shell, or the subsystem of that name; waits where the server has no channel left.
    async fn start(&self, line: &str, subsystem: bool) -> Result<Child<Arc<Session>>, ConnectionError> {
        let end = tokio::time::Instant::now() + REFUSED;
        loop {
            let session = Arc::clone(&self.session);
            let mut command =
                if subsystem { Session::to_subsystem(session, line) } else { Session::to_raw_command(session, line) };
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
            command.stderr(if subsystem { Stdio::null() } else { Stdio::piped() });
            let error = match command.spawn().await {
                Ok(child) => return Ok(child),
                Err(error) => error,
            };
            if !lives(&self.session).await {
                let why = lost_words(&self.log);
                return Err(ConnectionError::new(
                    Stage::Lost,
                    format!("the connection to {} was lost{why}", self.name),
                ));
            }
            // With nothing else open there is nothing to wait for.
            let alone = self.shared.available_permits() + 1 >= SHARED;
            if alone || tokio::time::Instant::now() > end {
                let why = deepest(&error);
                return Err(ConnectionError::new(Stage::Open, format!("{} opens no session: {why}", self.name)));
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn sftp(&self) -> Result<Option<Arc<dyn Files>>, ConnectionError> {
        let permit = self.permit(Lane::Shared).await;
        let mut child = match self.start("sftp", true).await {
            Ok(child) => child,
            Err(error) if error.stage == Stage::Open => return Ok(None),
            Err(error) => return Err(error),
        };
        let (Some(stdin), Some(stdout)) = (child.stdin().take(), child.stdout().take()) else { return Ok(None) };
        // Requests are sent as they are made: by itself the client would gather them for half a millisecond each time.
        let options = SftpOptions::new().flush_interval(Duration::ZERO);
        let opened = timeout(CHECK, Sftp::new(stdin, stdout, options)).await;
        let Ok(Ok(sftp)) = opened else { return Ok(None) };
        Ok(Some(Arc::new(SftpFiles::new(&self.name, sftp, Box::new((child, permit))))))
    }
}

#[async_trait]
impl Carrier for Link {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self, command: &str, lane: Lane) -> Result<Channel, ConnectionError> {
        let hold = self.permit(lane).await;
        let mut child = self.start(command, false).await?;
        let streams = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
            return Err(ConnectionError::new(Stage::Open, format!("a session on {} has no streams", self.name)));
        };
        let (session, log) = (Arc::clone(&self.session), self.log.clone());
        let end = async move { gone(child.wait().await, &session, &log).await };
        let (stdin, stdout, stderr) = (Box::new(stdin), Box::new(stdout), Box::new(stderr));
        Ok(Channel { stdin, stdout, stderr, end: end.boxed(), hold })
    }

    async fn files(&self) -> Result<Option<Arc<dyn Files>>, ConnectionError> {
        self.files.get_or_try_init(|| self.sftp()).await.cloned()
    }

    async fn forward(&self, host: &str, port: u16) -> Result<Option<Tunnel>, ConnectionError> {
        let lost = || {
            let why = lost_words(&self.log);
            ConnectionError::new(Stage::Lost, format!("the connection to {} was lost{why}", self.name))
        };
        let tunnel = self.master.lock().await.as_ref().map(Master::tunnel).ok_or_else(lost)?;
        let (from, to) = (tunnel.socket(), Socket::TcpSocket { host: host.into(), port });
        let asked = self.session.request_port_forward(ForwardType::Local, Socket::UnixSocket { path: from.into() }, to);
        match timeout(CHECK, asked).await {
            Ok(Ok(())) => Ok(Some(tunnel)),
            Ok(Err(error)) if lives(&self.session).await => {
                let why = deepest(&error);
                Err(ConnectionError::new(Stage::Open, format!("{} leads to no other host: {why}", self.name)))
            }
            _ => Err(lost()),
        }
    }

    async fn close(&self) {
        if let Some(master) = self.master.lock().await.take() {
            master.end().await;
        }
    }
}

/// The client takes 127 for its own error, and tells a lost connection and a signal alike: whether the master still
/// answers tells them apart.
async fn gone(waited: Result<std::process::ExitStatus, openssh::Error>, session: &Session, log: &Log) -> Gone {
    match waited {
        Ok(status) => status.code().map_or(Gone::Signal(None), Gone::Status),
        Err(openssh::Error::Remote(error)) if error.kind() == std::io::ErrorKind::NotFound => Gone::Status(127),
        Err(_) => {
            sleep(Duration::from_millis(20)).await;
            if lives(session).await { Gone::Signal(None) } else { Gone::Unseen(log.last_words()) }
        }
    }
}

async fn lives(session: &Session) -> bool {
    matches!(timeout(CHECK, session.check()).await, Ok(Ok(())))
}

fn lost_words(log: &Log) -> String {
    let words = log.last_words();
    if words.is_empty() { words } else { format!(": {words}") }
}

fn deepest(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), deepest)
}
