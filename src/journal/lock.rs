//! Locks by name: one run of a name at a time in a state folder. The system frees them when the process ends.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::JournalError;
use super::chain::digest;
use super::folder::Folder;
use crate::id::RunId;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// Takes the lock `name` for `run`.
pub(super) fn take(folder: &Folder, name: &str, run: &RunId) -> Result<RunLock, JournalError> {
    // A name may hold any character and have any length; its hash is a file name. The file stays: whoever removed it
    // would take it from under a process that has just opened it.
    let file_name = format!("lock-{}", hex::encode(&digest(name.as_bytes())[..16]));
    let mut file = folder.file(&file_name)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            let known = file.read_to_string(&mut holder).is_ok() && !holder.is_empty();
            let holder = if known { holder } else { "(unknown)".to_owned() };
            return Err(JournalError::Locked { name: name.to_owned(), holder });
        }
        Err(errno) => return Err(folder.unusable(&std::io::Error::from(errno).to_string())),
    }
    let named = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(run.0.as_bytes()));
    named.map_err(|error| folder.unusable(&error.to_string()))?;
    Ok(RunLock { _file: file })
}
