//! Whether `ssh_config` can lead a connection anywhere but straight to the address that was given. Asking `ssh -G` takes
//! a process per host; in most configurations nothing redirects most hosts, and a look at the files shows it.
//!
//! In: the configuration files. Out: the patterns of hosts that may be redirected. Whatever is not understood at a glance
//! (`Match`, an odd `Include`) counts as a redirection of all.

use std::path::{Path, PathBuf};

use super::settings::SshSettings;
use crate::connection::host::HostTarget;

/// Files within files no deeper than that, as ssh itself.
const DEPTH: usize = 16;
/// No configuration is longer.
const LONGEST: u64 = 1 << 20;
/// What changes where a connection goes.
const REDIRECTING: &[&str] = &["hostname", "canonicalizehostname", "proxyjump", "proxycommand"];

/// Which hosts may be redirected.
#[derive(Debug, Default)]
pub(super) struct Straight {
    /// The patterns of each block that redirects; none if that cannot be told.
    redirected: Option<Vec<Vec<String>>>,
}

impl Straight {
    /// Reads the files that ssh would read.
    pub fn read(settings: &SshSettings) -> Self {
        let mut reading = Reading { redirected: Vec::new() };
        let done = match &settings.config {
            Some(config) => reading.file(config, relative_to().as_deref(), &[], 0),
            None => relative_to().and_then(|home| {
                reading.file(&home.join("config"), Some(&home), &[], 0)?;
                let system = Path::new("/etc/ssh");
                reading.file(&system.join("ssh_config"), Some(system), &[], 0)
            }),
        };
        Self { redirected: done.map(|()| reading.redirected) }
    }

    /// Whether this target is certainly reached at the address it was given.
    pub fn leads(&self, target: &HostTarget) -> bool {
        let Some(redirected) = &self.redirected else { return false };
        let mut words = target.ssh_args.iter().map(|word| word.to_ascii_lowercase());
        let redirects = words.any(|word| {
            word.starts_with("-f") || word.starts_with("-j") || REDIRECTING.iter().any(|key| word.contains(key))
        });
        // A name may carry a user or a port in ways that only ssh takes apart.
        let plain = !target.address.contains(['@', '/']);
        plain && !redirects && !redirected.iter().any(|patterns| selects(patterns, &target.address))
    }
}

struct Reading {
    redirected: Vec<Vec<String>>,
}

impl Reading {
    /// Reads a file and those it includes; none if it cannot be told what they do. `around` are the patterns of the block
    /// that includes it.
    fn file(&mut self, path: &Path, home: Option<&Path>, around: &[String], depth: usize) -> Option<()> {
        let text = match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(()),
            Ok(found) if found.is_file() && found.len() <= LONGEST && depth <= DEPTH => {
                std::fs::read_to_string(path).ok()?
            }
            _ => return None,
        };
        let mut block = around.to_vec();
        for line in text.lines() {
            let (key, value) = keyword(line);
            match key.as_str() {
                // Inside an `Include` of a block both patterns count: the outer ones select more, so they are kept.
                "host" if around.is_empty() => block = shlex::split(value)?,
                "include" => {
                    for pattern in shlex::split(value)? {
                        for file in included(&pattern, home?)? {
                            self.file(&file, home, &block, depth + 1)?;
                        }
                    }
                }
                "match" => return None,
                key if REDIRECTING.contains(&key) => self.redirected.push(block.clone()),
                _ => {}
            }
        }
        Some(())
    }
}

/// The keyword of a line in lowercase, and the rest: blanks or one `=` may stand between them.
fn keyword(line: &str) -> (String, &str) {
    let line = line.trim();
    if line.starts_with('#') {
        return (String::new(), "");
    }
    let end = line.find(|letter: char| letter.is_whitespace() || letter == '=').unwrap_or(line.len());
    let (key, rest) = line.split_at(end);
    let rest = rest.trim_start();
    (key.trim_matches('"').to_ascii_lowercase(), rest.strip_prefix('=').unwrap_or(rest).trim())
}

/// The files that an `Include` names; none if that takes more than a pattern of names in one folder.
fn included(pattern: &str, home: &Path) -> Option<Vec<PathBuf>> {
    if pattern.starts_with('~') || pattern.contains(['%', '$', '[', '{', '\\']) {
        return None;
    }
    let path = home.join(pattern);
    let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
    if folder.to_str()?.contains(['*', '?']) {
        return None;
    }
    if !name.contains(['*', '?']) {
        return Some(vec![path]);
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Vec::new()),
        Err(_) => return None,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.ok()?;
        if matches(name.as_bytes(), entry.file_name().to_str()?.as_bytes()) {
            files.push(entry.path());
        }
    }
    Some(files)
}

/// Where relative names in the user's file begin: ssh takes the home folder from the list of users, not from `HOME`.
fn relative_to() -> Option<PathBuf> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let own = rustix::process::getuid().as_raw().to_string();
    let user =
        users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|user| user.get(2) == Some(&&*own))?;
    Some(Path::new(user.get(5)?).join(".ssh"))
}

/// Whether the patterns of a `Host` line may select a host; nothing selects all. What `!` leaves out is kept: ssh is
/// asked once more than it has to be.
fn selects(patterns: &[String], host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let mut patterns = patterns.iter().map(|pattern| pattern.to_ascii_lowercase());
    patterns.len() == 0
        || patterns.any(|pattern| {
            // A list with commas is rare here, and not worth reading.
            pattern.contains(',') || matches(pattern.trim_start_matches('!').as_bytes(), host.as_bytes())
        })
}

/// `*` is any text, `?` any letter.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches(rest, text) || text.split_first().is_some_and(|(_, text)| matches(pattern, text))
        }
        (Some((b'?', rest)), Some((_, text))) => matches(rest, text),
        (Some((letter, rest)), Some((found, text))) => letter == found && matches(rest, text),
        _ => false,
    }
}
