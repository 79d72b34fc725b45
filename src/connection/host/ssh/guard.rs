//! The folder of a run's sockets, and a small shell that outlives us by a moment: when our end of its input closes,
//! however we ended, it ends the ssh processes that are left and removes the folder.

use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use tokio::process::Command;

use super::settings::SshSettings;
use crate::connection::Tunnel;

/// A socket's path may have 108 bytes; ssh adds 17 while it makes one.
const LONGEST: usize = 80;

const SCRIPT: &str = r#"
p=
while read -r a n; do
  q=
  for i in $p; do [ "$i" = "$n" ] || q="$q $i"; done
  case $a in +) p="$q $n";; *) p=$q;; esac
done
for i in $p; do kill "$i" 2>/dev/null; done
exec rm -rf -- "$1"
"#;

/// The room in which the sockets of the open connections lie. It goes with the last of them.
pub(super) struct Room {
    folder: TempDir,
    number: AtomicU64,
    guard: Mutex<File>,
}

impl Room {
    /// An empty room, for us alone.
    pub fn new(settings: &SshSettings) -> std::io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("rb-").permissions(Permissions::from_mode(0o700));
        let usual = std::env::temp_dir();
        let folder = if usual.as_os_str().len() > LONGEST - 24 {
            builder.tempdir_in("/tmp")?
        } else {
            builder.tempdir_in(usual)?
        };
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "runbook-guard"]).arg(folder.path()).current_dir("/");
        // A group of its own: Ctrl-C is for us, not for it.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        settings.withhold(&mut command);
        let mut child = command.spawn()?;
        let guard = child.stdin.take().ok_or_else(|| std::io::Error::other("the guard has no input"))?;
        let guard = File::from(guard.into_owned_fd()?);
        // It is reaped when it ends.
        tokio::spawn(async move { child.wait().await });
        Ok(Self { folder, number: AtomicU64::new(0), guard: Mutex::new(guard) })
    }

    /// A path in the room that was not given before.
    pub fn path(&self, letter: char) -> PathBuf {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        self.folder.path().join(format!("{letter}{number}"))
    }

    /// A tunnel in the room, of a number that was not given before.
    pub fn tunnel(&self) -> Tunnel {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        // A run has no 65,536 tunnels; should it, ssh refuses the name that is taken.
        Tunnel::new(self.folder.path(), u16::try_from(number % 65_535).unwrap_or(0) + 1)
    }

    /// Has the guard end this process with us.
    pub fn watch(&self, process: u32) {
        self.tell('+', process);
    }

    /// The process is gone.
    pub fn unwatch(&self, process: u32) {
        self.tell('-', process);
    }

    /// A few bytes into a pipe that is read at once: this does not block.
    fn tell(&self, what: char, process: u32) {
        let mut guard = self.guard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = guard.write_all(format!("{what} {process}\n").as_bytes());
    }
}
