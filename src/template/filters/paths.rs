//! Parts of POSIX paths, as Python's `posixpath` cuts them. No file is looked at.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, Value};

use super::{items, text};

pub(super) fn register(env: &mut Environment<'static>) {
    env.add_filter("basename", |path: Value| {
        let path = text(&path)?;
        Ok::<_, Error>(path.rsplit('/').next().unwrap_or("").to_owned())
    });
    env.add_filter("dirname", |path: Value| Ok::<_, Error>(dirname(&text(&path)?)));
    env.add_filter("splitext", |path: Value| Ok::<_, Error>(splitext(&text(&path)?)));
    env.add_filter("path_join", path_join);
    env.add_test("abs", |path: Value| Ok::<_, Error>(text(&path)?.starts_with('/')));
}

fn dirname(path: &str) -> String {
    let head = &path[..path.rfind('/').map_or(0, |at| at + 1)];
    let trimmed = head.trim_end_matches('/');
    if trimmed.is_empty() { head.to_owned() } else { trimmed.to_owned() }
}

fn splitext(path: &str) -> Vec<String> {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    // Dots at the start of a name begin no extension.
    let stem = name + (path.len() - name - path[name..].trim_start_matches('.').len());
    let at = path[stem..].rfind('.').map_or(path.len(), |at| stem + at);
    vec![path[..at].to_owned(), path[at..].to_owned()]
}

fn path_join(parts: Value) -> Result<String, Error> {
    if parts.kind() == ValueKind::String {
        return text(&parts);
    }
    let mut joined = String::new();
    for part in items(&parts, "path_join")? {
        let part = text(&part)?;
        if part.starts_with('/') {
            joined = part;
        } else {
            let slash = if joined.is_empty() || joined.ends_with('/') { "" } else { "/" };
            joined = format!("{joined}{slash}{part}");
        }
    }
    Ok(joined)
}
