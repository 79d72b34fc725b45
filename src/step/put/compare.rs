//! What is there beside what should be, in one round trip.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::source::{Item, Listing};
use crate::connection::host::{PathKind, PathState};
use crate::step::attributes::Attributes;
use crate::step::{Context, Failure, Results, path};
use crate::text::count;

/// A file of the source and what is at its place.
pub(super) struct Pair {
    /// The file.
    pub item: Item,
    /// Its path on the host.
    pub dest: String,
    /// What is there.
    pub old: Option<PathState>,
}

/// Everything that was compared, and what is left to do.
pub(super) struct Comparison {
    /// The path on the host.
    pub dest: String,
    /// The source is a folder.
    pub is_folder: bool,
    /// What is asked for.
    pub attributes: Attributes,
    /// All files.
    pub files: Vec<Pair>,
    /// Directories that are not there, parents first.
    pub missing: Vec<String>,
    /// Directories whose owner differs, and how.
    pub directories: Vec<(String, Vec<String>)>,
    /// What was seen, by path.
    pub fingerprints: BTreeMap<String, String>,
}

/// Probes every path and compares.
pub(super) async fn compare(
    cx: &Context,
    listing: Listing,
    dest: String,
    attributes: Attributes,
) -> Result<Comparison, Failure> {
    let directories: Vec<String> = listing.directories.iter().map(|below| path::join(&dest, below)).collect();
    let files: Vec<String> = listing.files.iter().map(|item| path::join(&dest, &item.relative)).collect();
    let paths = [directories.as_slice(), files.as_slice()].concat();
    let states = cx.probe(&paths).await?;
    let seen = paths.iter().cloned().zip(states.iter().map(|state| path::fingerprint(state.as_ref())));
    let mut comparison = Comparison {
        dest,
        is_folder: listing.is_folder,
        fingerprints: seen.collect(),
        files: Vec::new(),
        missing: Vec::new(),
        directories: Vec::new(),
        attributes,
    };
    let mut states = states.into_iter();
    for directory in directories {
        comparison.directory(directory, states.next().flatten())?;
    }
    for (item, dest) in listing.files.into_iter().zip(files) {
        comparison.file(item, dest, states.next().flatten())?;
    }
    Ok(comparison)
}

impl Pair {
    /// The bytes must be sent.
    pub fn is_sent(&self) -> bool {
        let same = |old: &PathState| old.kind == PathKind::File && old.sha256.as_ref() == Some(&self.item.sha256);
        !self.old.as_ref().is_some_and(same)
    }
}

impl Comparison {
    fn directory(&mut self, directory: String, state: Option<PathState>) -> Result<(), Failure> {
        match state {
            None => self.missing.push(directory),
            Some(state) if state.kind == PathKind::Directory => {
                let lines = self.ownership().differences(&state);
                if !lines.is_empty() {
                    self.directories.push((directory, lines));
                }
            }
            // A link may lead to a directory, and then what is below it is in its place.
            Some(state) if state.kind == PathKind::Link => {}
            Some(state) => {
                let failure = Failure::failed(format!("{directory} is {}, not a directory", path::word(state.kind)));
                return Err(failure.hint("remove it first, or choose another `dest`"));
            }
        }
        Ok(())
    }

    fn file(&mut self, item: Item, dest: String, old: Option<PathState>) -> Result<(), Failure> {
        match old.as_ref().map(|old| old.kind) {
            Some(PathKind::Directory) => {
                let failure = Failure::failed(format!("{dest} is a directory"));
                return Err(failure.hint("end `dest` with `/` to put the file into the directory, under its own name"));
            }
            Some(PathKind::Other) => {
                return Err(Failure::failed(format!("{dest} is {}, not a file", path::word(PathKind::Other))));
            }
            _ => self.files.push(Pair { item, dest, old }),
        }
        Ok(())
    }

    /// What of the attributes is for directories too.
    pub fn ownership(&self) -> Attributes {
        Attributes { mode: None, ..self.attributes.clone() }
    }

    /// Files whose bytes must be sent.
    pub fn sent(&self) -> impl Iterator<Item = &Pair> {
        self.files.iter().filter(|pair| pair.is_sent())
    }

    /// Files of which only attributes differ, and how.
    pub fn touched(&self) -> impl Iterator<Item = (&Pair, Vec<String>)> {
        let kept = self.files.iter().filter(|pair| !pair.is_sent());
        kept.filter_map(|pair| {
            let lines = self.attributes.differences(pair.old.as_ref()?);
            (!lines.is_empty()).then_some((pair, lines))
        })
    }

    /// Nothing is to be done.
    pub fn is_same(&self) -> bool {
        let files = self.sent().next().is_none() && self.touched().next().is_none();
        files && self.missing.is_empty() && self.directories.is_empty()
    }

    /// What is to be done, in a line.
    pub fn summary(&self) -> String {
        let bytes =
            count(usize::try_from(self.sent().map(|pair| pair.item.size).sum::<u64>()).unwrap_or(usize::MAX), "byte");
        match (self.sent().count(), self.is_folder) {
            (0, false) => format!("set the attributes of {}", self.dest),
            (_, false) => format!("write {} ({bytes})", self.dest),
            (0, true) => format!("make directories and set attributes in {}", self.dest),
            (files, true) => format!("write {} to {} ({bytes})", count(files, "file"), self.dest),
        }
    }

    /// The checksum of the file, or over path and checksum of all files.
    fn checksum(&self) -> String {
        match (&*self.files, self.is_folder) {
            ([pair], false) => pair.item.sha256.clone(),
            (files, _) => {
                let mut hash = Sha256::new();
                for Pair { item, .. } in files {
                    hash.update(format!("{}  {}\n", item.sha256, item.relative));
                }
                hex::encode(hash.finalize())
            }
        }
    }

    /// The step's result, with the backups that were made.
    pub fn result(&self, backups: &[String]) -> Results {
        let size: u64 = self.files.iter().map(|pair| pair.item.size).sum();
        let mut out = Results::new();
        out.insert("checksum".to_owned(), self.checksum().into());
        out.insert("dest".to_owned(), self.dest.clone().into());
        out.insert("size".to_owned(), size.into());
        let single = backups.first().filter(|_| !self.is_folder);
        out.insert("backup_file".to_owned(), single.cloned().into());
        if self.is_folder {
            out.insert("backup_files".to_owned(), backups.into());
        }
        out
    }
}
