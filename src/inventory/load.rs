//! Finding out what each `-i` is, and having it read: the one place where the parts of this module meet.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cancel::Cancel;
use crate::diagnostic::{Passage, Problem, Problems, Source};
use crate::template::Engine;

use super::draft::{Draft, UNGROUPED_GROUP};
use super::resolve::{self, Folders};
use super::{Asks, Inventory, ini_file, plugin, plugin_output, yaml_file};

/// How deep folders of inventories are followed.
const DEEPEST: usize = 16;

/// Endings of files that are left out of a folder of inventories, as in Ansible.
const IGNORED: [&str; 12] =
    [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"];

/// What reading an inventory may reach.
pub struct Reach<'a> {
    /// Stops executables.
    pub cancel: &'a Cancel,
    /// Asks databases; none where nothing may be contacted.
    pub sql: Option<&'a dyn Asks>,
}

impl Inventory {
    /// Reads every source in order, a later one over an earlier one: files, folders of files, executables, or names
    /// with commas (`web1,web2`). `group_vars` and `host_vars` are read beside each of them and in `vars_dirs` (where
    /// the playbook is), whose vars are stronger. All problems are told at once.
    pub fn load(
        paths: &[PathBuf],
        vars_dirs: &[PathBuf],
        engine: &Engine,
        reach: &Reach<'_>,
    ) -> Result<Self, Problems> {
        let mut draft = Draft::new(engine, reach.sql);
        for path in paths {
            source(path, DEEPEST, &mut draft, reach.cancel);
        }
        let beside: Vec<_> = paths.iter().filter_map(|path| beside(path)).collect();
        let folders = Folders::list(&last_of_each(&beside, vars_dirs), &last_of_each(vars_dirs, &[]), &mut draft);
        let mut inventory = resolve::resolve(draft, &folders)?;
        if !paths.is_empty() && inventory.hosts.is_empty() && !inventory.open {
            inventory.warnings.push(Problem::warning("the inventory names no host: only `localhost` is there"));
        }
        Ok(inventory)
    }

    /// An inventory that names nothing, for where the real one could not be read.
    pub fn none(engine: &Engine) -> Self {
        Self::load(&[], &[], engine, &Reach { cancel: &Cancel::root(), sql: None })
            .unwrap_or_else(|_| unreachable!("nothing is read"))
    }
}

/// The folder whose `group_vars` and `host_vars` belong to a source.
fn beside(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return Some(path.to_owned());
    }
    path.exists().then(|| path.parent().unwrap_or(Path::new("")).to_owned())
}

/// The folders, of equal ones the last only (it would overrule the earlier), and none that is in `stronger`.
fn last_of_each(folders: &[PathBuf], stronger: &[PathBuf]) -> Vec<PathBuf> {
    let real = |path: &PathBuf| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    };
    let last: BTreeMap<_, _> = folders.iter().enumerate().map(|(n, path)| (real(path), n)).collect();
    let stronger: Vec<_> = stronger.iter().map(real).collect();
    let kept = folders.iter().enumerate().filter(|(n, path)| last.get(&real(path)) == Some(n));
    kept.map(|(_, path)| path.clone()).filter(|path| !stronger.contains(&real(path))).collect()
}

fn source(path: &Path, depth: usize, draft: &mut Draft, cancel: &Cancel) {
    if path.is_dir() {
        folder(path, depth, draft, cancel);
    } else if path.exists() {
        file(path, draft, cancel);
    } else if let Some(names) = path.to_str().filter(|text| text.contains(',')) {
        list_of_names(names, draft);
    } else {
        draft.problem(missing(path));
    }
}

fn missing(path: &Path) -> Problem {
    let problem = Problem::error(format!("the inventory `{}` does not exist", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten().take(1000);
    let names: Vec<String> = names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let wanted = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let problem = problem.hint("give a file, a folder or an executable after `-i`, or names with a comma (`web1,`)");
    problem.did_you_mean(&wanted, names.iter().map(String::as_str))
}

/// `-i web1,web2:2222`: the hosts themselves.
fn list_of_names(names: &str, draft: &mut Draft) {
    let given = Passage::unplaced("<command line>", names);
    draft.sources.push(Arc::clone(&given.place.source));
    let mut start = 0;
    for name in names.split(',') {
        let range = super::passage::trimmed(names, start..start + name.len());
        start += name.len() + 1;
        if !range.is_empty() {
            draft.add_hosts(&names[range.clone()], Some(UNGROUPED_GROUP), &given.locate(range));
        }
    }
}

/// Every file of a folder, in the order of their names.
fn folder(path: &Path, depth: usize, draft: &mut Draft, cancel: &Cancel) {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return draft.problem(Problem::error(format!("cannot list `{}`: {error}", path.display()))),
    };
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| {
        let vars = matches!(name.as_str(), "group_vars" | "host_vars" | "vars_plugins");
        !vars && !name.starts_with('.') && !IGNORED.iter().any(|ending| name.ends_with(ending))
    });
    names.sort();
    for name in names {
        if depth == 0 {
            let problem = Problem::error(format!("folders below `{}` are nested too deep", path.display()));
            return draft.problem(problem.hint(format!("at most {DEEPEST} levels are followed")));
        }
        source(&path.join(name), depth - 1, draft, cancel);
    }
}

fn file(path: &Path, draft: &mut Draft, cancel: &Cancel) {
    if is_program(path) {
        return plugin_output::read(&plugin::Plugin { path, cancel }, draft);
    }
    let source = match crate::yaml::read_sealed(path, draft.engine.keys()) {
        Ok(source) => source,
        Err(problem) => return draft.problem(problem),
    };
    draft.sources.push(Arc::clone(&source));
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("yml" | "yaml" | "json") => yaml_file::read(&source, draft),
        Some("ini") => ini_file::read(&source, draft),
        Some("toml") => {
            let problem = Problem::error(format!("`{}`: inventories in TOML are not read", path.display()));
            draft.problem(problem.hint("`ansible-inventory --list --yaml` turns it into YAML"));
        }
        _ if looks_like_yaml(&source) => yaml_file::read(&source, draft),
        _ => ini_file::read(&source, draft),
    }
}

/// Whether the file may be executed and says by what: a mode alone proves nothing on some file systems.
fn is_program(path: &Path) -> bool {
    let runnable = std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0);
    let mut head = [0; 4];
    let read = runnable && std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok();
    read && (head.starts_with(b"#!") || head == *b"\x7fELF")
}

/// Judges by the first line that says anything: `---`, `{`, or a key with a `:` behind it.
fn looks_like_yaml(source: &Source) -> bool {
    let first = source.text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let Some(line) = first else { return false };
    let key = line.split_once(':').filter(|(_, behind)| behind.is_empty() || behind.starts_with([' ', '\t']));
    line.starts_with("---") || line.starts_with('{') || key.is_some_and(|(key, _)| !key.contains(['=', '[', ' ']))
}
