//! Putting files in place, whole or not at all.
//!
//! One command makes all temporary files beside their targets, empty, exclusively and with mode 0600; then the contents
//! are streamed into them, many at a time ([`Files`]); one look compares the hashes that the host sees with what was
//! sent and tells what is at the targets; owners, backups and validations follow where they are asked for; at last
//! modes are set and the files renamed. Whatever fails, the temporary files are removed.
//!
//! Small files of which nothing out of the ordinary is asked go the same way without any command, where SFTP allows.

mod attributes;
mod local;
mod plan;
mod sftp;
mod shell;
mod small;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};

pub(super) use local::LocalFiles;
pub(super) use sftp::SftpFiles;

use self::plan::Placing;
use super::carrier::Carrier;
use super::job::{Input, Job, quietly, said};
use super::look::{Query, look};
use super::{Become, Exit, OnBytes, SendFile, Sent, Source, refusal};
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, Stage};

/// How many files are under way at a time.
const AT_ONCE: usize = 32;
/// More files than that have commands that are shared by all of them.
const FEW: usize = 64;

/// Why a file could not be written or placed.
#[derive(Debug)]
pub(super) enum Refused {
    /// The source cannot be read on this machine.
    Here(std::io::Error),
    /// The host says no, because ...
    There(String),
    /// The host says no without a reason.
    Somehow(String),
    /// The connection failed.
    Connection(ConnectionError),
}

/// Told how many more bytes have been moved.
pub(super) type Moved<'a> = &'a (dyn Fn(u64) + Send + Sync);

/// A way to write files that exist already, and to rename them.
#[async_trait]
pub(super) trait Files: Send + Sync {
    /// Streams a source into an empty file; the content is on disk when it answers.
    async fn write(&self, temporary: &str, source: &Source, moved: Moved<'_>) -> Result<Sent, Refused>;

    /// Makes, writes and reads back a small file in one go; how it is to be placed, or none where that takes commands.
    async fn prepare(&self, _item: &plan::Item<'_>, _content: &[u8]) -> Result<Option<Placing>, Refused> {
        Ok(None)
    }

    /// Sets modes and renames; the number tells which could not be placed.
    async fn place(&self, files: &[Placing]) -> Result<(), (usize, Refused)>;
}

/// Puts files in place.
pub(super) async fn send(
    carrier: &Arc<dyn Carrier>,
    files: &[SendFile],
    sudo: Option<&Become>,
    on_bytes: &OnBytes,
    cancel: &Cancel,
) -> Result<Vec<Sent>, ConnectionError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let plan = plan::plan(&**carrier, files)?;
    let sending = Sending { carrier, plan: &plan, sudo, cancel };
    let done = sending.all(on_bytes).await;
    if done.is_err() {
        sending.remove().await;
    }
    done
}

struct Sending<'a> {
    carrier: &'a Arc<dyn Carrier>,
    plan: &'a [plan::Item<'a>],
    sudo: Option<&'a Become>,
    cancel: &'a Cancel,
}

impl Sending<'_> {
    async fn all(&self, on_bytes: &OnBytes) -> Result<Vec<Sent>, ConnectionError> {
        if let Some(sent) = self.bound(self.without_commands(on_bytes)).await? {
            return Ok(sent);
        }
        self.create().await?;
        let files: Arc<dyn Files> = match self.sudo {
            Some(_) => self.by_commands(),
            None => self.bound(self.carrier.files()).await?.unwrap_or_else(|| self.by_commands()),
        };
        let sent = self.bound(self.write(&*files, on_bytes)).await?;
        let seen = self.compare(&sent).await?;
        let placings = attributes::settle(&**self.carrier, self.plan, &seen, self.sudo, self.cancel).await?;
        self.bound(self.place(&*files, &placings)).await?;
        Ok(sent)
    }

    /// A few small files; none if commands are needed for any of them, and then nothing is left of them.
    async fn without_commands(&self, on_bytes: &OnBytes) -> Result<Option<Vec<Sent>>, ConnectionError> {
        if self.sudo.is_some() || self.plan.len() > FEW {
            return Ok(None);
        }
        let mut contents = Vec::with_capacity(self.plan.len());
        for item in self.plan {
            let Some(content) = small::content(item.file).await else { return Ok(None) };
            contents.push(content);
        }
        let Some(files) = self.carrier.files().await? else { return Ok(None) };
        let work: Vec<_> =
            self.plan.iter().zip(&contents).map(|(item, content)| files.prepare(item, content).boxed()).collect();
        let ready: Result<Vec<_>, Refused> = futures_util::stream::iter(work).buffered(AT_ONCE).try_collect().await;
        let placings = match ready {
            Ok(ready) => ready.into_iter().collect::<Option<Vec<Placing>>>(),
            Err(Refused::Connection(error)) => return Err(error),
            // Commands know the reason.
            Err(_) => None,
        };
        let Some(placings) = placings else {
            self.remove().await;
            return Ok(None);
        };
        self.place(&*files, &placings).await?;
        let sent: Vec<Sent> = contents.iter().map(|content| small::sent(content)).collect();
        on_bytes(sent.iter().map(|sent| sent.size).sum());
        Ok(Some(sent))
    }

    async fn place(&self, files: &dyn Files, placings: &[Placing]) -> Result<(), ConnectionError> {
        let Err((number, refused)) = files.place(placings).await else { return Ok(()) };
        let dest = self.plan.get(number).map_or("", |item| &item.file.dest);
        Err(self.explain(refused, dest, "").await)
    }

    fn by_commands(&self) -> Arc<dyn Files> {
        Arc::new(shell::ShellFiles::new(self.carrier, self.sudo, self.cancel))
    }

    async fn bound<T>(&self, work: impl Future<Output = Result<T, ConnectionError>>) -> Result<T, ConnectionError> {
        self.cancel.bound(work).await.unwrap_or_else(|_| {
            let message = format!("stopped while files were sent to {}", self.carrier.name());
            Err(ConnectionError::new(Stage::TimedOut, message))
        })
    }

    /// Makes all temporary files; tells the first that cannot be made.
    async fn create(&self) -> Result<(), ConnectionError> {
        let script = r#"
LC_ALL=C; export LC_ALL; umask 077; set -C
for t do
  true 2>/dev/null >"$t" && continue
  true >"$t"
  # Some shells have one word for a folder that is missing and one that is a file.
  d=${t%/*}; [ -e "$d" ] && [ ! -d "$d" ] && echo "Not a directory" >&2
  printf '%s\0' "$t"; exit 255
done
"#;
        let mut input = Vec::new();
        for item in self.plan {
            input.extend_from_slice(item.temporary.as_bytes());
            input.push(0);
        }
        let ended = self.batch(script, input).await?;
        if ended.exit == Exit::Status(0) {
            return Ok(());
        }
        let failed = ended.stdout.bytes.strip_suffix(b"\0").unwrap_or_default();
        let dest =
            self.plan.iter().find(|item| item.temporary.as_bytes() == failed).map(|item| item.file.dest.as_str());
        let said = said(&ended.stderr);
        let Some(dest) = dest else {
            let message = format!("cannot make temporary files on {}: {said}", self.carrier.name());
            return Err(ConnectionError::new(Stage::Answered, message));
        };
        let what = refusal::meaning(&said).unwrap_or(&said);
        if what == "no such file or directory" {
            return Err(refusal::at(&**self.carrier, "no such directory", plan::folder(dest)));
        }
        Err(refusal::at(&**self.carrier, what, dest))
    }

    async fn batch(&self, script: &str, input: Vec<u8>) -> Result<super::Ended, ConnectionError> {
        let outer = r#"xargs -0 /bin/sh -c "$1" runbook"#;
        let job = Job::script(outer, &[script], Input::Bytes(input.into()), self.sudo);
        quietly(&**self.carrier, job, self.cancel).await
    }

    async fn write(&self, files: &dyn Files, on_bytes: &OnBytes) -> Result<Vec<Sent>, ConnectionError> {
        let total = AtomicU64::new(0);
        let moved = |more: u64| on_bytes(total.fetch_add(more, Ordering::Relaxed) + more);
        let moved: Moved<'_> = &moved;
        let work: Vec<_> = self.plan.iter().map(|item| self.one(files, item, moved).boxed()).collect();
        futures_util::stream::iter(work).buffered(AT_ONCE).try_collect().await
    }

    async fn one(&self, files: &dyn Files, item: &plan::Item<'_>, moved: Moved<'_>) -> Result<Sent, ConnectionError> {
        match files.write(&item.temporary, &item.file.source, moved).await {
            Ok(sent) => Ok(sent),
            Err(Refused::Here(error)) => Err(here(&error, &item.file.source)),
            Err(refused) => Err(self.explain(refused, &item.file.dest, &item.temporary).await),
        }
    }

    /// One look at what arrived and at what is there already.
    async fn compare(&self, sent: &[Sent]) -> Result<Vec<attributes::Seen>, ConnectionError> {
        let of = |item: &'_ plan::Item<'_>| item.temporary.clone();
        let temporaries: Vec<String> = self.plan.iter().map(of).collect();
        let mut queries: Vec<Query<'_>> = temporaries.iter().map(|path| Query { path, hash: true }).collect();
        queries.extend(self.plan.iter().map(|item| Query { path: &item.file.dest, hash: false }));
        let mut states = look(&**self.carrier, &queries, self.sudo, self.cancel).await?;
        let targets = states.split_off(self.plan.len());
        let mut seen = Vec::with_capacity(sent.len());
        for (((arrived, target), sent), item) in states.into_iter().zip(targets).zip(sent).zip(self.plan) {
            let arrived = arrived.filter(|state| state.sha256.as_ref() == Some(&sent.sha256));
            let Some(arrived) = arrived else {
                return Err(refusal::at(&**self.carrier, "what arrived is not what was sent", &item.file.dest));
            };
            seen.push(attributes::Seen { arrived, target });
        }
        Ok(seen)
    }

    async fn explain(&self, refused: Refused, dest: &str, temporary: &str) -> ConnectionError {
        match refused {
            Refused::Connection(error) => error,
            Refused::There(what) => refusal::at(&**self.carrier, &what, dest),
            Refused::Here(error) => ConnectionError::new(Stage::Answered, error.to_string()),
            Refused::Somehow(why) => {
                let found = self.diagnose(temporary).await;
                refusal::at(&**self.carrier, &found.unwrap_or(why), dest)
            }
        }
    }

    /// SFTP has no word for a full disk: writing a little more by a command tells what is wrong.
    async fn diagnose(&self, temporary: &str) -> Option<String> {
        if temporary.is_empty() {
            return None;
        }
        let script = r#"LC_ALL=C; export LC_ALL; head -c 1048576 /dev/zero >>"$1""#;
        let job = Job::script(script, &[temporary], Input::Bytes(Bytes::new()), self.sudo);
        let ended = quietly(&**self.carrier, job, self.cancel).await.ok()?;
        refusal::meaning(&said(&ended.stderr)).map(str::to_owned)
    }

    /// Removes what may be left, whatever was cancelled; for a bounded time.
    async fn remove(&self) {
        let (cancel, _deadline) = Cancel::root().child_for(Some(super::stop::LIMIT));
        let mut input = Vec::new();
        for item in self.plan {
            input.extend_from_slice(item.temporary.as_bytes());
            input.push(0);
        }
        let job = Job::script("xargs -0 rm -f --", &[], Input::Bytes(input.into()), self.sudo);
        let _ = quietly(&**self.carrier, job, &cancel).await;
    }
}

fn here(error: &std::io::Error, source: &Source) -> ConnectionError {
    match source {
        Source::File(path) => refusal::here(error, path),
        Source::Bytes(_) => ConnectionError::new(Stage::Answered, error.to_string()),
    }
}
