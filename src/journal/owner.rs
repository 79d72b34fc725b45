//! Who writes a run: a process, told apart from a later one with the same number by when it began and by the boot.

use std::fmt;
use std::str::FromStr;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// Its number.
    pub pid: u32,
    /// When it began, in ticks since the boot; empty where the system does not tell.
    born: String,
    /// The boot; empty where the system does not tell.
    boot: String,
}

impl Owner {
    /// This process.
    pub fn this() -> Self {
        let pid = std::process::id();
        Self { pid, born: born(pid).unwrap_or_default(), boot: boot() }
    }

    /// Whether that process is still there, as far as can be told from here.
    pub fn is_alive(&self) -> bool {
        if self.boot != boot() {
            return false;
        }
        match born(self.pid) {
            Some(born) => self.born.is_empty() || self.born == born,
            None => self.born.is_empty() && answers(self.pid),
        }
    }

    /// Whether it is this process.
    pub fn is_this(&self) -> bool {
        *self == Self::this()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.pid, self.born, self.boot)
    }
}

impl FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '/');
        let pid = parts.next().and_then(|pid| pid.parse().ok()).ok_or(())?;
        let (Some(born), Some(boot)) = (parts.next(), parts.next()) else { return Err(()) };
        Ok(Self { pid, born: born.to_owned(), boot: boot.to_owned() })
    }
}

fn boot() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}

/// Field 22 of `/proc/PID/stat`. The second field is the name in parentheses, which may itself hold any character.
/// A process that has ended and is only waited for (`Z`) is not there any more.
fn born(pid: u32) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    if fields.next() == Some("Z") {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

fn answers(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}
