//! Directories that are made, and attributes of what is there.

use super::{State, Task};
use crate::connection::host::{PathKind, PathState};
use crate::step::attributes::Attributes;
use crate::step::{Context, Failure, Finding, Results, Verdict, path, remote};

/// Parents as the system makes them; the directory itself for its maker alone until it has its owner.
const MAKE: &str = r#"umask 022; path=$1 parent=$2 mode=$3 owner=$4
mkdir -p -- "$parent" || exit
[ -d "$path" ] || mkdir -m 0700 -- "$path" || exit
if [ -n "$owner" ]; then chown -- "$owner" "$path" || exit; fi
chmod -- "$mode" "$path""#;

/// What is left to do for the path to be a directory, or a file with these attributes.
pub(super) async fn compare(
    cx: &Context,
    wanted: State,
    path: &str,
    state: Option<&PathState>,
    attributes: Attributes,
) -> Result<(Finding, Task), Failure> {
    // A link counts as what it leads to.
    let (at, end) = match state {
        Some(state) if state.kind == PathKind::Link => path::follow(cx, path).await?,
        state => (path.to_owned(), state.cloned()),
    };
    let Some(end) = end else { return absent(wanted, path, state, attributes) };
    let kind = if wanted == State::Directory { PathKind::Directory } else { PathKind::File };
    if end.kind != kind {
        let failure = Failure::failed(format!("{path} is {}, not {}", path::word(end.kind), path::word(kind)));
        return Err(if end.kind == PathKind::Directory {
            failure.hint("write `state: directory` to set the attributes of a directory")
        } else {
            failure.hint("remove it first with `state: absent`, or choose another path")
        });
    }
    let lines = attributes.differences(&end);
    if lines.is_empty() {
        return Ok((Finding::same(format!("{path} is as it should be"), Results::new()), Task::Nothing));
    }
    let diff = Attributes::shown(&at, &lines);
    let finding = Finding::new(Verdict::Change, format!("set the attributes of {path}")).diff(diff);
    Ok((finding, Task::Set(at, attributes)))
}

fn absent(
    wanted: State,
    path: &str,
    link: Option<&PathState>,
    attributes: Attributes,
) -> Result<(Finding, Task), Failure> {
    if let Some(target) = link.and_then(|link| link.link.as_deref()) {
        return Err(Failure::failed(format!("{path} is a link to {target}, which does not exist")));
    }
    if wanted == State::File {
        let finding =
            Finding::new(Verdict::Unknown(missing(path).error.message), format!("set the attributes of {path}"));
        return Ok((finding, Task::Missing));
    }
    let finding = Finding::new(Verdict::Change, format!("make the directory {path}"));
    let mode = attributes.mode.unwrap_or(0o755);
    let diff = format!("{path}: absent -> a directory, mode {mode:04o}\n");
    Ok((finding.diff(diff), Task::MakeDirectory(attributes)))
}

/// `state: file` makes nothing.
pub(super) fn missing(path: &str) -> Failure {
    Failure::failed(format!("{path} does not exist")).hint("make it with `put`; `state: file` only sets attributes")
}

/// Makes the directory with its parents.
pub(super) async fn make(cx: &Context, path: &str, attributes: &Attributes) -> Result<(), Failure> {
    let [mode, ownership] = attributes.arguments();
    let mode = if mode.is_empty() { "0755".to_owned() } else { mode };
    let arguments = [path.to_owned(), path::parent(path), mode, ownership];
    remote::expect(cx, &format!("make the directory {path}"), MAKE, &arguments).await.map(|_| ())
}
