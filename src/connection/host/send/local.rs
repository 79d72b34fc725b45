//! Files of this machine.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt as _;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::unbounded_channel;

use super::{Files, Moved, Placing, Refused, Sent, Source};
use crate::connection::host::refusal;

/// This machine's file system.
pub(in crate::connection::host) struct LocalFiles;

#[async_trait]
impl Files for LocalFiles {
    async fn write(&self, temporary: &str, source: &Source, moved: Moved<'_>) -> Result<Sent, Refused> {
        let (temporary, source) = (temporary.to_owned(), source.clone());
        let (sender, mut receiver) = unbounded_channel();
        let tell = move |more| {
            let _ = sender.send(more);
        };
        let work = tokio::task::spawn_blocking(move || copy(&temporary, &source, &tell));
        while let Some(more) = receiver.recv().await {
            moved(more);
        }
        work.await.map_err(|error| Refused::Somehow(error.to_string()))?
    }

    async fn place(&self, files: &[Placing]) -> Result<(), (usize, Refused)> {
        for (number, file) in files.iter().enumerate() {
            fs::set_permissions(&file.temporary, fs::Permissions::from_mode(file.mode))
                .and_then(|()| fs::rename(&file.temporary, &file.dest))
                .map_err(|error| (number, Refused::There(refusal::of_io(&error))))?;
        }
        Ok(())
    }
}

fn copy(temporary: &str, source: &Source, moved: &dyn Fn(u64)) -> Result<Sent, Refused> {
    let there = |error: io::Error| Refused::There(refusal::of_io(&error));
    let mut from: Box<dyn Read> = match source {
        Source::Bytes(bytes) => Box::new(io::Cursor::new(bytes.clone())),
        Source::File(path) => Box::new(fs::File::open(path).map_err(Refused::Here)?),
    };
    let mut to = OpenOptions::new().write(true).open(temporary).map_err(there)?;
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut buffer = vec![0; 256 << 10];
    loop {
        let length = from.read(&mut buffer).map_err(Refused::Here)?;
        if length == 0 {
            break;
        }
        hash.update(&buffer[..length]);
        to.write_all(&buffer[..length]).map_err(there)?;
        size += length as u64;
        moved(length as u64);
    }
    to.sync_all().map_err(there)?;
    Ok(Sent { sha256: hex::encode(hash.finalize()), size })
}
