//! What a person can choose about SSH for a whole run.

use std::path::PathBuf;
use std::time::Duration;

/// What is done about host keys that `known_hosts` does not hold. One that contradicts it is always refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostKeys {
    /// They are refused.
    #[default]
    Strict,
    /// They are accepted and written down.
    AcceptNew,
    /// They are accepted and forgotten.
    Off,
}

/// The choices.
#[derive(Clone, Debug)]
pub struct SshSettings {
    /// Read in place of the user's and the system's `ssh_config`.
    pub config: Option<PathBuf>,
    /// About unknown host keys.
    pub host_keys: HostKeys,
    /// How long a connection may make no progress before it is given up.
    pub connect_timeout: Duration,
    /// The program that ssh asks for a password: one that calls [`askpass`](super::askpass) first. By default this one.
    pub askpass: Option<PathBuf>,
    /// Variables of our environment that hold secrets: no process that is started inherits them.
    pub withheld: Vec<String>,
}

impl Default for SshSettings {
    fn default() -> Self {
        Self {
            config: None,
            host_keys: HostKeys::Strict,
            connect_timeout: Duration::from_secs(10),
            askpass: None,
            withheld: Vec::new(),
        }
    }
}

impl SshSettings {
    /// Keeps what is withheld out of a process that is about to be started.
    pub(super) fn withhold(&self, command: &mut tokio::process::Command) {
        for name in &self.withheld {
            command.env_remove(name);
        }
    }
}
