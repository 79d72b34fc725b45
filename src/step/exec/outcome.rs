//! How a command ended, as a result and as a failure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::connection::host::{Captured, Ended, Exit};
use crate::step::{Failure, Results};

/// The numbers that a shell adds to 128 for a command ended by a signal (POSIX, and Linux's own on x86 and ARM).
const SIGNALS: &[(&str, i32)] = &[
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
];

/// The result of a command that ended.
pub(super) fn results(ended: &Ended) -> Results {
    let mut out = Results::new();
    let (rc, signal) = match &ended.exit {
        Exit::Status(status) => (Some(*status), None),
        Exit::Signal(name) => {
            let known = SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
            // A signal without a name comes as its number.
            (known.or_else(|| name.parse().ok()).map(|number: i32| 128 + number), Some(name.clone()))
        }
    };
    out.insert("rc".to_owned(), rc.into());
    put_output(&mut out, "stdout", &ended.stdout);
    put_output(&mut out, "stderr", &ended.stderr);
    let lines: Value = match &out["stdout"] {
        Value::String(text) => text.lines().map(Value::from).collect(),
        _ => Value::Array(Vec::new()),
    };
    out.insert("stdout_lines".to_owned(), lines);
    if let Some(signal) = signal {
        out.insert("signal".to_owned(), signal.into());
    }
    out
}

/// The result where nothing had to be run: as if it had succeeded in silence.
pub(super) fn not_run() -> Results {
    results(&Ended { exit: Exit::Status(0), stdout: Captured::default(), stderr: Captured::default() })
}

fn put_output(out: &mut Results, name: &str, captured: &Captured) {
    let text = String::from_utf8_lossy(&captured.bytes);
    out.insert(name.to_owned(), text.trim_end_matches(['\r', '\n']).into());
    if matches!(text, std::borrow::Cow::Owned(_)) {
        out.insert(format!("{name}_base64"), STANDARD.encode(&captured.bytes).into());
    }
}

/// Why that end is no success, if it is none.
pub(super) fn failure(exit: &Exit) -> Option<Failure> {
    Some(match exit {
        Exit::Status(0) => return None,
        Exit::Status(126) => Failure::failed("exit status 126").hint("not executable"),
        Exit::Status(127) => Failure::failed("exit status 127").hint("command not found"),
        Exit::Status(status) => Failure::failed(format!("exit status {status}")),
        Exit::Signal(name) => Failure::failed(format!("killed by signal {name}")),
    })
}
