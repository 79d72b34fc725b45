//! The values of a playbook's secrets: from the environment, a file, an age file or a command of this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::keys;
use crate::diagnostic::{Problem, Problems};
use crate::playbook::{Playbook, SecretDecl, SecretSource};
use crate::secret::{Redactor, SHORTEST, Secret};

/// A command that gives a secret has this long.
const LIMIT: Duration = Duration::from_secs(30);
/// A secret is at most this long.
pub(super) const LONGEST: usize = 1 << 20;

/// Reads every secret, and lets the redactor know it.
pub async fn read(
    playbook: &Playbook,
    identities: &[PathBuf],
    redactor: &Redactor,
) -> Result<BTreeMap<String, Secret>, Problems> {
    let mut problems = Problems::default();
    let mut secrets = BTreeMap::new();
    for decl in &playbook.secrets {
        match one(decl, &playbook.folder, identities).await.and_then(judged) {
            Ok(text) => {
                redactor.learn(&text);
                secrets.insert(decl.name.name.clone(), Secret::new(text));
            }
            Err(why) => problems
                .push(Problem::error(format!("the secret `{}` {why}", decl.name.name)).at(decl.name.place.clone())),
        }
    }
    problems.or(secrets)
}

/// The variables of the environment that hold secrets.
pub fn variables(playbook: &Playbook) -> Vec<String> {
    let named = playbook.secrets.iter().filter_map(|decl| match &decl.source {
        SecretSource::Env(name) => Some(name.clone()),
        SecretSource::File(_) | SecretSource::Command(_) | SecretSource::Age(_) => None,
    });
    named.collect()
}

fn judged(text: String) -> Result<String, String> {
    match text.len() {
        0 => Err("is empty".to_owned()),
        n if n < SHORTEST => {
            Err(format!("is shorter than {SHORTEST} bytes: masking it would garble everything that is shown"))
        }
        n if n > LONGEST => Err(format!("is longer than {LONGEST} bytes")),
        _ => Ok(text),
    }
}

async fn one(decl: &SecretDecl, folder: &Path, identities: &[PathBuf]) -> Result<String, String> {
    match &decl.source {
        SecretSource::Env(name) => {
            std::env::var(name).map_err(|_| format!("cannot be read: the environment has no `{name}`"))
        }
        SecretSource::File(path) => {
            let path = folder.join(path);
            let text = tokio::fs::read_to_string(&path).await;
            text.map(|text| trimmed(&text)).map_err(|error| format!("cannot be read from {}: {error}", path.display()))
        }
        SecretSource::Command(argv) => printed(argv, folder).await,
        SecretSource::Age(path) => {
            let plain = keys::age(&folder.join(path), identities)?;
            String::from_utf8(plain).map(|text| trimmed(&text)).map_err(|_| "is not UTF-8".to_owned())
        }
    }
}

pub(super) async fn printed(command: &[String], folder: &Path) -> Result<String, String> {
    let [program, rest @ ..] = command else { return Err("has an empty command".to_owned()) };
    let child = tokio::process::Command::new(program)
        .args(rest)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(LIMIT, child)
        .await
        .map_err(|_| format!("cannot be read: `{program}` did not end within {} s", LIMIT.as_secs()))?
        .map_err(|error| format!("cannot be read: `{program}`: {error}"))?;
    if !output.status.success() {
        return Err(format!("cannot be read: `{program}` failed ({})", output.status));
    }
    String::from_utf8(output.stdout).map(|text| trimmed(&text)).map_err(|_| "is not UTF-8".to_owned())
}

/// Without the line break at the end.
fn trimmed(text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text).to_owned()
}
