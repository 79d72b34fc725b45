//! `get`: a file of the host, kept on the control machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::put::digest;
use super::{
    Access, Context, Done, Failure, Field, Finding, Results, Runs, Shape, Step, StepType, Subject, Verdict, path,
};
use crate::connection::host::{PathKind, PathState, Sink as LocalFile};
use crate::event::Class;
use crate::template::Sink;
use crate::text::count;

/// The row of `get`.
pub static TYPE: StepType = StepType {
    name: "get",
    summary: "Fetches a file from each host.",
    example: r#"- get: { src: /var/log/app.log, dest: "logs/{{ inventory_hostname }}/app.log" }
  register: kept
"#,
    runs: Runs::OnHost,
    shape: Shape::Record(&[
        Field { required: true, ..Field::new("src", Shape::Text(Sink::Path), "The file on the host.") },
        Field {
            required: true,
            ..Field::new(
                "dest",
                Shape::Text(Sink::Path),
                "Where it is kept, relative to the playbook; a folder, or a path ending in `/`, gets the file's name.",
            )
        },
    ]),
    results: &[
        Field::new("checksum", Shape::Text(Sink::Plain), "SHA-256 of the file."),
        Field::new("dest", Shape::Text(Sink::Plain), "Where it is kept, from the root."),
        Field::new("size", Shape::Integer { min: 0, max: i64::MAX }, "Bytes."),
    ],
    subject: Subject::Of(&["src"]),
    build,
    looks_ahead: true,
    ..StepType::DEFAULT
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    src: String,
    dest: String,
}

fn build(value: Value) -> Result<Box<dyn Step>, String> {
    let step: Get = serde_json::from_value(value).map_err(|error| error.to_string())?;
    if let Some(problem) = path::problem("src", &step.src) {
        return Err(problem);
    }
    match path::base_name(&step.src) {
        Some(_) => Ok(Box::new(step)),
        None => Err(format!("`src`: {} does not name a file", step.src)),
    }
}

/// What `check` hands to `apply`.
struct Found {
    src: String,
    state: Option<PathState>,
    dest: PathBuf,
}

impl Get {
    async fn look(&self, cx: &Context) -> Result<Found, Failure> {
        let (src, state) = path::follow(cx, &path::absolute(cx, &self.src).await?).await?;
        match state.as_ref().map(|state| state.kind) {
            Some(PathKind::File) | None => {}
            Some(PathKind::Directory) => {
                let failure = Failure::failed(format!("{src} is a directory"));
                return Err(failure.hint("`get` fetches one file; pack the directory with `exec` first"));
            }
            Some(kind) => return Err(Failure::failed(format!("{src} is {}, not a file", path::word(kind)))),
        }
        let local = cx.folder.join(&self.dest);
        let name = path::base_name(&self.src).filter(|_| self.dest.ends_with('/') || local.is_dir());
        let dest = name.map_or_else(|| local.clone(), |name| local.join(name));
        Ok(Found { src, state, dest: std::path::absolute(&dest).unwrap_or(dest) })
    }
}

impl Found {
    fn result(&self, checksum: &str, size: u64) -> Results {
        Results::from_iter([
            ("checksum".to_owned(), checksum.into()),
            ("dest".to_owned(), self.dest.display().to_string().into()),
            ("size".to_owned(), size.into()),
        ])
    }

    fn missing(&self) -> Failure {
        Failure::failed(format!("{} does not exist", self.src)).hint("`src` is a path on the host")
    }
}

/// The checksum of what is kept already, where that is a file of its own.
async fn kept(dest: &Path) -> Option<String> {
    let path = dest.to_owned();
    let read = move || {
        let is_file = std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        is_file.then(|| digest(&path).ok()).flatten()
    };
    tokio::task::spawn_blocking(read).await.ok().flatten().map(|(sha256, _)| sha256)
}

/// Makes the folder that is to hold the file.
async fn make_room(dest: &Path) -> Result<(), Failure> {
    if dest.is_dir() {
        return Err(Failure::failed(format!("{} is a directory", dest.display())));
    }
    let folder = dest.parent().unwrap_or(Path::new("/"));
    tokio::fs::create_dir_all(folder).await.map_err(|error| {
        Failure::failed(format!("cannot make the folder {}: {error}", folder.display())).hint("choose another `dest`")
    })
}

#[async_trait]
impl Step for Get {
    fn class(&self) -> Class {
        Class::Converge
    }

    /// The path written is one of the control machine, and named so.
    fn access(&self) -> Access {
        let name = path::base_name(&self.src).filter(|_| self.dest.ends_with('/')).unwrap_or_default();
        Access { reads: vec![self.src.clone()], writes: vec![format!("local:{}{name}", self.dest)] }
    }

    fn paths(&self) -> Vec<String> {
        if path::is_absolute(&self.src) { vec![path::plain(&self.src)] } else { Vec::new() }
    }

    async fn check(&self, cx: &Context) -> Result<Finding, Failure> {
        let found = self.look(cx).await?;
        let Some(state) = &found.state else {
            return Ok(Finding::new(Verdict::Unknown(found.missing().error.message), format!("get {}", self.src)));
        };
        let kept = kept(&found.dest).await;
        let dest = found.dest.display().to_string();
        let seen = [(found.src.clone(), path::fingerprint(Some(state)))];
        let mut finding = match (&state.sha256, &kept) {
            (Some(there), Some(here)) if there == here => {
                Finding::same(format!("{dest} is as it should be"), found.result(there, state.size))
            }
            _ => {
                let bytes = count(usize::try_from(state.size).unwrap_or(usize::MAX), "byte");
                let word = if kept.is_some() { "differs" } else { "is not there" };
                Finding::new(Verdict::Change, format!("get {} to {dest} ({bytes})", found.src))
                    .diff(format!("{dest} {word}; {} has {bytes}\n", found.src))
            }
        };
        finding.fingerprints.extend(seen);
        finding.carry = Some(Box::new(found));
        Ok(finding)
    }

    async fn apply(&self, cx: &Context, found: Option<Finding>) -> Result<Done, Failure> {
        let carried = found.and_then(|found| found.carry).and_then(|carry| carry.downcast::<Found>().ok());
        let found = match carried {
            Some(found) => *found,
            None => self.look(cx).await?,
        };
        let Some(total) = found.state.as_ref().map(|state| state.size) else { return Err(found.missing()) };
        make_room(&found.dest).await?;
        let progress = cx.progress.clone();
        let on_bytes = Arc::new(move |done| progress.moved(done, Some(total)));
        let transport = cx.transport().await?;
        let sink = LocalFile { path: found.dest.clone() };
        let received = transport.fetch(&found.src, sink, cx.sudo.as_ref(), on_bytes, &cx.cancel).await;
        let received = received.map_err(|error| cx.failure(error))?;
        Ok(Done { changed: true, result: found.result(&received.sha256, received.size) })
    }
}
