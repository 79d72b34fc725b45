//! Symbolic links.

use sha2::{Digest as _, Sha256};

use super::Task;
use crate::connection::host::{PathKind, PathState};
use crate::step::attributes::Attributes;
use crate::step::{Context, Failure, Finding, Results, Verdict, path, remote};

/// Made under another name beside it and renamed over what is there, so that the path leads somewhere at any moment.
/// `mv -T` and `mv -h` are GNU's and BSD's ways not to move into the directory that an old link leads to.
const LINK: &str = r#"path=$1 target=$2 owner=$3 new=$4
rm -f -- "$new" && ln -s -- "$target" "$new" || exit
if [ -n "$owner" ] && ! chown -h -- "$owner" "$new"; then rm -f -- "$new"; exit 1; fi
if mv -fT -- "$new" "$path" 2>/dev/null || mv -fh -- "$new" "$path" 2>/dev/null; then exit 0; fi
rm -f -- "$new"; echo "the link cannot be put in place" >&2; exit 1"#;

/// What is left to do for the path to be a link to `target`.
pub(super) fn compare(
    path: &str,
    target: &str,
    state: Option<&PathState>,
    attributes: Attributes,
) -> Result<(Finding, Task), Failure> {
    let Some(state) = state else {
        let finding = Finding::new(Verdict::Change, format!("link {path} to {target}"));
        return Ok((finding.diff(format!("{path}: absent -> a link to {target}\n")), Task::Link(attributes)));
    };
    if state.kind != PathKind::Link {
        let failure = Failure::failed(format!("{path} is {}, not a link", path::word(state.kind)));
        return Err(failure.hint("remove it first with `state: absent`"));
    }
    let old = state.link.as_deref().unwrap_or("");
    let mut lines = attributes.differences(state);
    if old == target && lines.is_empty() {
        return Ok((Finding::same(format!("{path} links to {target}"), Results::new()), Task::Nothing));
    }
    if old == target {
        let diff = Attributes::shown(path, &lines);
        let finding = Finding::new(Verdict::Change, format!("set the owner of {path}")).diff(diff);
        return Ok((finding, Task::Set(path.to_owned(), attributes)));
    }
    lines.insert(0, format!("link {old} -> {target}"));
    let diff = Attributes::shown(path, &lines);
    Ok((Finding::new(Verdict::Change, format!("link {path} to {target}")).diff(diff), Task::Link(attributes)))
}

/// Makes the link, in place of an old one or not.
pub(super) async fn make(cx: &Context, path: &str, target: &str, attributes: &Attributes) -> Result<(), Failure> {
    let [_, ownership] = attributes.arguments();
    let own = hex::encode(&Sha256::digest(path)[..6]);
    let new = path::join(&path::parent(path), &format!(".runbook-{}-{own}", cx.run));
    let arguments = [path.to_owned(), target.to_owned(), ownership, new];
    remote::expect(cx, &format!("link {path}"), LINK, &arguments).await.map(|_| ())
}
