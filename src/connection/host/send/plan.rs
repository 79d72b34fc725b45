//! Which temporary file belongs to which target.

use crate::connection::ConnectionError;
use crate::connection::host::SendFile;
use crate::connection::host::carrier::Carrier;
use crate::connection::host::refusal;
use crate::id::{Random as _, SystemRandom};

/// One file and its temporary name.
pub(in crate::connection::host) struct Item<'a> {
    /// What was asked for.
    pub file: &'a SendFile,
    /// Beside the target, with a random name.
    pub temporary: String,
}

/// A file that is ready to be renamed.
pub(in crate::connection::host) struct Placing {
    /// Its temporary name.
    pub temporary: String,
    /// Its final permission bits.
    pub mode: u32,
    /// Its final name.
    pub dest: String,
}

/// Names the temporary files; refuses targets that are no names of files.
pub(super) fn plan<'a>(carrier: &dyn Carrier, files: &'a [SendFile]) -> Result<Vec<Item<'a>>, ConnectionError> {
    let token = SystemRandom.token(8);
    let mut items = Vec::with_capacity(files.len());
    for (number, file) in files.iter().enumerate() {
        let dest = &file.dest;
        if !dest.starts_with('/') || dest.contains('\0') {
            return Err(refusal::at(carrier, "not an absolute path", &format!("{dest:?}")));
        }
        if dest.ends_with('/') {
            return Err(refusal::at(carrier, "is a directory", dest));
        }
        let temporary = format!("{}/.runbook-{token}-{number}", folder(dest).trim_end_matches('/'));
        items.push(Item { file, temporary });
    }
    Ok(items)
}

/// The folder of an absolute path.
pub(super) fn folder(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}
