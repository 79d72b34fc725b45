//! A file of this machine that a step writes: beside its place under another name, and put there whole or not at all.

use std::io::{BufWriter, Result, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that is being written.
pub(super) struct Saved {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Saved {
    /// Begins; the folder is made where it is missing.
    pub fn new(path: PathBuf) -> std::result::Result<Self, String> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let permissions = std::fs::Permissions::from_mode(0o666);
        let open = |()| tempfile::Builder::new().prefix(".runbook-").permissions(permissions).tempfile_in(folder);
        let made = std::fs::create_dir_all(folder).and_then(open);
        let file = made.map_err(|error| format!("cannot write in {}: {error}", folder.display()))?;
        Ok(Self { path, file: BufWriter::new(file) })
    }

    /// Puts it in place.
    pub fn finish(self) -> std::result::Result<(), String> {
        let told = |error: &std::io::Error| format!("cannot write {}: {error}", self.path.display());
        let file = self.file.into_inner().map_err(|error| told(error.error()))?;
        let kept = file.as_file().sync_all().and_then(|()| file.persist(&self.path).map_err(|error| error.error));
        kept.map(drop).map_err(|error| told(&error))
    }

    /// What to say of an error in writing it.
    pub fn told(&self, error: &std::io::Error) -> String {
        format!("cannot write {}: {error}", self.path.display())
    }
}

impl Write for Saved {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}
