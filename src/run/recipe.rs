//! What a run was started with, so that it can be taken up again, and digests that tell whether it is still the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::load::Loaded;
use super::{HostKeys, Options, VaultSource};
use crate::event::Recipe;

/// The recipe of a run.
pub fn of(options: &Options, loaded: &Loaded) -> Recipe {
    Recipe {
        playbook: absolute(&options.playbook),
        inventories: options.inventories.iter().map(|path| absolute(path)).collect(),
        extra: options.extra.clone(),
        flags: flags(options),
        digests: digests(options, loaded),
    }
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// SHA-256 of what was read; of what is encrypted, as it stands in the file.
fn digests(options: &Options, loaded: &Loaded) -> BTreeMap<String, String> {
    let mut playbook = Sha256::new();
    for source in &loaded.playbook.sources {
        frame(&mut playbook, source.sealed.as_ref().unwrap_or(&source.text));
    }
    let mut inventory = Sha256::new();
    for source in &loaded.inventory.sources {
        frame(&mut inventory, source.sealed.as_ref().unwrap_or(&source.text));
    }
    let mut inputs = Sha256::new();
    for extra in &options.extra {
        frame(&mut inputs, extra);
        if let Some(text) = extra.strip_prefix('@').and_then(|path| std::fs::read_to_string(path).ok()) {
            frame(&mut inputs, &text);
        }
    }
    [("playbook", playbook), ("inventory", inventory), ("inputs", inputs)]
        .map(|(name, hash)| (name.to_owned(), hex::encode(hash.finalize())))
        .into()
}

/// A text with its length before it, so that two texts cannot be taken for two others.
fn frame(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
}

/// The flags that decide what is done.
pub fn flags(options: &Options) -> BTreeMap<String, Value> {
    let vault =
        |source: &VaultSource| VaultSource { file: PathBuf::from(absolute(&source.file)), ..source.clone() }.written();
    [
        ("vault", json!(options.vault.iter().map(vault).collect::<Vec<_>>())),
        ("age_identities", json!(options.age_identities.iter().map(|path| absolute(path)).collect::<Vec<_>>())),
        ("limit", json!(options.limit)),
        ("tags", json!(options.tags)),
        ("skip_tags", json!(options.skip_tags)),
        ("start_at", json!(options.start_at)),
        ("forks", json!(options.forks)),
        ("diff", json!(options.diff)),
        ("ssh_config", json!(options.ssh_config)),
        ("host_keys", json!(word(options.host_keys))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The options of a run that is taken up again; what only the person at hand can say (`--yes`, `--on-unknown`) is
/// taken from `now`.
pub fn options(recipe: &Recipe, check: bool, now: &Options) -> Options {
    let text = |name: &str| recipe.flags.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = |name: &str| -> Vec<String> {
        let items = recipe.flags.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let forks = recipe.flags.get("forks").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    Options {
        playbook: PathBuf::from(&recipe.playbook),
        inventories: recipe.inventories.iter().map(PathBuf::from).collect(),
        extra: recipe.extra.clone(),
        vault: list("vault").iter().map(|text| VaultSource::parse(text)).collect(),
        age_identities: list("age_identities").into_iter().map(PathBuf::from).collect(),
        limit: text("limit"),
        tags: list("tags"),
        skip_tags: list("skip_tags"),
        start_at: text("start_at"),
        forks: forks.unwrap_or(now.forks),
        check,
        diff: recipe.flags.get("diff").and_then(Value::as_bool).unwrap_or(false),
        ssh_config: text("ssh_config").map(PathBuf::from),
        host_keys: text("host_keys").and_then(|word| host_keys(&word)).unwrap_or(now.host_keys),
        ..now.clone()
    }
}

fn word(keys: HostKeys) -> &'static str {
    match keys {
        HostKeys::Strict => "strict",
        HostKeys::AcceptNew => "accept-new",
        HostKeys::Off => "off",
    }
}

fn host_keys(word: &str) -> Option<HostKeys> {
    [HostKeys::Strict, HostKeys::AcceptNew, HostKeys::Off].into_iter().find(|keys| self::word(*keys) == word)
}
