//! What a host connection can do, whatever carries it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::cancel::Cancel;
use crate::connection::{ConnectionError, Tunnel};
use crate::secret::Secret;

/// How a host is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Over SSH.
    Ssh,
    /// It is this machine (`ansible_connection: local`).
    Local,
}

/// Where a host is and as whom to log in; from the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostTarget {
    /// Its inventory name.
    pub name: String,
    /// How it is reached.
    pub via: Via,
    /// What to connect to (`ansible_host`, else the name).
    pub address: String,
    /// `ansible_port`; by default what `ssh_config` says.
    pub port: Option<u16>,
    /// `ansible_user`; by default what `ssh_config` says.
    pub user: Option<String>,
    /// `ansible_password`; also answers for a key's passphrase when `key` is given and no passphrase is.
    pub password: Option<Secret>,
    /// `ansible_ssh_private_key_file`.
    pub key: Option<PathBuf>,
    /// `ansible_ssh_passphrase`, for an encrypted key.
    pub passphrase: Option<Secret>,
    /// `ansible_ssh_common_args` and `ansible_ssh_extra_args`, split into words; only `-F`, `-o` and `-J` are taken.
    pub ssh_args: Vec<String>,
    /// `ansible_become_password`.
    pub become_password: Option<Secret>,
}

/// As whom a command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Become {
    /// The user, `root` by default.
    pub user: String,
    /// What sudo is answered when it asks.
    pub password: Option<Secret>,
}

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A program and its arguments, untouched by any shell.
    Argv(Vec<String>),
    /// A text for `/bin/sh`.
    Script(String),
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What to run.
    pub program: Program,
    /// Working directory; the login directory by default.
    pub chdir: Option<String>,
    /// Travels over the channel, never in a command line.
    pub environment: BTreeMap<String, Secret>,
    /// Standard input; empty by default.
    pub stdin: Option<Bytes>,
    /// As whom; as the login user by default.
    pub sudo: Option<Become>,
    /// How many bytes of each output stream are kept (head and tail); the rest is counted.
    pub keep: usize,
}

impl Command {
    /// A program with arguments and defaults for all else.
    pub fn argv<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        Self::new(Program::Argv(words.into_iter().map(Into::into).collect()))
    }

    /// A shell text with defaults for all else.
    pub fn script(text: impl Into<String>) -> Self {
        Self::new(Program::Script(text.into()))
    }

    /// How much of each output stream is kept unless told: 1 MiB.
    pub const KEEP: usize = 1 << 20;

    fn new(program: Program) -> Self {
        Self { program, chdir: None, environment: BTreeMap::new(), stdin: None, sudo: None, keep: Self::KEEP }
    }
}

/// Which output stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A piece of output while a command runs.
pub type Chunk = (Stream, Bytes);

/// What was kept of an output stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// Everything, or the head and the tail with a line between them that says how much is missing.
    pub bytes: Vec<u8>,
    /// How long it was.
    pub length: u64,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With a status.
    Status(i32),
    /// By a signal, with its name if it is known (`KILL`).
    Signal(String),
}

/// A command's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Status or signal.
    pub exit: Exit,
    /// Kept standard output.
    pub stdout: Captured,
    /// Kept standard error.
    pub stderr: Captured,
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link (links are not followed).
    Link,
    /// A socket, device or FIFO.
    Other,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathState {
    /// What it is.
    pub kind: PathKind,
    /// Permission bits (`0o7777`).
    pub mode: u32,
    /// Owner's name, or number where it has none.
    pub owner: String,
    /// Group's name, or number where it has none.
    pub group: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of a regular file in lowercase hexadecimal; none if it cannot be read.
    pub sha256: Option<String>,
    /// Where a link points.
    pub link: Option<String>,
}

/// Where bytes to send come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A text that is already in memory.
    Bytes(Bytes),
    /// A file of this machine; it is streamed.
    File(PathBuf),
}

/// A file to put in place whole or not at all: written under a temporary name beside the target with its final mode and
/// owner, flushed (fsync), then renamed over it.
#[derive(Clone, Debug)]
pub struct SendFile {
    /// The content.
    pub source: Source,
    /// Absolute path of the file on the host.
    pub dest: String,
    /// Permission bits; an existing file keeps its own, a new one gets 0644 (0600 until the content is there).
    pub mode: Option<u32>,
    /// Owner; an existing file keeps its own where that is allowed.
    pub owner: Option<String>,
    /// Group, likewise.
    pub group: Option<String>,
    /// Copy what was there to this path first.
    pub backup: Option<String>,
    /// A command that must accept the temporary file (`%s`, quoted) before it is renamed.
    pub validate: Option<String>,
}

/// What became of one [`SendFile`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// SHA-256 of what was sent, seen again on the host.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// Where received bytes go.
#[derive(Clone, Debug)]
pub struct Sink {
    /// Absolute path on this machine, replaced whole or not at all; its folder exists.
    pub path: PathBuf,
}

/// What was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// SHA-256 of what arrived; it equals what the host says it sent.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// Told about every piece of output or every few bytes moved.
pub type OnChunk<'a> = &'a mut (dyn FnMut(Chunk) + Send);
/// Told how many bytes have been moved so far.
pub type OnBytes = Arc<dyn Fn(u64) + Send + Sync>;

/// A connection to one host, shared by everything that runs there.
///
/// A `ConnectionError` with `sent` set means that the command may have begun and its end was not seen. When `cancel`
/// fires, what runs is ended on the host too (TERM to its process group, KILL after 5 s); a stop that was confirmed is
/// `Stage::TimedOut` without `sent`, one that could not be confirmed has `sent`.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Runs a command to its end. Output is handed to `on_chunk` as it comes.
    async fn run(&self, command: &Command, on_chunk: OnChunk<'_>, cancel: &Cancel) -> Result<Ended, ConnectionError>;

    /// What is at each path (none where nothing is), in one round trip for all of them.
    async fn probe(
        &self,
        paths: &[String],
        sudo: Option<&Become>,
        cancel: &Cancel,
    ) -> Result<Vec<Option<PathState>>, ConnectionError>;

    /// Every path below a directory (relative, sorted, links not followed) with its state, in one round trip.
    async fn walk(
        &self,
        directory: &str,
        sudo: Option<&Become>,
        cancel: &Cancel,
    ) -> Result<Vec<(String, PathState)>, ConnectionError>;

    /// Puts files in place, with many requests in flight; stops at the first that fails. Missing directories above a
    /// file are an error.
    async fn send(
        &self,
        files: Vec<SendFile>,
        sudo: Option<&Become>,
        on_bytes: OnBytes,
        cancel: &Cancel,
    ) -> Result<Vec<Sent>, ConnectionError>;

    /// Fetches a regular file.
    async fn fetch(
        &self,
        path: &str,
        sink: Sink,
        sudo: Option<&Become>,
        on_bytes: OnBytes,
        cancel: &Cancel,
    ) -> Result<Received, ConnectionError>;

    /// A way through the host to a service as the host sees it; none where that is reached as it is (this machine).
    async fn forward(&self, host: &str, port: u16, cancel: &Cancel) -> Result<Option<Tunnel>, ConnectionError>;

    /// Ends the connection and everything that was started for it.
    async fn close(&self);
}

/// Opens connections to hosts.
#[async_trait]
pub trait Dial: Send + Sync {
    /// Connects to a host within the connect timeout; host keys are verified before anything is sent.
    async fn dial(&self, target: &HostTarget, cancel: &Cancel) -> Result<Arc<dyn Transport>, ConnectionError>;
}
