//! Names for what a file system answers, whoever says it.

use std::io::{Error, ErrorKind};

use super::carrier::Carrier;
use crate::connection::{ConnectionError, Stage};

/// The texts of the C library (in the C locale) and what is told instead.
const TEXTS: &[(&str, &str)] = &[
    ("Not a directory", "a part of the path is not a directory"),
    ("No such file or directory", "no such file or directory"),
    ("Directory nonexistent", "no such file or directory"),
    ("Permission denied", "permission denied"),
    ("Operation not permitted", "permission denied"),
    ("No space left on device", "no space left"),
    ("Disk quota exceeded", "no space left (quota)"),
    ("Read-only file system", "the file system is read-only"),
    ("Is a directory", "is a directory"),
    ("Too many levels of symbolic links", "the links go in a circle"),
    ("File name too long", "the name is too long"),
    ("File exists", "the temporary file exists already"),
    ("invalid user", "no such user"),
    ("unknown user", "no such user"),
    ("invalid group", "no such group"),
    ("unknown group", "no such group"),
];

/// What a tool's text means, if it is known.
pub(super) fn meaning(text: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(theirs, _)| text.contains(theirs)).map(|(_, ours)| *ours)
}

/// What an error of this machine means.
pub(super) fn of_io(error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file or directory".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::StorageFull => "no space left".to_owned(),
        ErrorKind::IsADirectory => "is a directory".to_owned(),
        _ => meaning(&error.to_string()).map_or_else(|| error.to_string(), str::to_owned),
    }
}

/// The error for a path on a host.
pub(super) fn at(carrier: &dyn Carrier, what: &str, path: &str) -> ConnectionError {
    ConnectionError::new(Stage::Answered, format!("{what}: {path} on {}", carrier.name()))
}

/// The error for a file of the control machine.
pub(super) fn here(error: &Error, path: &std::path::Path) -> ConnectionError {
    ConnectionError::new(Stage::Answered, format!("{}: {} on the control machine", of_io(error), path.display()))
}
