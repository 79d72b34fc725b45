//! What is to be copied: listed and hashed on the control machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::Params;
use crate::connection::host::Source;
use crate::step::{Context, Failure};

/// A folder with more in it is not copied file by file in one step.
const MOST: usize = 100_000;

/// One file to put.
pub(super) struct Item {
    /// Its path below the source; empty for a single file.
    pub relative: String,
    /// Its bytes.
    pub source: Source,
    /// Their SHA-256 in lowercase hexadecimal.
    pub sha256: String,
    /// How many.
    pub size: u64,
}

/// Everything to put.
#[derive(Default)]
pub(super) struct Listing {
    /// The source is a folder.
    pub is_folder: bool,
    /// Directories below the source, parents first, the folder itself (empty) too.
    pub directories: Vec<String>,
    /// Files, sorted.
    pub files: Vec<Item>,
}

/// Lists and hashes the source. Nothing is kept in memory but what was given as a text.
pub(super) async fn list(params: &Params, cx: &Context) -> Result<Listing, Failure> {
    if let Some(content) = &params.content {
        return Ok(Listing { files: vec![text(String::new(), content)], ..Listing::default() });
    }
    let src = params.src.clone().unwrap_or_default();
    if params.template && params.rendered.is_none() {
        return Err(Failure::failed(format!("the template {src} was not rendered")));
    }
    let reading = Reading { at: cx.folder.join(&src), src, rendered: params.rendered.clone().unwrap_or_default() };
    let work = tokio::task::spawn_blocking(move || reading.list());
    match cx.cancel.bound(work).await {
        Ok(Ok(listing)) => listing,
        Ok(Err(_)) => Err(Failure::failed("reading the source was broken off")),
        Err(reason) => Err(Failure::new(crate::step::FailureKind::Stopped(reason), "stopped while reading the source")),
    }
}

fn text(relative: String, text: &str) -> Item {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let sha256 = hex::encode(Sha256::digest(&bytes));
    Item { relative, size: bytes.len() as u64, sha256, source: Source::Bytes(bytes) }
}

/// The SHA-256 and length of a local file.
pub(in crate::step) fn digest(path: &Path) -> io::Result<(String, u64)> {
    let mut file = fs::File::open(path)?;
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 256 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((hex::encode(hash.finalize()), size)),
            n => {
                hash.update(&buffer[..n]);
                size += n as u64;
            }
        }
    }
}

struct Reading {
    /// As it was written, for errors.
    src: String,
    at: PathBuf,
    rendered: BTreeMap<String, String>,
}

impl Reading {
    fn list(&self) -> Result<Listing, Failure> {
        let kind = fs::metadata(&self.at).map_err(|error| self.unreadable(&self.src, &error))?;
        if kind.is_file() {
            return Ok(Listing { files: vec![self.file(String::new())?], ..Listing::default() });
        }
        if !kind.is_dir() {
            return Err(Failure::failed(format!("{} is neither a file nor a folder", self.src)));
        }
        let root = fs::canonicalize(&self.at).map_err(|error| self.unreadable(&self.src, &error))?;
        let mut listing = Listing { is_folder: true, directories: vec![String::new()], files: Vec::new() };
        let mut at = 0;
        while at < listing.directories.len() {
            let directory = listing.directories[at].clone();
            self.directory(&root, &directory, &mut listing)?;
            at += 1;
        }
        listing.directories.sort();
        listing.files.sort_by(|a, b| a.relative.cmp(&b.relative));
        Ok(listing)
    }

    fn directory(&self, root: &Path, directory: &str, listing: &mut Listing) -> Result<(), Failure> {
        let shown = self.shown(directory);
        for entry in fs::read_dir(root.join(directory)).map_err(|error| self.unreadable(&shown, &error))? {
            let entry = entry.map_err(|error| self.unreadable(&shown, &error))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(Failure::failed(format!("{shown} holds a name that is not UTF-8: {}", name.display())));
            };
            let relative = if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
            let kind = entry.file_type().map_err(|error| self.unreadable(&relative, &error))?;
            if kind.is_symlink() {
                self.link(root, &relative)?;
            }
            match kind {
                kind if kind.is_dir() => listing.directories.push(relative),
                kind if kind.is_file() || kind.is_symlink() => listing.files.push(self.file(relative)?),
                _ => return Err(Failure::failed(format!("{} is neither a file nor a folder", self.shown(&relative)))),
            }
            if listing.files.len() + listing.directories.len() > MOST {
                let message = format!("{} holds more than {MOST} files", self.src);
                return Err(Failure::failed(message).hint("put an archive and unpack it with `exec`"));
            }
        }
        Ok(())
    }

    /// A link counts as the file it leads to, as long as that belongs to the folder.
    fn link(&self, root: &Path, relative: &str) -> Result<(), Failure> {
        let shown = self.shown(relative);
        let target = fs::canonicalize(root.join(relative)).map_err(|error| self.unreadable(&shown, &error))?;
        if !target.starts_with(root) {
            let failure = Failure::failed(format!("{shown} is a link that leads out of {}", self.src));
            return Err(failure.hint("put what it leads to in the folder, or leave the link out"));
        }
        if !target.is_file() {
            let failure = Failure::failed(format!("{shown} is a link to something that is no file"));
            return Err(failure.hint("only links to files are followed"));
        }
        Ok(())
    }

    fn file(&self, relative: String) -> Result<Item, Failure> {
        if let Some(rendered) = self.rendered.get(&relative) {
            return Ok(text(relative, rendered));
        }
        let path = if relative.is_empty() { self.at.clone() } else { self.at.join(&relative) };
        let (sha256, size) = digest(&path).map_err(|error| self.unreadable(&self.shown(&relative), &error))?;
        Ok(Item { relative, source: Source::File(path), sha256, size })
    }

    fn shown(&self, relative: &str) -> String {
        if relative.is_empty() { self.src.clone() } else { format!("{}/{relative}", self.src.trim_end_matches('/')) }
    }

    fn unreadable(&self, shown: &str, error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::NotFound => Failure::failed(format!("{shown} does not exist"))
                .hint(format!("`src` is relative to the playbook; looked at {}", self.at.display())),
            io::ErrorKind::PermissionDenied => Failure::failed(format!("{shown} cannot be read: permission denied")),
            _ => Failure::failed(format!("{shown} cannot be read: {error}")),
        }
    }
}
