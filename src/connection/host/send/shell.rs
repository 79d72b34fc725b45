//! Files through commands, for another user's rights or where there is no SFTP: the content is a command's standard
//! input.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{Files, Moved, Placing, Refused, Sent, Source};
use crate::cancel::Cancel;
use crate::connection::host::carrier::{Carrier, Reader};
use crate::connection::host::job::{Input, Job, quietly, said};
use crate::connection::host::{Become, Exit, refusal};

/// Files of another user.
pub(super) struct ShellFiles {
    carrier: Arc<dyn Carrier>,
    sudo: Option<Become>,
    cancel: Cancel,
}

impl ShellFiles {
    /// With that user's rights.
    pub fn new(carrier: &Arc<dyn Carrier>, sudo: Option<&Become>, cancel: &Cancel) -> Self {
        Self { carrier: Arc::clone(carrier), sudo: sudo.cloned(), cancel: cancel.clone() }
    }

    async fn command(
        &self,
        script: &str,
        arguments: &[&str],
        input: Input,
    ) -> Result<(Exit, Vec<u8>, String), Refused> {
        let job = Job::script(script, arguments, input, self.sudo.as_ref());
        let ended = quietly(&*self.carrier, job, &self.cancel).await.map_err(Refused::Connection)?;
        Ok((ended.exit, ended.stdout.bytes, said(&ended.stderr)))
    }
}

#[async_trait]
impl Files for ShellFiles {
    async fn write(&self, temporary: &str, source: &Source, moved: Moved<'_>) -> Result<Sent, Refused> {
        // Made anew and exclusively: with more rights than its folder's owner has, nothing of theirs may be followed.
        // `sync FILE` is younger than `sync`.
        let script = r#"
LC_ALL=C; export LC_ALL; umask 077; set -C
rm -f -- "$1" && cat >"$1" && { sync "$1" 2>/dev/null || sync; }
"#;
        let from: Reader = match source {
            Source::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.clone())),
            Source::File(path) => Box::new(tokio::fs::File::open(path).await.map_err(Refused::Here)?),
        };
        let tally = Arc::new(Mutex::new(Tally { hash: Sha256::new(), size: 0, failed: None }));
        let (sender, mut receiver) = unbounded_channel();
        let counted = Counted { from, tally: Arc::clone(&tally), moved: sender };
        let arguments = [temporary];
        let command = self.command(script, &arguments, Input::Stream(Box::new(counted)));
        let report = async {
            while let Some(more) = receiver.recv().await {
                moved(more);
            }
        };
        let (ended, ()) = tokio::join!(command, report);
        let (exit, _, said) = ended?;
        let mut tally = tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(error) = tally.failed.take() {
            return Err(Refused::Here(error));
        }
        if exit != Exit::Status(0) {
            return Err(Refused::There(refusal::meaning(&said).map_or(said, str::to_owned)));
        }
        Ok(Sent { sha256: hex::encode(tally.hash.clone().finalize()), size: tally.size })
    }

    async fn place(&self, files: &[Placing]) -> Result<(), (usize, Refused)> {
        let script = r#"
LC_ALL=C; export LC_ALL
while [ $# -gt 3 ]; do
  { chmod -- "$2" "$3" && mv -f -- "$3" "$4"; } || { printf '%s' "$1"; exit 255; }
  shift 4
done
exit 0
"#;
        let mut input = Vec::new();
        for (number, file) in files.iter().enumerate() {
            for word in [&number.to_string(), &format!("{:04o}", file.mode), &file.temporary, &file.dest] {
                input.extend_from_slice(word.as_bytes());
                input.push(0);
            }
        }
        let outer = r#"xargs -0 -n 400 /bin/sh -c "$1" runbook"#;
        let ended = self.command(outer, &[script], Input::Bytes(input.into())).await;
        let (exit, number, said) = ended.map_err(|refused| (0, refused))?;
        if exit == Exit::Status(0) {
            return Ok(());
        }
        let number = String::from_utf8_lossy(&number).parse().unwrap_or(0);
        Err((number, Refused::There(refusal::meaning(&said).map_or(said, str::to_owned))))
    }
}

struct Tally {
    hash: Sha256,
    size: u64,
    failed: Option<std::io::Error>,
}

/// Counts and hashes what is read through it.
struct Counted {
    from: Reader,
    tally: Arc<Mutex<Tally>>,
    moved: UnboundedSender<u64>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.from).poll_read(cx, buffer);
        let mut tally = self.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &polled {
            Poll::Ready(Ok(())) => {
                let more = &buffer.filled()[before..];
                tally.hash.update(more);
                tally.size += more.len() as u64;
                let _ = self.moved.send(more.len() as u64);
            }
            Poll::Ready(Err(error)) => tally.failed = Some(std::io::Error::new(error.kind(), error.to_string())),
            Poll::Pending => {}
        }
        drop(tally);
        polled
    }
}
