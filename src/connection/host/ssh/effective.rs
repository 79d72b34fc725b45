//! What ssh's configuration comes to for a target, asked from ssh itself (`ssh -G`).

use std::process::Stdio;

use tokio::process::Command;

use super::settings::SshSettings;
use crate::connection::host::HostTarget;
use crate::connection::{ConnectionError, Stage};

/// The part of it that we need.
#[derive(Clone, Debug, Default)]
pub(super) struct Effective {
    /// The address.
    pub hostname: String,
    /// The port.
    pub port: String,
    /// The login name.
    pub user: String,
    /// The name in `known_hosts`, if it is another.
    pub alias: Option<String>,
    /// Through which hosts.
    pub jump: Option<String>,
    /// Through which command.
    pub proxy: Option<String>,
    /// The files of known hosts.
    pub known_hosts: Vec<String>,
}

impl Effective {
    /// How the target is called in prompts and in `known_hosts`, without its port.
    pub fn key_name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.hostname)
    }

    /// How the target is called in `known_hosts`.
    pub fn known_name(&self) -> String {
        match (&self.alias, self.port.as_str()) {
            (Some(alias), _) => alias.clone(),
            (None, "22") => self.hostname.clone(),
            (None, port) => format!("[{}]:{port}", self.hostname),
        }
    }

    /// Whether nothing stands between us and it.
    pub fn is_direct(&self) -> bool {
        self.jump.is_none() && self.proxy.is_none()
    }

    /// The server whose door all connections of this kind knock at.
    pub fn door(&self) -> String {
        let first = self.jump.as_ref().and_then(|jump| jump.split(',').next());
        match (first, &self.proxy) {
            (Some(jump), _) => format!("jump {jump}"),
            (None, Some(proxy)) => format!("proxy {proxy}"),
            (None, None) => format!("{} {}", self.hostname, self.port),
        }
    }
}

/// The words that say which target is meant, for `ssh` and `ssh -G` alike: the run's configuration file, what the
/// inventory gives, its `ssh_args`. Whatever it does not give is left to `ssh_config`.
pub(super) fn words(settings: &SshSettings, target: &HostTarget) -> Vec<String> {
    let mut words = Vec::new();
    let mut pair = |option: &str, value: String| words.extend([option.to_owned(), value]);
    if let Some(config) = &settings.config
        && !target.ssh_args.iter().any(|word| word.starts_with("-F"))
    {
        pair("-F", config.display().to_string());
    }
    if let Some(port) = target.port {
        pair("-p", port.to_string());
    }
    if let Some(user) = &target.user {
        pair("-l", user.clone());
    }
    if let Some(key) = &target.key {
        pair("-i", key.display().to_string());
        // Without it every key of an agent is offered first, and servers hang up after six.
        pair("-o", "IdentitiesOnly=yes".to_owned());
    }
    words.extend(target.ssh_args.iter().cloned());
    words
}

/// Asks ssh.
pub(super) async fn effective(settings: &SshSettings, target: &HostTarget) -> Result<Effective, ConnectionError> {
    let failed =
        |why: &str| ConnectionError::new(Stage::Connect, format!("ssh cannot be used for {}: {why}", target.name));
    let mut command = Command::new("ssh");
    command.arg("-G").args(words(settings, target)).arg("--").arg(&target.address);
    command.stdin(Stdio::null()).kill_on_drop(true);
    settings.withhold(&mut command);
    let output = command.output().await.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => failed("there is no `ssh` on this machine").hint("install OpenSSH's client"),
        _ => failed(&error.to_string()),
    })?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(read(&String::from_utf8_lossy(&output.stdout)))
}

fn read(text: &str) -> Effective {
    let mut found = Effective::default();
    for (key, value) in text.lines().filter_map(|line| line.split_once(' ')) {
        let some = (value != "none").then(|| value.to_owned());
        match key {
            "hostname" => value.clone_into(&mut found.hostname),
            "port" => value.clone_into(&mut found.port),
            "user" => value.clone_into(&mut found.user),
            "hostkeyalias" => found.alias = some,
            "proxyjump" => found.jump = some,
            "proxycommand" => found.proxy = some,
            "userknownhostsfile" => found.known_hosts = value.split(' ').map(str::to_owned).collect(),
            _ => {}
        }
    }
    found
}
