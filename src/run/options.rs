//! What a run is started with.

use std::path::PathBuf;

use super::VaultSource;
use crate::execute::OnUnknown;

pub use crate::connection::host::HostKeys;

/// The flags that decide what is done, and how.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The playbook.
    pub playbook: PathBuf,
    /// `-i`.
    pub inventories: Vec<PathBuf>,
    /// `-e`, as given.
    pub extra: Vec<String>,
    /// `--vault-password-file` and `--vault-id`.
    pub vault: Vec<VaultSource>,
    /// `--age-identity`.
    pub age_identities: Vec<PathBuf>,
    /// `--limit`.
    pub limit: Option<String>,
    /// `--tags`.
    pub tags: Vec<String>,
    /// `--skip-tags`.
    pub skip_tags: Vec<String>,
    /// `--start-at`.
    pub start_at: Option<String>,
    /// `--forks`.
    pub forks: usize,
    /// `--check`.
    pub check: bool,
    /// `--diff`.
    pub diff: bool,
    /// `--yes`.
    pub yes: bool,
    /// `--ssh-config`.
    pub ssh_config: Option<PathBuf>,
    /// `--host-keys`.
    pub host_keys: HostKeys,
    /// `--state`.
    pub state: Option<PathBuf>,
    /// `--on-unknown`.
    pub on_unknown: OnUnknown,
    /// `--accept-changes`.
    pub accept_changes: bool,
}
