//! A transport to this machine with nothing in it but what the trait says.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use async_trait::async_trait;
use runbook::cancel::Cancel;
use runbook::connection::host::{
    Become, Captured, Command, Dial, Ended, Exit, HostTarget, OnBytes, OnChunk, PathKind, PathState, Program, Received,
    SendFile, Sent, Sink, Source, Stream, Transport,
};
use runbook::connection::{ConnectionError, Stage};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

pub struct Dialler;
struct ThisMachine;

#[async_trait]
impl Dial for Dialler {
    async fn dial(&self, _: &HostTarget, _: &Cancel) -> Result<Arc<dyn Transport>, ConnectionError> {
        Ok(Arc::new(ThisMachine))
    }
}

fn answered(path: &str, error: &std::io::Error) -> ConnectionError {
    ConnectionError::new(Stage::Answered, format!("{path}: {error}"))
}

fn state(path: &Path) -> Option<PathState> {
    let found = fs::symlink_metadata(path).ok()?;
    let kind = match found.file_type() {
        kind if kind.is_file() => PathKind::File,
        kind if kind.is_dir() => PathKind::Directory,
        kind if kind.is_symlink() => PathKind::Link,
        kind => {
            assert!(kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device());
            PathKind::Other
        }
    };
    let name = |file: &str, id: u32| {
        let lines = fs::read_to_string(file).unwrap();
        let line = lines.lines().find(|line| line.split(':').nth(2) == Some(&id.to_string()));
        line.and_then(|line| line.split(':').next()).map_or_else(|| id.to_string(), str::to_owned)
    };
    Some(PathState {
        kind,
        mode: found.mode() & 0o7777,
        owner: name("/etc/passwd", found.uid()),
        group: name("/etc/group", found.gid()),
        size: found.size(),
        sha256: (kind == PathKind::File).then(|| fs::read(path).ok().map(|b| hex::encode(Sha256::digest(b)))).flatten(),
        link: fs::read_link(path).ok().map(|link| link.display().to_string()),
    })
}

#[async_trait]
impl Transport for ThisMachine {
    async fn run(&self, command: &Command, on_chunk: OnChunk<'_>, cancel: &Cancel) -> Result<Ended, ConnectionError> {
        let mut child = match &command.program {
            Program::Argv(words) => {
                let mut child = tokio::process::Command::new(&words[0]);
                child.args(&words[1..]);
                child
            }
            Program::Script(text) => {
                let mut child = tokio::process::Command::new("/bin/sh");
                child.arg("-c").arg(text);
                child
            }
        };
        child.envs(command.environment.iter().map(|(name, value)| (name, value.reveal())));
        if let Some(directory) = &command.chdir {
            child.current_dir(directory);
        }
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let missing = |_| Ended {
            exit: Exit::Status(127),
            stdout: Captured::default(),
            stderr: Captured { bytes: b"not found".to_vec(), length: 9 },
        };
        let mut child = match child.spawn() {
            Ok(child) => child,
            Err(error) => return Ok(missing(error)),
        };
        let mut stdin = child.stdin.take().unwrap();
        let _ = stdin.write_all(command.stdin.as_deref().unwrap_or_default()).await;
        drop(stdin);
        let output = cancel.bound(child.wait_with_output()).await;
        let output = output.map_err(|_| ConnectionError::new(Stage::TimedOut, "stopped"))?.unwrap();
        on_chunk((Stream::Stdout, output.stdout.clone().into()));
        let exit = match (output.status.code(), output.status.signal()) {
            (Some(status), _) => Exit::Status(status),
            (None, Some(9)) => Exit::Signal("KILL".to_owned()),
            (None, signal) => Exit::Signal(signal.unwrap_or(0).to_string()),
        };
        let captured = |bytes: Vec<u8>| Captured { length: bytes.len() as u64, bytes };
        Ok(Ended { exit, stdout: captured(output.stdout), stderr: captured(output.stderr) })
    }

    async fn probe(
        &self,
        paths: &[String],
        _: Option<&Become>,
        _: &Cancel,
    ) -> Result<Vec<Option<PathState>>, ConnectionError> {
        Ok(paths.iter().map(|path| state(Path::new(path))).collect())
    }

    async fn walk(&self, _: &str, _: Option<&Become>, _: &Cancel) -> Result<Vec<(String, PathState)>, ConnectionError> {
        Ok(Vec::new())
    }

    async fn send(
        &self,
        files: Vec<SendFile>,
        _: Option<&Become>,
        _: OnBytes,
        _: &Cancel,
    ) -> Result<Vec<Sent>, ConnectionError> {
        let mut sent = Vec::new();
        for file in files {
            let bytes = match &file.source {
                Source::Bytes(bytes) => bytes.to_vec(),
                Source::File(path) => fs::read(path).map_err(|error| answered(&path.display().to_string(), &error))?,
            };
            let new = format!("{}.new", file.dest);
            fs::write(&new, &bytes).map_err(|error| answered(&file.dest, &error))?;
            if let Some(command) = &file.validate {
                let quoted = format!("'{}'", new.replace('\'', r"'\''"));
                let status = std::process::Command::new("sh").arg("-c").arg(command.replace("%s", &quoted)).status();
                if !status.unwrap().success() {
                    fs::remove_file(&new).unwrap();
                    return Err(ConnectionError::new(Stage::Answered, format!("{} was not accepted", file.dest)));
                }
            }
            if let Some(backup) = &file.backup {
                fs::copy(&file.dest, backup).map_err(|error| answered(backup, &error))?;
            }
            let old = state(Path::new(&file.dest)).filter(|old| old.kind == PathKind::File).map(|old| old.mode);
            let mode = file.mode.or(old).unwrap_or(0o644);
            fs::set_permissions(&new, fs::Permissions::from_mode(mode)).unwrap();
            let owner = format!("{}:{}", file.owner.unwrap_or_default(), file.group.unwrap_or_default());
            let owner = owner.trim_end_matches(':');
            if !owner.is_empty() {
                let status = std::process::Command::new("chown").arg(owner).arg(&new).status().unwrap();
                if !status.success() {
                    return Err(ConnectionError::new(Stage::Answered, format!("no such user: {owner}")));
                }
            }
            fs::rename(&new, &file.dest).map_err(|error| answered(&file.dest, &error))?;
            sent.push(Sent { sha256: hex::encode(Sha256::digest(&bytes)), size: bytes.len() as u64 });
        }
        Ok(sent)
    }

    async fn fetch(
        &self,
        path: &str,
        sink: Sink,
        _: Option<&Become>,
        _: OnBytes,
        _: &Cancel,
    ) -> Result<Received, ConnectionError> {
        let bytes = fs::read(path).map_err(|error| answered(path, &error))?;
        fs::write(&sink.path, &bytes).map_err(|error| answered(&sink.path.display().to_string(), &error))?;
        Ok(Received { sha256: hex::encode(Sha256::digest(&bytes)), size: bytes.len() as u64 })
    }

    async fn close(&self) {}
}
