//! Paths on a host: made absolute, brought to one form, and followed through links.

use super::{Context, Failure, remote};
use crate::connection::host::{PathKind, PathState};

/// Links after links are followed this far.
const LINKS: usize = 8;

/// Whether the path means the same for everybody.
pub(super) fn is_absolute(path: &str) -> bool {
    path.starts_with('/')
}

/// Why a path cannot be taken at all.
pub(super) fn problem(key: &str, path: &str) -> Option<String> {
    let foreign_home = path.starts_with('~') && path != "~" && !path.starts_with("~/");
    if foreign_home {
        return Some(format!("`{key}`: only one's own `~/` is expanded; write the whole path"));
    }
    (path.trim().is_empty() || path.contains('\0')).then(|| format!("`{key}` is no path"))
}

/// The path from the root, without `.`, double and trailing slashes. A relative one, as in Ansible, begins at the login
/// directory, `~/` at the home directory; finding those out costs a round trip.
pub(super) async fn absolute(cx: &Context, path: &str) -> Result<String, Failure> {
    if is_absolute(path) {
        return Ok(plain(path));
    }
    let (script, rest) = match path.strip_prefix('~') {
        Some(rest) => ("printf %s \"$HOME\"", rest),
        None => ("pwd", path),
    };
    let base = remote::expect(cx, "find the login directory", script, &[]).await?;
    Ok(plain(&format!("{}/{rest}", base.strip_suffix('\n').unwrap_or(&base))))
}

/// An absolute path in one form; `..` stays, for it may pass through a link.
pub(super) fn plain(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("/{}", parts.join("/"))
}

/// What a path ends with, if that names something.
pub(super) fn base_name(path: &str) -> Option<&str> {
    let name = path.trim_end_matches('/').rsplit('/').next()?;
    (path != "~" && !matches!(name, "" | "." | "..")).then_some(name)
}

/// The directory a path lies in.
pub(super) fn parent(path: &str) -> String {
    match path.rfind('/') {
        Some(0) | None => "/".to_owned(),
        Some(at) => path[..at].to_owned(),
    }
}

/// `below` a directory; the directory itself where that is empty.
pub(super) fn join(directory: &str, below: &str) -> String {
    match below {
        "" => directory.to_owned(),
        below => format!("{}/{below}", directory.trim_end_matches('/')),
    }
}

/// What is at the end of the links that begin at `path`, and where that is.
pub(super) async fn follow(cx: &Context, path: &str) -> Result<(String, Option<PathState>), Failure> {
    let mut at = path.to_owned();
    for _ in 0..LINKS {
        let state = cx.probe(std::slice::from_ref(&at)).await?.pop().flatten();
        let link = state.as_ref().filter(|state| state.kind == PathKind::Link).and_then(|state| state.link.clone());
        match link {
            Some(link) if is_absolute(&link) => at = plain(&link),
            Some(link) => at = plain(&join(&parent(&at), &link)),
            None => return Ok((at, state)),
        }
    }
    Err(Failure::failed(format!("{path} leads through more than {LINKS} links")))
}

/// What identifies a state, for a plan that is kept.
pub(super) fn fingerprint(state: Option<&PathState>) -> String {
    let Some(state) = state else { return "absent".to_owned() };
    let content = match state.kind {
        PathKind::File => state.sha256.clone().unwrap_or_else(|| format!("{} bytes", state.size)),
        PathKind::Link => state.link.clone().unwrap_or_default(),
        PathKind::Directory | PathKind::Other => String::new(),
    };
    format!("{} {:04o} {} {} {content}", word(state.kind), state.mode, state.owner, state.group)
}

/// A kind with its article.
pub(super) fn word(kind: PathKind) -> &'static str {
    match kind {
        PathKind::File => "a file",
        PathKind::Directory => "a directory",
        PathKind::Link => "a link",
        PathKind::Other => "a device, socket or pipe",
    }
}
