//! Fetching a file: streamed to a temporary name beside its destination, compared with the host's hash, renamed.

use std::io::Write as _;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::carrier::Carrier;
use super::job::{Input, Job, said};
use super::{Become, Exit, OnBytes, Received, Sink, Stream, refusal};
use crate::cancel::{Cancel, Reason};
use crate::connection::{ConnectionError, Stage};

/// The content on standard output, its hash on standard error.
const SCRIPT: &str = r#"
LC_ALL=C; export LC_ALL
[ -d "$1" ] && exit 3
[ -e "$1" ] || { cat "$1" >/dev/null; exit 4; }
[ -f "$1" ] || exit 5
{ exec <"$1"; } || exit 4
cat || exit 4
exec <"$1"
h=$(sha256sum 2>/dev/null || shasum -a 256) || exit 4
printf 'sha256:%s\n' "${h%% *}" >&2
"#;

/// Fetches a regular file (or what a link to one points at).
pub(super) async fn fetch(
    carrier: &dyn Carrier,
    path: &str,
    sink: &Sink,
    sudo: Option<&Become>,
    on_bytes: &OnBytes,
    cancel: &Cancel,
) -> Result<Received, ConnectionError> {
    let rooted = if path.starts_with('/') { path.to_owned() } else { format!("./{path}") };
    let folder = sink.path.parent().unwrap_or(std::path::Path::new("/"));
    // Made exclusively with mode 0600, and removed again unless it is kept.
    let mut file = tempfile::Builder::new()
        .prefix(".runbook-")
        .tempfile_in(folder)
        .map_err(|error| refusal::here(&error, &sink.path))?;
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut failed = None;
    let own = cancel.child();
    let mut take = |(stream, bytes): super::Chunk| {
        if stream == Stream::Stdout && failed.is_none() {
            hash.update(&bytes);
            size += bytes.len() as u64;
            if let Err(error) = file.write_all(&bytes) {
                failed = Some(error);
                own.cancel(Reason::Abandoned);
            }
            on_bytes(size);
        }
    };
    let mut job = Job::script(SCRIPT, &[&rooted], Input::Bytes(Bytes::new()), sudo);
    job.keep = 16 << 10;
    let ended = job.run(carrier, &mut take, &own).await;
    if let Some(error) = failed {
        return Err(refusal::here(&error, &sink.path));
    }
    // Reading has no effect: whatever became of the connection, nothing is unknown.
    let ended = ended.map_err(|error| ConnectionError { sent: false, ..error })?;
    let said = said(&ended.stderr);
    let what = match ended.exit {
        Exit::Status(0) => None,
        Exit::Status(3) => Some("is a directory"),
        Exit::Status(5) => Some("not a regular file"),
        _ => Some(refusal::meaning(&said).unwrap_or("cannot be read")),
    };
    if let Some(what) = what {
        return Err(refusal::at(carrier, what, path));
    }
    let sha256 = hex::encode(hash.finalize());
    let theirs = said.lines().find_map(|line| line.strip_prefix("sha256:")).unwrap_or("");
    if theirs != sha256 {
        return Err(refusal::at(carrier, "the file changed while it was fetched", path));
    }
    keep(file, sink)?;
    Ok(Received { sha256, size })
}

fn keep(file: tempfile::NamedTempFile, sink: &Sink) -> Result<(), ConnectionError> {
    let failed = |error: std::io::Error| refusal::here(&error, &sink.path);
    file.as_file().sync_all().map_err(failed)?;
    if sink.path.is_dir() {
        let message = format!("is a directory: {} on the control machine", sink.path.display());
        return Err(ConnectionError::new(Stage::Answered, message));
    }
    file.persist(&sink.path).map(drop).map_err(|error| failed(error.error))
}
