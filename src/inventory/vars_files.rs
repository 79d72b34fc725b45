//! `group_vars/` and `host_vars/` of a folder: which files hold the vars of a name, and what stands in them.
//!
//! In: a folder. Out: vars by name; each file is read once, and a folder is listed once, however many hosts there are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Problem, Source};

use super::VarMap;
use super::draft::Draft;

/// Endings of vars files, in the order in which they are looked for; the first that is there counts.
const ENDINGS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

/// How deep folders below `group_vars/NAME/` are followed.
const DEEPEST: usize = 16;

/// `group_vars` or `host_vars` of one folder.
pub(super) struct VarsFolder {
    path: PathBuf,
    names: BTreeMap<String, bool>,
}

impl VarsFolder {
    /// Lists the folder `kind` in `base`; empty where there is none.
    pub(super) fn list(base: &Path, kind: &str, draft: &mut Draft) -> Self {
        let path = base.join(kind);
        let names = if path.is_dir() { list(&path, draft) } else { BTreeMap::new() };
        Self { path, names }
    }

    /// The vars of a name; later files of a folder are stronger.
    pub(super) fn vars(&self, name: &str, draft: &mut Draft) -> VarMap {
        let mut vars = VarMap::new();
        if self.names.is_empty() {
            return vars;
        }
        let found = ENDINGS.iter().map(|ending| format!("{name}{ending}")).find(|name| self.names.contains_key(name));
        let Some(found) = found else { return vars };
        let path = self.path.join(&found);
        let files = if self.names.get(&found) == Some(&true) { files(&path, DEEPEST, draft) } else { vec![path] };
        for file in files {
            read(&file, &mut vars, draft);
        }
        vars
    }
}

/// What is in a folder, by name: whether it is a folder itself.
fn list(path: &Path, draft: &mut Draft) -> BTreeMap<String, bool> {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            draft.problem(Problem::error(format!("cannot list `{}`: {error}", path.display())));
            return BTreeMap::new();
        }
    };
    let named =
        entries.flatten().filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path().is_dir())));
    named.collect()
}

/// The vars files below a folder, in order; hidden files and backups are left out.
fn files(folder: &Path, depth: usize, draft: &mut Draft) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (name, is_folder) in list(folder, draft) {
        let path = folder.join(&name);
        let ending = path.extension().map_or(String::new(), |ending| format!(".{}", ending.to_string_lossy()));
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        if is_folder && ending.is_empty() && depth > 0 {
            found.extend(files(&path, depth - 1, draft));
        } else if !is_folder && ENDINGS.contains(&ending.as_str()) {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path, vars: &mut VarMap, draft: &mut Draft) {
    let source = match crate::yaml::read_sealed(path, draft.engine.keys()) {
        Ok(source) => source,
        Err(problem) => return draft.problem(problem),
    };
    draft.sources.push(Arc::clone(&source));
    if is_blank(&source) {
        return;
    }
    let mut tree = match crate::yaml::parse(&source) {
        Ok(tree) => tree,
        Err(problems) => return draft.problems(problems),
    };
    super::value::read_booleans(&mut tree);
    let Some(map) = tree.as_map() else {
        if tree.value != crate::yaml::Value::Null {
            let problem = Problem::error(format!("a vars file must be a mapping, found {}", tree.found()));
            draft.problem(problem.at(tree.place.clone()).hint("write `name: value`"));
        }
        return;
    };
    for entry in &map.entries {
        if let Some(var) = draft.written(&entry.key, &entry.value, entry.key_place.clone()) {
            vars.insert(Arc::clone(&entry.key), var);
        }
    }
}

/// Whether a file holds nothing but comments and marks of a document.
fn is_blank(source: &Source) -> bool {
    source
        .text
        .lines()
        .map(str::trim)
        .all(|line| line.is_empty() || line.starts_with('#') || matches!(line, "---" | "..."))
}
