//! What opens encrypted values: the passwords of Ansible Vault, and the identities of age.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use age::armor::ArmoredReader;

use super::secrets;
use crate::diagnostic::Problem;
use crate::secret::Secret;
use crate::secret::vault::{Key, Keyring};

/// Where a vault password comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultSource {
    /// The vault it is for; any without one.
    pub label: Option<String>,
    /// The file that holds it, or the program that prints it.
    pub file: PathBuf,
}

impl VaultSource {
    /// `FILE`, or `LABEL@FILE`, as in Ansible.
    pub fn parse(text: &str) -> Self {
        let (label, file) = text.split_once('@').map_or((None, text), |(label, file)| (Some(label), file));
        let label = label.filter(|label| !label.is_empty()).map(str::to_owned);
        Self { label, file: PathBuf::from(file) }
    }

    /// How it is written.
    pub fn written(&self) -> String {
        let file = self.file.display();
        self.label.as_ref().map_or_else(|| file.to_string(), |label| format!("{label}@{file}"))
    }
}

/// Reads the passwords. Without any, an encrypted value `may_wait`, or is a mistake.
pub async fn vault(sources: &[VaultSource], may_wait: bool) -> Result<Keyring, Problem> {
    let mut keys = Vec::new();
    for source in sources {
        let password = password(source).await.map_err(|why| {
            let problem = Problem::error(format!("the vault password {why}"));
            problem.hint("give a file that holds it, or a program that prints it")
        })?;
        keys.push(Key { label: source.label.clone(), password: Secret::new(password) });
    }
    Ok(Keyring { keys: keys.into(), may_wait })
}

async fn password(source: &VaultSource) -> Result<String, String> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = &source.file;
    let read = |error: std::io::Error| format!("cannot be read from {}: {error}", path.display());
    let metadata = tokio::fs::metadata(path).await.map_err(read)?;
    let text = if metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 {
        let program = std::path::absolute(path).map_err(read)?;
        let mut command = vec![program.display().to_string()];
        // As in Ansible, a program of such a name is told which password is wanted.
        let is_client = path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-client"));
        if let Some(label) = source.label.as_ref().filter(|_| is_client) {
            command.extend(["--vault-id".to_owned(), label.clone()]);
        }
        secrets::printed(&command, Path::new(".")).await?
    } else {
        tokio::fs::read_to_string(path).await.map_err(read)?
    };
    let text = text.trim();
    if text.is_empty() { Err(format!("in {} is empty", path.display())) } else { Ok(text.to_owned()) }
}

/// What an age file holds.
pub fn age(path: &Path, identities: &[PathBuf]) -> Result<Vec<u8>, String> {
    let from = path.display();
    let file = std::fs::File::open(path).map_err(|error| format!("cannot be read from {from}: {error}"))?;
    let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(std::io::BufReader::new(file)))
        .map_err(|_| format!("cannot be read: {from} is no age file"))?;
    if decryptor.is_scrypt() {
        return Err(format!(
            "cannot be read: {from} is locked with a passphrase; encrypt it to a recipient (`age -r`)"
        ));
    }
    let known = known_identities(identities)?;
    let mut opened = decryptor.decrypt(known.iter().map(|identity| &**identity as &dyn age::Identity)).map_err(
        |error| match error {
            age::DecryptError::NoMatchingKeys => format!("cannot be read: no age identity at hand opens {from}"),
            _ => format!("cannot be read: {from} is damaged"),
        },
    )?;
    let mut plain = Vec::new();
    let limit = u64::try_from(secrets::LONGEST).unwrap_or(u64::MAX);
    opened
        .by_ref()
        .take(limit + 1)
        .read_to_end(&mut plain)
        .map_err(|_| format!("cannot be read: {from} is damaged"))?;
    Ok(plain)
}

fn known_identities(given: &[PathBuf]) -> Result<Vec<Box<dyn age::Identity + Send + Sync>>, String> {
    let usual = usual_identities();
    let files = if given.is_empty() { usual.as_slice() } else { given };
    let mut known = Vec::new();
    for path in files {
        let unread =
            |why: &dyn std::fmt::Display| format!("cannot be read: the identity file {}: {why}", path.display());
        let file = age::IdentityFile::from_file(path.display().to_string()).map_err(|error| unread(&error))?;
        known.extend(file.into_identities().map_err(|error| unread(&error))?);
    }
    if known.is_empty() {
        return Err("cannot be read: there is no age identity; give one with `--age-identity FILE`".to_owned());
    }
    Ok(known)
}

/// `age/keys.txt` in the user's configuration, where it is there.
fn usual_identities() -> Vec<PathBuf> {
    use etcetera::BaseStrategy as _;
    let path = etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("age/keys.txt"));
    path.filter(|path| path.exists()).into_iter().collect()
}
