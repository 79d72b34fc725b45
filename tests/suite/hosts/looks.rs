//! What is at a path, judged by `stat` and `sha256sum`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command as Process;

use runbook::cancel::Cancel;
use runbook::connection::Stage;
use runbook::connection::host::{PathKind, PathState};

use super::{Both, text};

const NAMES: &[&str] = &[
    "plain",
    "a b",
    "-n",
    "--help",
    "new\nline",
    "q'uo\"te",
    "back\\slash",
    "$(id)",
    "*",
    "gr\u{fc}n \u{4e16}",
    "\u{1b}[31m",
    " ",
    "%s",
];

/// A tree with every kind of thing in it.
fn tree(root: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    for (number, name) in NAMES.iter().enumerate() {
        let path = root.join(name);
        fs::write(&path, format!("content {number}\n")).expect(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600 + u32::try_from(number).expect("small")))
            .expect(name);
        paths.push(path);
    }
    fs::create_dir_all(root.join("deep/er")).expect("folders");
    fs::write(root.join("deep/er/file"), "").expect("a file");
    fs::set_permissions(root.join("deep"), fs::Permissions::from_mode(0o1777)).expect("a mode");
    symlink("to\nno where ", root.join("link")).expect("a link");
    let fifo = Process::new("mkfifo").arg(root.join("fifo")).status();
    assert!(fifo.is_ok_and(|status| status.success()));
    let owned = Process::new("chown").args(["12345:54321"]).arg(root.join("plain")).status();
    assert!(owned.is_ok_and(|status| status.success()));
    paths.extend(["deep", "deep/er", "deep/er/file", "link", "fifo"].map(|name| root.join(name)));
    paths.iter().map(|path| path.to_str().expect("UTF-8").to_owned()).collect()
}

fn judged(path: &str) -> (String, Option<String>) {
    let stat = Process::new("stat").args(["-c", "%a %s", "--", path]).output().expect("stat");
    let kind = fs::symlink_metadata(path).expect(path).file_type();
    let sum = kind.is_file().then(|| {
        let output = Process::new("sha256sum").stdin(fs::File::open(path).expect(path)).output().expect("sha256sum");
        text(&output.stdout).split_whitespace().next().expect("a hash").to_owned()
    });
    (text(&stat.stdout).trim().to_owned(), sum)
}

fn agrees(path: &str, state: &PathState) {
    let (stat, sum) = judged(path);
    assert_eq!(format!("{:o} {}", state.mode, state.size), stat, "{path:?}");
    assert_eq!(state.sha256, sum, "{path:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_tells_what_is_there() {
    let both = Both::start().await;
    for (name, host) in &both.hosts {
        let root = both.fleet.folder().join(format!("probe-{name}"));
        fs::create_dir(&root).expect("a folder");
        let mut paths = tree(&root);
        paths.push("/no/such/file".to_owned());
        paths.insert(3, root.join("absent").to_str().expect("UTF-8").to_owned());
        let states = host.probe(&paths, None, &Cancel::root()).await.expect(name);
        assert_eq!(states.len(), paths.len());
        for (path, state) in paths.iter().zip(&states) {
            assert_eq!(state.is_some(), fs::symlink_metadata(path).is_ok(), "{name}: {path:?}");
            if let Some(state) = state {
                agrees(path, state);
            }
        }
        let of = |end: &str| {
            let at = paths.iter().position(|path| path.ends_with(end)).expect(end);
            states[at].clone().expect(end)
        };
        assert_eq!(of("/link").kind, PathKind::Link);
        assert_eq!(of("/link").link.as_deref(), Some("to\nno where "));
        assert_eq!(of("/deep").kind, PathKind::Directory);
        assert_eq!(of("/fifo").kind, PathKind::Other);
        assert_eq!((of("/plain").owner, of("/plain").group), ("12345".to_owned(), "54321".to_owned()));
        assert_eq!((of("/deep").owner, of("/deep").group), ("root".to_owned(), "root".to_owned()));
        assert_eq!(host.probe(&[], None, &Cancel::root()).await.expect("nothing"), vec![]);
    }
    both.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_tells_everything_below() {
    let both = Both::start().await;
    for (name, host) in &both.hosts {
        let root = both.fleet.folder().join(format!("-walk {name}\n"));
        fs::create_dir(&root).expect("a folder");
        let paths = tree(&root);
        for number in 0..3000 {
            fs::write(root.join(format!("deep/many-{number}")), number.to_string()).expect("a file");
        }
        let root = root.to_str().expect("UTF-8");
        let found = host.walk(root, None, &Cancel::root()).await.expect(name);
        assert_eq!(found.len(), paths.len() + 3000, "{name}");
        assert!(found.is_sorted_by(|left, right| left.0 < right.0));
        for path in paths {
            let relative = path.strip_prefix(&format!("{root}/")).expect("below");
            let (_, state) = found.iter().find(|(found, _)| found == relative).expect(&path);
            agrees(&path, state);
        }
        let empty = format!("{root}/deep/er/empty");
        fs::create_dir(&empty).expect("a folder");
        assert_eq!(host.walk(&empty, None, &Cancel::root()).await.expect("empty"), vec![]);
        for (path, message) in
            [("/no/such", "no such file or directory: /no/such on web1"), ("/etc/passwd", "not a directory")]
        {
            let error = host.walk(path, None, &Cancel::root()).await.expect_err(message);
            assert_eq!(error.stage, Stage::Answered);
            assert!(error.message.contains(message), "{name}: {error}");
        }
    }
    both.close().await;
}
