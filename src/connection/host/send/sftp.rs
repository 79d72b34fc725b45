//! Files over SFTP, with many requests in flight.

use std::any::Any;
use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use futures_util::{FutureExt as _, StreamExt as _, TryFutureExt as _, TryStreamExt as _};
use openssh_sftp_client::Sftp;
use openssh_sftp_client::error::{Error, SftpErrorKind};
use openssh_sftp_client::file::TokioCompatFile;
use openssh_sftp_client::metadata::Permissions;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use super::plan::Item;
use super::{AT_ONCE, Files, Moved, Placing, Refused, Sent, Source, small};
use crate::connection::{ConnectionError, Stage};

/// One SFTP session.
pub(in crate::connection::host) struct SftpFiles {
    host: String,
    sftp: Sftp,
    /// Ends the session when it is dropped.
    _hold: Mutex<Box<dyn Any + Send>>,
}

impl SftpFiles {
    /// Files over a session that has been opened.
    pub fn new(host: &str, sftp: Sftp, hold: Box<dyn Any + Send>) -> Self {
        Self { host: host.to_owned(), sftp, _hold: Mutex::new(hold) }
    }

    async fn copy(&self, temporary: &str, source: &Source, moved: Moved<'_>) -> Result<Sent, Refused> {
        let mut from: Box<dyn AsyncRead + Send + Unpin> = match source {
            Source::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.clone())),
            Source::File(path) => Box::new(tokio::fs::File::open(path).await.map_err(Refused::Here)?),
        };
        let file =
            self.sftp.options().write(true).open(Path::new(temporary)).await.map_err(|error| self.told(error))?;
        let mut to = Box::pin(TokioCompatFile::new(file));
        let mut hash = Sha256::new();
        let mut size = 0;
        let mut buffer = vec![0; 128 << 10];
        loop {
            let length = from.read(&mut buffer).await.map_err(Refused::Here)?;
            if length == 0 {
                break;
            }
            hash.update(&buffer[..length]);
            to.write_all(&buffer[..length]).await.map_err(|error| self.io(error))?;
            size += length as u64;
            moved(length as u64);
        }
        to.flush().await.map_err(|error| self.io(error))?;
        if self.sftp.support_fsync() {
            to.as_mut().as_mut_file().sync_all().await.map_err(|error| self.told(error))?;
        }
        Ok(Sent { sha256: hex::encode(hash.finalize()), size })
    }

    async fn rename(&self, file: &Placing) -> Result<(), Refused> {
        let mut fs = self.sftp.fs();
        let mode = Permissions::from(u16::try_from(file.mode & 0o7777).unwrap_or(0o600));
        let temporary = Path::new(&file.temporary);
        fs.set_permissions(temporary, mode).await.map_err(|error| self.told(error))?;
        fs.rename(temporary, Path::new(&file.dest)).await.map_err(|error| self.told(error))
    }

    fn io(&self, error: std::io::Error) -> Refused {
        match error.downcast::<Error>() {
            Ok(error) => self.told(error),
            Err(error) => self.told(Error::IOError(error)),
        }
    }

    fn told(&self, error: Error) -> Refused {
        match error {
            Error::SftpError(SftpErrorKind::NoSuchFile, _) => Refused::There("no such file or directory".to_owned()),
            Error::SftpError(SftpErrorKind::PermDenied, _) => Refused::There("permission denied".to_owned()),
            Error::SftpError(_, text) => Refused::Somehow(text.to_string()),
            other => {
                let message = format!("the file transfer to {} broke: {other}", self.host);
                Refused::Connection(ConnectionError::new(Stage::Lost, message).after_send())
            }
        }
    }
}

#[async_trait]
impl Files for SftpFiles {
    async fn write(&self, temporary: &str, source: &Source, moved: Moved<'_>) -> Result<Sent, Refused> {
        self.copy(temporary, source, moved).await
    }

    async fn prepare(&self, item: &Item<'_>, content: &[u8]) -> Result<Option<Placing>, Refused> {
        small::prepare(&self.sftp, item, content).await.map_err(|error| self.told(error))
    }

    async fn place(&self, files: &[Placing]) -> Result<(), (usize, Refused)> {
        let one = |(number, file)| self.rename(file).map_err(move |refused| (number, refused)).boxed();
        let work: Vec<_> = files.iter().enumerate().map(one).collect();
        futures_util::stream::iter(work).buffered(AT_ONCE).try_collect().await
    }
}
