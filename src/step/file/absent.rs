//! Removing a path, and refusing to remove the system.

use super::Task;
use crate::connection::host::{PathKind, PathState};
use crate::step::{Context, Failure, Finding, Results, Verdict, path, remote};

/// What a machine cannot be without; exactly these are refused, not what is below them.
const ROOTS: &[&str] = &[
    "/",
    "/Applications",
    "/Library",
    "/System",
    "/Users",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/media",
    "/mnt",
    "/opt",
    "/private",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/lib",
    "/var/log",
    "/var/run",
];

/// How many of the things that would go are named.
const NAMED: usize = 20;

/// How many things are below a directory (a byte for each, for names may hold line breaks), and some that lie in it.
const LIST: &str = r#"find "$1" -mindepth 1 -print0 | tr -dc '\000' | wc -c
find "$1" -mindepth 1 -maxdepth 1 | sort | head -n "$2""#;

/// Why a path is not removed, if so. `..` is not taken at all: where it leads shows only on the host.
pub(super) fn refusal(path: &str) -> Option<String> {
    if path.split('/').any(|part| part == "..") {
        return Some(format!("`absent` takes no `..`: write {path} out"));
    }
    let nothing = !path::is_absolute(path) && path::base_name(path).is_none();
    let root = path::is_absolute(path) && ROOTS.contains(&path::plain(path).as_str());
    (nothing || root).then(|| format!("{path} is not removed: the system stands on it"))
}

/// What is to go.
pub(super) async fn compare(cx: &Context, path: &str, state: Option<&PathState>) -> Result<(Finding, Task), Failure> {
    if let Some(refusal) = refusal(path) {
        return Err(Failure::refused(refusal));
    }
    let Some(state) = state else {
        return Ok((Finding::same(format!("{path} is absent"), Results::new()), Task::Nothing));
    };
    let task = Task::Remove(Box::new(state.clone()));
    if state.kind != PathKind::Directory {
        let finding = Finding::new(Verdict::Change, format!("remove {path}"));
        return Ok((finding.diff(format!("{path}: {} -> absent\n", path::word(state.kind))), task));
    }
    let what = format!("look into {path}");
    let said = remote::expect(cx, &what, LIST, &[path.to_owned(), NAMED.to_string()]).await?;
    let (entries, names) = said.split_once('\n').unwrap_or((&said, ""));
    if entries.trim() == "0" {
        let finding = Finding::new(Verdict::Change, format!("remove the empty directory {path}"));
        return Ok((finding.diff(format!("{path}: a directory -> absent\n")), task));
    }
    let noun = if entries.trim() == "1" { "entry" } else { "entries" };
    let finding = Finding::new(Verdict::Destructive, format!("remove {path} with {} {noun} in it", entries.trim()));
    let names: Vec<String> = names.lines().map(|name| format!("- {name}\n")).collect();
    Ok((finding.diff(format!("- {path}\n{}", names.concat())), task))
}

/// Removes it.
pub(super) async fn remove(cx: &Context, path: &str, state: &PathState) -> Result<(), Failure> {
    // What has become a directory since it was looked at is not removed with all below it.
    let script = if state.kind == PathKind::Directory { "rm -rf -- \"$1\"" } else { "rm -f -- \"$1\"" };
    remote::expect(cx, &format!("remove {path}"), script, &[path.to_owned()]).await.map(|_| ())
}
