//! A small file over SFTP without a command on the host: made, written and read back, so that nothing but the rename is
//! left. Whatever is out of the ordinary is left to the commands, which also find the words for it.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use openssh_sftp_client::Sftp;
use openssh_sftp_client::error::{Error, SftpErrorKind};
use openssh_sftp_client::file::File;
use openssh_sftp_client::metadata::{MetaData, Permissions};
use sha2::{Digest as _, Sha256};

use super::attributes::NEW;
use super::plan::{Item, Placing};
use super::{SendFile, Sent, Source};

/// No larger file is read back.
const MOST: u64 = 64 << 10;

/// SFTP lets a file be made only with what the umask leaves of 0666: it is taken back at once, and done only for files
/// that all may read at last.
const OPEN: u32 = 0o444;

/// The content, if this is a file for which commands are not needed: small, its owner left as it comes, nothing to be
/// run for it.
pub(super) async fn content(file: &SendFile) -> Option<Bytes> {
    let plain = file.owner.is_none() && file.group.is_none() && file.backup.is_none() && file.validate.is_none();
    if !plain || file.mode.is_some_and(|mode| mode & OPEN != OPEN) {
        return None;
    }
    match &file.source {
        Source::Bytes(bytes) => (bytes.len() as u64 <= MOST).then(|| bytes.clone()),
        Source::File(path) => {
            let small = tokio::fs::metadata(path).await.is_ok_and(|found| found.is_file() && found.len() <= MOST);
            let bytes = if small { tokio::fs::read(path).await.ok() } else { None };
            bytes.filter(|bytes| bytes.len() as u64 <= MOST).map(Bytes::from)
        }
    }
}

/// What is told of a content that was sent.
pub(super) fn sent(content: &[u8]) -> Sent {
    Sent { sha256: hex::encode(Sha256::digest(content)), size: content.len() as u64 }
}

/// Leaves the content under the temporary name, on disk; none if that takes a command.
pub(super) async fn prepare(sftp: &Sftp, item: &Item<'_>, content: &[u8]) -> Result<Option<Placing>, Error> {
    let target = match sftp.fs().symlink_metadata(Path::new(&item.file.dest)).await {
        Ok(found) => Some(found),
        Err(Error::SftpError(SftpErrorKind::NoSuchFile, _)) => None,
        Err(error) => return Err(error),
    };
    let Some(mode) = mode(item.file, target.as_ref()) else { return Ok(None) };
    let mut options = sftp.options();
    let mut file = options.read(true).write(true).create_new(true).open(Path::new(&item.temporary)).await?;
    let fresh = file.metadata().await?;
    let closed = bits(&fresh).is_some_and(|bits| bits & 0o7777 | mode == mode);
    let owned = target.as_ref().is_none_or(|target| !is_file(target) || whose(target) == whose(&fresh));
    if !closed || !owned || !sftp.support_fsync() {
        return Ok(None);
    }
    file.set_permissions(Permissions::from(0o600)).await?;
    let mut back = file.clone();
    file.write_all(content).await?;
    file.sync_all().await?;
    let same = read(&mut back, content.len()).await? == content;
    Ok(same.then(|| Placing { temporary: item.temporary.clone(), mode, dest: item.file.dest.clone() }))
}

/// The file's final mode; none if a directory is in its place, or not all may read it.
fn mode(file: &SendFile, target: Option<&MetaData>) -> Option<u32> {
    let kept = match target {
        None => None,
        Some(target) if is_file(target) => Some(bits(target)?),
        Some(target) if target.file_type()?.is_symlink() => None,
        Some(_) => return None,
    };
    let mode = file.mode.or(kept).unwrap_or(NEW) & 0o7777;
    (mode & OPEN == OPEN).then_some(mode)
}

fn is_file(found: &MetaData) -> bool {
    found.file_type().is_some_and(|kind| kind.is_file())
}

fn bits(found: &MetaData) -> Option<u32> {
    found.permissions().map(|permissions| permissions.as_raw().bits())
}

fn whose(found: &MetaData) -> Option<(u32, u32)> {
    Some((found.uid()?, found.gid()?))
}

/// What is in the file; a byte is asked for beyond what is expected.
async fn read(file: &mut File, expected: usize) -> Result<BytesMut, Error> {
    let mut found = BytesMut::new();
    while found.len() < expected.max(1) {
        let rest = u32::try_from(expected + 1 - found.len()).unwrap_or(u32::MAX);
        match file.read(rest, BytesMut::new()).await? {
            Some(more) if !more.is_empty() => found.extend_from_slice(&more),
            _ => break,
        }
    }
    Ok(found)
}
