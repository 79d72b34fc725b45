//! The state folder and the files in it: made for nobody but their owner, under any umask, never through a link.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::JournalError;

/// The database.
pub(super) const DATABASE: &str = "runs.db";

/// What `SQLite` puts beside it.
const BESIDE: [&str; 2] = ["runs.db-wal", "runs.db-shm"];

/// A state folder that is fit for use.
#[derive(Debug)]
pub(super) struct Folder {
    pub path: PathBuf,
    handle: File,
}

impl Folder {
    /// Opens the folder, making it if its parent is there.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        // Absolute, for SQLite reads `file:` as a URL; without a slash at its end, which would follow a link.
        let absolute = std::path::absolute(path).map_err(|error| JournalError::unusable(path, error.to_string()))?;
        let path: PathBuf = absolute.components().collect();
        let fail = |why: &str| JournalError::unusable(&path, why);
        let made = match rustix::fs::mkdir(&path, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(Errno::NOENT) => return Err(no_parent(&path)),
            Err(errno) => return Err(fail(&said(errno))),
        };
        let seen = rustix::fs::lstat(&path).map_err(|errno| fail(&said(errno)))?;
        match FileType::from_raw_mode(seen.st_mode) {
            FileType::Directory => {}
            FileType::Symlink => return Err(fail("it is a symbolic link")),
            _ => return Err(fail("it is not a folder")),
        }
        if !is_ours(&seen) {
            return Err(fail("it belongs to another user"));
        }
        if made {
            // A umask may have taken bits away that we need ourselves.
            rustix::fs::chmod(&path, Mode::RWXU).map_err(|errno| fail(&said(errno)))?;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = rustix::fs::open(&path, flags, Mode::empty()).map_err(|errno| fail(&said(errno)))?;
        let folder = Self { path: path.clone(), handle: File::from(handle) };
        folder.tighten()?;
        Ok(folder)
    }

    /// The database's path; made empty if it is not there.
    pub fn database(&self) -> Result<PathBuf, JournalError> {
        if self.make(DATABASE)?.is_some() {
            self.handle.sync_all().map_err(|error| self.unusable(&error.to_string()))?;
        }
        for name in BESIDE {
            self.judge(name)?;
        }
        Ok(self.path.join(DATABASE))
    }

    /// A file of that name, opened for writing; made if it is not there.
    pub fn file(&self, name: &str) -> Result<File, JournalError> {
        if let Some(file) = self.make(name)? {
            return Ok(file);
        }
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&self.handle, name, flags, Mode::empty());
        Ok(opened.map_err(|errno| self.unusable(&format!("{name}: {}", said(errno))))?.into())
    }

    pub fn unusable(&self, why: &str) -> JournalError {
        JournalError::unusable(&self.path, why)
    }

    /// The new file; none if there is one that may be used.
    fn make(&self, name: &str) -> Result<Option<File>, JournalError> {
        let fail = |errno| self.unusable(&format!("{name}: {}", said(errno)));
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.handle, name, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => {
                rustix::fs::fchmod(&file, Mode::RUSR | Mode::WUSR).map_err(fail)?;
                Ok(Some(file.into()))
            }
            Err(Errno::EXIST) => self.judge(name).map(|()| None),
            Err(errno) => Err(fail(errno)),
        }
    }

    /// Whether a file that is there may be used: a plain file of ours, no link, and nobody else's to read.
    fn judge(&self, name: &str) -> Result<(), JournalError> {
        let seen = match rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(seen) => seen,
            Err(Errno::NOENT) => return Ok(()),
            Err(errno) => return Err(self.unusable(&format!("{name}: {}", said(errno)))),
        };
        match FileType::from_raw_mode(seen.st_mode) {
            FileType::RegularFile => {}
            FileType::Symlink => return Err(self.unusable(&format!("{name} in it is a symbolic link"))),
            _ => return Err(self.unusable(&format!("{name} in it is not a plain file"))),
        }
        if !is_ours(&seen) {
            return Err(self.unusable(&format!("{name} in it belongs to another user")));
        }
        if seen.st_nlink > 1 {
            return Err(self.unusable(&format!("{name} in it has a second name (hard link)")));
        }
        if is_open_to_others(&seen) {
            let narrow = rustix::fs::chmodat(&self.handle, name, Mode::RUSR | Mode::WUSR, AtFlags::empty());
            narrow.map_err(|errno| self.unusable(&format!("{name}: {}", said(errno))))?;
        }
        Ok(())
    }

    /// Takes the folder from others where it holds nothing but a journal; one that holds other things and that others
    /// may write to is refused.
    fn tighten(&self) -> Result<(), JournalError> {
        let fail = |errno| self.unusable(&said(errno));
        let seen = rustix::fs::fstat(&self.handle).map_err(fail)?;
        if !is_open_to_others(&seen) {
            return Ok(());
        }
        let mut entries = std::fs::read_dir(&self.path).map_err(|error| self.unusable(&error.to_string()))?;
        if entries.next().is_none() || self.path.join(DATABASE).symlink_metadata().is_ok() {
            return rustix::fs::fchmod(&self.handle, Mode::RWXU).map_err(fail);
        }
        if seen.st_mode & 0o022 != 0 {
            let hint = format!("chmod 700 {}", crate::text::shell_quote(&self.path.to_string_lossy()));
            let why = "others may write to it".to_owned();
            return Err(JournalError::Unusable { path: self.path.clone(), why, hint });
        }
        Ok(())
    }
}

fn is_ours(seen: &Stat) -> bool {
    seen.st_uid == rustix::process::geteuid().as_raw()
}

fn is_open_to_others(seen: &Stat) -> bool {
    Mode::from_raw_mode(seen.st_mode).intersects(Mode::RWXG | Mode::RWXO)
}

fn no_parent(path: &Path) -> JournalError {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let hint = format!("mkdir -p {}", crate::text::shell_quote(&parent.to_string_lossy()));
    let why = format!("{} does not exist", parent.display());
    JournalError::Unusable { path: path.to_owned(), why, hint }
}

fn said(errno: Errno) -> String {
    match errno {
        Errno::ACCESS | Errno::PERM => "permission denied".to_owned(),
        Errno::ROFS => "the file system is read-only".to_owned(),
        Errno::NOSPC | Errno::DQUOT => "no space left on the device".to_owned(),
        Errno::NOTDIR => "a part of its path is not a folder".to_owned(),
        Errno::LOOP => "symbolic links in its path go in a circle".to_owned(),
        Errno::NAMETOOLONG => "its path is too long".to_owned(),
        other => std::io::Error::from(other).to_string(),
    }
}
