//! The file that messages are added to, each on disk before it is acknowledged.

use std::path::PathBuf;

use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use crate::step::{Failure, Results};

/// The file.
pub(super) struct Saver {
    path: PathBuf,
    file: File,
    /// How long it is.
    pub(super) length: u64,
}

impl Saver {
    /// Opens it, and makes it and its folder where they are missing. `known` is how long it was when it was last known to
    /// be whole: what an earlier process of the run has written behind that is written again.
    pub(super) async fn open(path: PathBuf, known: Option<u64>) -> Result<Self, Failure> {
        let told = |error: std::io::Error| Failure::failed(format!("cannot write {}: {error}", path.display()));
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(told)?;
        }
        let file = OpenOptions::new().append(true).create(true).open(&path).await.map_err(told)?;
        let there = file.metadata().await.map_err(told)?.len();
        let length = known.unwrap_or(there).min(there);
        if length < there {
            file.set_len(length).await.map_err(told)?;
        }
        Ok(Self { path, file, length })
    }

    /// Adds messages; when it answers they are on disk.
    pub(super) async fn add(&mut self, messages: &[Results]) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for message in messages {
            // What `json` says stands in the body.
            let line: Results = message
                .iter()
                .filter(|(key, _)| *key != "json")
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            serde_json::to_writer(&mut lines, &line).map_err(|error| Failure::failed(error.to_string()))?;
            lines.push(b'\n');
        }
        let written = async {
            self.file.write_all(&lines).await?;
            self.file.flush().await?;
            self.file.sync_data().await
        };
        written.await.map_err(|error| Failure::failed(format!("cannot write {}: {error}", self.path.display())))?;
        self.length += lines.len() as u64;
        Ok(())
    }
}
