//! Answers ssh's questions for a password or passphrase over a socket of this run, and no other question.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use super::effective::Effective;
use crate::connection::host::HostTarget;
use crate::secret::Secret;

/// A prompt is no longer than this.
const PROMPT: u64 = 4096;

/// Who may be told what.
struct Answers {
    password: Option<Secret>,
    passphrase: Option<Secret>,
    /// How ssh's own prompts name the target; a jump host's password prompt names another.
    login: String,
    /// Whether a prompt that names nobody can only be the target's.
    direct: bool,
}

/// The answering side; it ends when it is dropped.
pub(super) struct Asking {
    socket: PathBuf,
    task: JoinHandle<()>,
}

impl Asking {
    /// Listens on `socket`, if the target has anything to answer.
    pub fn start(socket: PathBuf, target: &HostTarget, effective: &Effective) -> std::io::Result<Option<Self>> {
        let passphrase = target.passphrase.clone().or_else(|| target.key.as_ref().and(target.password.clone()));
        if target.password.is_none() && passphrase.is_none() {
            return Ok(None);
        }
        let login = format!("{:.30}@{:.128}", effective.user, effective.key_name());
        let answers = Answers { password: target.password.clone(), passphrase, login, direct: effective.is_direct() };
        let listener = UnixListener::bind(&socket)?;
        std::fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = serve(stream, &answers).await;
            }
        });
        Ok(Some(Self { socket, task }))
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.socket);
    }
}

async fn serve(mut stream: UnixStream, answers: &Answers) -> std::io::Result<()> {
    if stream.peer_cred()?.uid() != rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let mut prompt = Vec::new();
    (&mut stream).take(PROMPT).read_to_end(&mut prompt).await?;
    if let Some(secret) = answers.to(&String::from_utf8_lossy(&prompt)) {
        stream.write_all(format!("{}\n", secret.reveal()).as_bytes()).await?;
    }
    stream.shutdown().await
}

impl Answers {
    fn to(&self, prompt: &str) -> Option<&Secret> {
        let lower = prompt.to_lowercase();
        if lower.contains("yes/no") || lower.contains("fingerprint") || lower.contains("continue connecting") {
            return None;
        }
        if prompt.starts_with("Enter passphrase for ") {
            return self.passphrase.as_ref();
        }
        let ours = prompt.starts_with(&format!("{}'s password", self.login))
            || prompt.starts_with(&format!("({}) ", self.login))
            || (self.direct && !prompt.contains('@'));
        (ours && lower.contains("password")).then_some(self.password.as_ref()).flatten()
    }
}
