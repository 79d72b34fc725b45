//! How far a handshake came and why it went no further, from what ssh said.

use std::fmt::Write as _;
use std::time::Duration;

use super::effective::Effective;
use super::host_key;
use crate::connection::host::HostTarget;
use crate::connection::{ConnectionError, Stage};

/// The error for ssh's lines.
pub(super) fn explain(target: &HostTarget, effective: &Effective, lines: &[String]) -> ConnectionError {
    let said: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.starts_with("debug")).collect();
    let has = |text: &str| said.iter().any(|line| line.contains(text));
    if has("Could not resolve hostname") {
        return resolve(target, &said);
    }
    if has("Host key verification failed") || has("HOST IDENTIFICATION HAS CHANGED") {
        return host_key::explain(&target.name, effective, lines);
    }
    if has("Permission denied (") || has("Too many authentication failures") || has(": Permission denied") {
        return authenticate(target, effective, lines, &said);
    }
    connect(target, effective, &said)
}

/// The error for a server that says nothing any more.
pub(super) fn silent(target: &HostTarget, effective: &Effective, limit: Duration) -> ConnectionError {
    let message = format!("{}: no answer within {}", opening(target, effective), crate::text::human_duration(limit));
    ConnectionError::new(Stage::TimedOut, message)
}

/// Whether the server hung up before it said anything: it may have had too many at its door.
pub(super) fn is_turned_away(lines: &[String]) -> bool {
    lines.iter().any(|line| {
        line.starts_with("kex_exchange_identification:")
            && (line.contains("closed by remote host") || line.contains("reset by peer"))
            || line.contains("Not allowed at this time")
    })
}

fn opening(target: &HostTarget, effective: &Effective) -> String {
    format!("could not connect to {} ({} port {})", target.name, effective.hostname, effective.port)
}

fn resolve(target: &HostTarget, said: &[&str]) -> ConnectionError {
    let line = said.iter().find(|line| line.contains("Could not resolve hostname")).copied().unwrap_or("");
    let rest = line.split_once("hostname ").map_or(line, |(_, rest)| rest);
    let (name, why) = rest.split_once(": ").unwrap_or((&target.address, rest));
    let message = format!("could not find {}: the name {name} has no address ({})", target.name, lower(why));
    ConnectionError::new(Stage::Resolve, message).hint("see whether ansible_host is right")
}

fn connect(target: &HostTarget, effective: &Effective, said: &[&str]) -> ConnectionError {
    let opening = opening(target, effective);
    if let Some(why) = said.iter().find_map(|line| line.strip_prefix("channel ")?.split_once("open failed: ")) {
        // ssh to the jump host says so: `administratively prohibited: open failed`, `connect failed: Connection refused`.
        let why = why.1.trim_end_matches(": open failed").trim_start_matches("connect failed: ");
        let error = ConnectionError::new(Stage::Connect, format!("{opening} from its jump host: {}", lower(why)));
        let prohibited = why.contains("prohibited");
        return if prohibited { error.hint("the jump host's sshd needs `AllowTcpForwarding yes`") } else { error };
    }
    let last = said.iter().rev().find(|line| !line.is_empty()).copied().unwrap_or("ssh ended without a word");
    let reason = said.iter().find_map(|line| line.strip_prefix("ssh: connect to host ")?.split_once(": "));
    let why = reason.map_or(last, |(_, why)| why);
    if said.iter().any(|line| line.contains("timed out")) {
        return ConnectionError::new(Stage::TimedOut, format!("{opening}: {}", lower(why)));
    }
    let garbage =
        ["banner line contains invalid", "Protocol major versions differ", "Bad packet length", "banner exchange"];
    if let Some(line) = said.iter().find(|line| garbage.iter().any(|text| line.contains(text))) {
        let message = format!("{opening}: what answers there does not speak SSH ({})", lower(line));
        return ConnectionError::new(Stage::Connect, message);
    }
    let error = ConnectionError::new(Stage::Connect, format!("{opening}: {}", lower(why)));
    if said.iter().any(|line| line.starts_with("kex_exchange_identification:")) {
        return error.hint("it hung up before it greeted: see whether SSH answers at that port, and its MaxStartups");
    }
    error
}

fn authenticate(target: &HostTarget, effective: &Effective, lines: &[String], said: &[&str]) -> ConnectionError {
    let mut tried: Vec<&str> = Vec::new();
    for method in lines.iter().filter_map(|line| line.strip_prefix("debug1: Next authentication method: ")) {
        if !tried.contains(&method) {
            tried.push(method);
        }
    }
    let tried = if tried.is_empty() { "nothing".to_owned() } else { tried.join(", ") };
    let accepts =
        said.iter().find_map(|line| line.split_once("Permission denied (")?.1.split_once(')')).map(|(list, _)| list);
    let keys = lines.iter().filter(|line| line.starts_with("debug1: Offering public key: ")).count();
    let mut message = format!("{} does not let {} in: tried {tried}", target.name, effective.user);
    if keys > 0 {
        let _ = write!(message, " ({})", crate::text::count(keys, "key"));
    }
    if let Some(accepts) = accepts {
        let _ = write!(message, "; it accepts {accepts}");
    }
    if said.iter().any(|line| line.contains("Too many authentication failures")) {
        message.push_str("; too many keys were offered");
    }
    let mut error = ConnectionError::new(Stage::Authenticate, String::new());
    if let Some((why, hint)) = key_trouble(target, lines) {
        let _ = write!(message, "; {why}");
        error.hint = Some(hint.to_owned());
    } else if target.password.is_some() {
        error.hint = Some("see whether ansible_user and ansible_password are right".to_owned());
    } else {
        error.hint = Some("give ansible_password, ansible_ssh_private_key_file, or a key in the agent".to_owned());
    }
    error.message = message;
    error
}

/// What ssh said about a key file, and what helps.
fn key_trouble(target: &HostTarget, lines: &[String]) -> Option<(String, &'static str)> {
    // The server took the key, and we did not go on to use it: it is locked, and nobody could unlock it.
    if let Some(key) = lines.iter().find_map(|line| line.strip_prefix("debug1: Server accepts key: ")) {
        let key = key.split(" SHA256:").next().and_then(|key| key.rsplit_once(' ')).map_or(key, |(path, _)| path);
        let given = target.passphrase.is_some() || target.password.is_some();
        let hint = if given {
            "see whether ansible_ssh_passphrase is right"
        } else {
            "give ansible_ssh_passphrase, or add the key to the agent"
        };
        return Some((format!("it takes the key {key}, but that could not be unlocked"), hint));
    }
    let known = [
        ("are too open", "chmod 600 the key file"),
        ("not accessible: No such file", "see whether ansible_ssh_private_key_file is right"),
        ("no such identity", "see whether ansible_ssh_private_key_file is right"),
        ("error in libcrypto", "the key file is no private key that ssh can read"),
        ("invalid format", "the key file is no private key that ssh can read"),
    ];
    known.iter().find_map(|(text, hint)| {
        let line = lines.iter().find(|line| line.contains(text))?;
        let line = line.trim_start_matches("debug1: ").trim_start_matches("Warning: ").trim_end_matches('.');
        Some((line.to_owned(), *hint))
    })
}

/// A sentence's beginning as it stands inside another.
fn lower(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}
