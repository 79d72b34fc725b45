//! The difference as people read it: unified diffs of texts, sizes and hashes of all else, attributes as lines.

use similar::TextDiff;

use super::compare::{Comparison, Pair};
use crate::connection::host::{Exit, PathKind, PathState, Source};
use crate::step::attributes::Attributes;
use crate::step::{Context, Failure, path, remote};

/// A longer text is not shown as a diff.
const LONGEST: u64 = 256 * 1024;
/// Diffs of this many files are shown; each costs a round trip.
const FILES: usize = 20;

/// Everything that differs. Old content is fetched only where diffs are wanted in full.
pub(super) async fn text(cx: &Context, comparison: &Comparison) -> Result<String, Failure> {
    let mut parts: Vec<String> = comparison.missing.iter().map(|path| format!("new directory {path}\n")).collect();
    parts.extend(comparison.directories.iter().map(|(path, lines)| Attributes::shown(path, lines)));
    parts.extend(comparison.touched().map(|(pair, lines)| Attributes::shown(&pair.dest, &lines)));
    for (at, pair) in comparison.sent().enumerate() {
        if let Some(old) = pair.old.as_ref().filter(|old| old.kind == PathKind::File) {
            parts.push(Attributes::shown(&pair.dest, &comparison.attributes.differences(old)));
        }
        let diff = if cx.diffs && at < FILES { unified(cx, pair).await? } else { None };
        parts.push(diff.unwrap_or_else(|| sizes(pair)));
    }
    Ok(parts.concat())
}

fn sizes(pair: &Pair) -> String {
    let new = format!("{} bytes, sha256 {}", pair.item.size, pair.item.sha256);
    match &pair.old {
        None => format!("{}: new file ({new})\n", pair.dest),
        Some(PathState { kind: PathKind::File, size, sha256, .. }) => {
            let hash = sha256.as_deref().unwrap_or("unreadable");
            format!("{}: {size} bytes, sha256 {hash} -> {new}\n", pair.dest)
        }
        Some(old) => format!("{}: {} -> a file ({new})\n", pair.dest, path::word(old.kind)),
    }
}

async fn unified(cx: &Context, pair: &Pair) -> Result<Option<String>, Failure> {
    let Some(new) = new_text(pair).await else { return Ok(None) };
    let (old, before) = match &pair.old {
        None => (String::new(), "/dev/null"),
        Some(old) if old.kind == PathKind::File && old.size <= LONGEST => match old_text(cx, &pair.dest).await? {
            Some(text) => (text, pair.dest.as_str()),
            None => return Ok(None),
        },
        Some(_) => return Ok(None),
    };
    let diff = TextDiff::from_lines(&old, &new);
    Ok(Some(diff.unified_diff().context_radius(3).header(before, &pair.dest).to_string()))
}

async fn new_text(pair: &Pair) -> Option<String> {
    if pair.item.size > LONGEST {
        return None;
    }
    let bytes = match &pair.item.source {
        Source::Bytes(bytes) => bytes.to_vec(),
        Source::File(path) => tokio::fs::read(path).await.ok()?,
    };
    as_text(bytes)
}

/// The old content, through the channel: nothing is written anywhere for a look.
async fn old_text(cx: &Context, dest: &str) -> Result<Option<String>, Failure> {
    let ended = remote::run(cx, "cat -- \"$1\"", &[dest.to_owned()]).await?;
    // A diff is a courtesy: a file that cannot be read is told by its size.
    let whole = ended.exit == Exit::Status(0) && ended.stdout.length <= LONGEST;
    Ok(whole.then(|| as_text(ended.stdout.bytes)).flatten())
}

fn as_text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
