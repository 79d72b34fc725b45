//! Files that are read: what is wrong with bad ones, told exactly; and what good ones come out as.

mod bad_declarations;
mod bad_files;
mod bad_playbooks;
mod bad_steps;
mod bad_yaml;
mod good;
mod paths;

use std::path::PathBuf;

use runbook::diagnostic::render;
use runbook::playbook::{self, Playbook, Vocabulary};
use runbook::secret::vault::Keyring;
use tempfile::TempDir;

/// A playbook (the first file) with what belongs to it, and all that is told about it.
struct Row {
    what: &'static str,
    files: &'static [(&'static str, &'static str)],
    told: &'static str,
}

fn vocabulary() -> Vocabulary {
    let types = vec!["exec", "put", "get", "publish", "consume", "query", "log", "set", "wait"];
    Vocabulary { types, lists: vec![("consume", "each")] }
}

/// Writes the files into a folder of their own; the path is that of the first.
fn written(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let path = folder.path().join(files[0].0);
    (folder, path)
}

/// The playbook, or all that is told about it with paths relative to its folder.
fn load(files: &[(&str, &str)]) -> Result<Playbook, String> {
    let (folder, path) = written(files);
    let prefix = format!("{}/", folder.path().display());
    playbook::load(&path, &vocabulary(), &Keyring::default())
        .whole()
        .map_err(|problems| render(&problems).replace(&prefix, ""))
}

#[test]
fn bad_files_are_refused_with_place_and_hint() {
    let tables = [bad_yaml::ROWS, bad_playbooks::ROWS, bad_declarations::ROWS, bad_steps::ROWS, bad_files::ROWS];
    let mut wrong = Vec::new();
    for row in tables.into_iter().flatten() {
        let told = load(row.files).map_or_else(|told| told, |_| "accepted".to_owned());
        if told != row.told {
            wrong.push(format!("=== {}\n{told}--- expected\n{}", row.what, row.told));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
