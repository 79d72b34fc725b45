//! The files that runbook makes for itself, what `validate` leaves alone, and a state folder that is full.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::case::Case;

/// Every path below a folder with what tells it apart.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let seen = path.symlink_metadata().expect("its state");
        found.push(format!("{} {:o} {} {}", path.display(), seen.mode(), seen.len(), seen.mtime_nsec()));
        if seen.is_dir() {
            found.extend(tree(&path));
        }
    }
    found.sort();
    found
}

#[test]
fn own_files_are_private_under_any_umask() {
    let case = Case::playbook("hosts: localhost\nlock: shop\nsteps:\n- exec: 'sleep 0.3'\n");
    let state = case.path("state");
    let inner = case.command(&["apply", "play.yml"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 000; exec \"$@\"", "sh"]).arg(inner.get_program()).args(inner.get_args());
    shell.current_dir(case.path("")).env("RUNBOOK_STATE", &state).env("TMPDIR", case.path(""));
    let mut child = shell.spawn().expect("a shell");
    let mut seen = 0;
    while child.try_wait().expect("a child").is_none() {
        seen += private(&state);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(child.wait().expect("an end").success());
    assert!(private(&state) >= 2 && seen > 0, "{:?}", tree(&state));
}

/// Asserts that everything there is its owner's only; how much there was.
fn private(folder: &Path) -> usize {
    let Ok(seen) = folder.metadata() else { return 0 };
    assert_eq!(seen.permissions().mode() & 0o777, 0o700, "{}", folder.display());
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        // A file of SQLite's may go while it is looked at.
        let Ok(seen) = entry.metadata() else { continue };
        let wanted = if seen.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(seen.permissions().mode() & 0o777, wanted, "{}", entry.path().display());
        count += 1;
    }
    count
}

#[test]
fn validate_writes_nothing_and_connects_to_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let case = Case::playbook(&format!(
        "hosts: far\nsecrets: {{s: {{command: [touch, ran]}}}}\nconnections:\n  cache: redis://127.0.0.1:{port}/0\n  \
         db: postgres://u:{{{{ secrets.s }}}}@127.0.0.1:{port}/x\n  lite: sqlite:new.db\nsteps:\n- exec: 'touch ran'\n\
         - put: {{content: x, dest: /nowhere}}\n- publish: {{connection: cache, channel: c, message: m}}\n\
         - query: {{connection: db, sql: select 1}}\n- query: {{connection: lite, sql: create table t (x)}}\n"
    ));
    let case = case.file("hosts.ini", &format!("far ansible_host=127.0.0.1 ansible_port={port}\n"));
    let before = tree(&case.path(""));
    case.run(&["validate", "play.yml", "-i", "hosts.ini"]).exits(0);
    assert_eq!(tree(&case.path("")), before);
    assert!(listener.accept().is_err(), "something has connected");
}

/// A file system that is unmounted when it is dropped.
struct Tiny(TempDir);

impl Tiny {
    fn mount(size: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let options = format!("size={size},mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).status();
        assert!(mounted.is_ok_and(|status| status.success()), "mount (tests run as root)");
        Self(folder)
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_state_folder_ends_the_run_and_nothing_is_shown_that_is_not_kept() {
    let step =
        |n: String| "- {name: s#, exec: 'echo s# >> done; head -c 6000 /dev/urandom | od -An -tx1'}\n".replace('#', &n);
    let steps = (0..40).map(|n: u32| step(n.to_string())).collect::<Vec<_>>().concat();
    for size in ["160k", "256k", "400k"] {
        let tiny = Tiny::mount(size);
        let case = Case::playbook(&format!("hosts: localhost\nsteps:\n{steps}"));
        let state = tiny.0.path().display().to_string();
        let ran = case.run(&["apply", "play.yml", "--output", "json", "--state", &state]);
        assert!(matches!(ran.status, 1 | 2), "{size}: {} {}", ran.status, ran.stderr);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("space") || said.contains("full"), "{size}: {said}");
        if ran.status == 2 {
            assert!(!case.path("done").exists(), "{size}: it had begun");
            continue;
        }
        // With room again, what was shown is there.
        let wider = Command::new("mount").args(["-o", "remount,size=64m"]).arg(tiny.0.path()).status();
        assert!(wider.is_ok_and(|status| status.success()), "remount");
        let shown = ends(&ran.events());
        let kept = ends(&case.run(&["show", "last", "--output", "json", "--state", &state]).exits(0).events());
        assert!(shown.iter().all(|end| kept.contains(end)), "{size}: shown {shown:?}, kept {kept:?}");
        let acted = case.read("done").lines().count();
        assert!(acted < 40 && acted <= kept.len() + 1, "{size}: {acted} acted, {} kept", kept.len());
    }
}

fn ends(events: &[Value]) -> Vec<String> {
    let ends = events.iter().filter(|event| event["event"] == "step_finished");
    ends.map(|event| format!("{} {}", event["step"], event["outcome"])).collect()
}
