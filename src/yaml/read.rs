//! Reading a file that is meant to be text. Never waits: a FIFO, a device or a socket is refused before it is read.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Place, Problem, Source};
use crate::secret::vault::{self, Keyring};

/// Larger files are refused, in bytes.
const LARGEST: u64 = 64 << 20;

/// The text of the file at `path`, without a byte-order mark; its name is the path as it was given.
pub fn read(path: &Path) -> Result<Arc<Source>, Problem> {
    let name = path.display().to_string();
    let bytes = bytes(path, &name)?;
    match String::from_utf8(bytes) {
        Ok(text) => {
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            Ok(Arc::new(Source::new(name, text)))
        }
        Err(error) => Err(not_utf8(name, error.as_bytes(), error.utf8_error().valid_up_to())),
    }
}

/// The same; what Ansible Vault has encrypted is opened, and is a secret.
pub fn read_sealed(path: &Path, keys: &Keyring) -> Result<Arc<Source>, Problem> {
    let source = read(path)?;
    if !vault::is_encrypted(&source.text) {
        return Ok(source);
    }
    match keys.open(&source.text) {
        Ok(text) => {
            let (name, text) = (source.name.clone(), text.reveal().to_owned());
            Ok(Arc::new(Source { name, text, sealed: Some(source.text.clone()) }))
        }
        Err(why) => {
            let problem = Problem::error(format!("`{}` cannot be read: {why}", source.name));
            Err(problem.at(Place::whole(&source)).hint(why.hint()))
        }
    }
}

fn bytes(path: &Path, name: &str) -> Result<Vec<u8>, Problem> {
    let refuse = |error: std::io::Error| unreadable(name, &error);
    regular(name, &std::fs::metadata(path).map_err(refuse)?)?;
    let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(nonblock).open(path).map_err(refuse)?;
    // Again on what was opened: the name may stand for something else by now.
    regular(name, &file.metadata().map_err(refuse)?)?;
    limited(&file, name)
}

fn limited(file: &File, name: &str) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if bytes.len() as u64 > LARGEST { Err(too_large(name)) } else { Ok(bytes) }
}

fn regular(name: &str, metadata: &Metadata) -> Result<(), Problem> {
    if !metadata.is_file() {
        let what = noun(metadata.file_type());
        return Err(Problem::error(format!("`{name}` is {what}, not a file")).hint("name a regular file"));
    }
    if metadata.len() > LARGEST { Err(too_large(name)) } else { Ok(()) }
}

fn noun(kind: FileType) -> &'static str {
    match kind {
        kind if kind.is_dir() => "a directory",
        kind if kind.is_fifo() => "a FIFO",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

fn too_large(name: &str) -> Problem {
    Problem::error(format!("`{name}` is larger than {} MiB", LARGEST >> 20)).hint("split it into several files")
}

fn unreadable(name: &str, error: &std::io::Error) -> Problem {
    match error.kind() {
        ErrorKind::NotFound => Problem::error(format!("`{name}` does not exist")),
        ErrorKind::PermissionDenied => {
            Problem::error(format!("`{name}` may not be read: permission denied")).hint("look at its owner and mode")
        }
        ErrorKind::NotADirectory => Problem::error(format!("`{name}` does not exist: a part of the path is a file")),
        _ => Problem::error(format!("`{name}` cannot be read: {error}")),
    }
}

fn not_utf8(name: String, bytes: &[u8], at: usize) -> Problem {
    let byte = bytes.get(at).copied().unwrap_or_default();
    let hint = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it looks like UTF-16: save it as UTF-8",
        _ => "save it as UTF-8",
    };
    let message = format!("`{name}` is not UTF-8: byte {at} is 0x{byte:02X}");
    // All before the offset is kept byte for byte, so that the offset is a place in the text.
    let source = Arc::new(Source::new(name, String::from_utf8_lossy(bytes)));
    Problem::error(message).at(Place::new(&source, at..at + '\u{fffd}'.len_utf8())).hint(hint)
}
