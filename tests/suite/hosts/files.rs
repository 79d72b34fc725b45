//! Files to and from a host, judged by what lies on the disk.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use runbook::cancel::{Cancel, Reason};
use runbook::connection::Stage;
use runbook::connection::host::{Become, Dial as _, HostTarget, OnBytes, SendFile, Sink, Source, Transport};
use runbook::secret::Secret;

use super::Both;
use crate::harness::sshd::{Fleet, Options, User};

fn quiet() -> OnBytes {
    Arc::new(|_| {})
}

fn file(dest: &Path, content: &str) -> SendFile {
    SendFile {
        source: Source::Bytes(Bytes::from(content.to_owned())),
        dest: dest.to_str().expect("UTF-8").to_owned(),
        mode: None,
        owner: None,
        group: None,
        backup: None,
        validate: None,
    }
}

fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".runbook"))).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o7777
}

/// A host, as whom files are written there, and where.
type Way = (&'static str, Arc<dyn Transport>, Option<Become>, PathBuf);

/// Every way to write files: this machine, SFTP, commands where there is no SFTP, sudo on both.
async fn ways(both: &Both, user: &User) -> (Vec<Way>, Fleet) {
    let mut bare = Fleet::empty();
    bare.add(Options { no_sftp: true, ..Options::KEYS });
    let without = bare.dialler().dial(&bare.target(0), &Cancel::root()).await.expect("a login");
    let login = HostTarget { user: Some(user.name.clone()), ..both.fleet.target(0) };
    let other = both.fleet.dialler().dial(&login, &Cancel::root()).await.expect("a login");
    let root = |password| Some(Become { user: "root".to_owned(), password });
    let mut ways = vec![
        ("local", Arc::clone(&both.hosts[0].1), None),
        ("local sudo", Arc::clone(&both.hosts[0].1), root(None)),
        ("sftp", Arc::clone(&both.hosts[1].1), None),
        ("commands", without, None),
        ("sudo", other, root(Some(Secret::new(user.password.as_str())))),
    ];
    let at = |name: &str| {
        let folder = both.fleet.folder().join(format!("to {name}'s"));
        fs::create_dir(&folder).expect("a folder");
        folder
    };
    (ways.drain(..).map(|(name, host, sudo)| (name, host, sudo, at(name))).collect(), bare)
}

#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_whole_with_their_attributes() {
    let (both, user) = (Both::start().await, User::new(Some("")));
    let (ways, _bare) = ways(&both, &user).await;
    let big = both.fleet.folder().join("big");
    fs::write(&big, (0..5_000_000u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>()).expect("a big file");
    for (name, host, sudo, folder) in &ways {
        let kept = folder.join("kept");
        fs::write(&kept, "old").expect("a file");
        std::os::unix::fs::chown(&kept, Some(12345), Some(54321)).expect("an owner");
        fs::set_permissions(&kept, fs::Permissions::from_mode(0o4751)).expect("a mode");
        std::os::unix::fs::symlink("kept", folder.join("link")).expect("a link");
        let files = vec![
            file(&folder.join("new"), "new\n"),
            SendFile {
                mode: Some(0o640),
                owner: Some(user.name.clone()),
                group: Some("daemon".into()),
                ..file(&folder.join("a 'b'\n"), "x")
            },
            SendFile {
                backup: Some(folder.join("kept.bak").to_str().expect("UTF-8").into()),
                ..file(&kept, "kept now")
            },
            SendFile { source: Source::File(big.clone()), mode: Some(0o600), ..file(&folder.join("big"), "") },
            SendFile { validate: Some("grep -q fine %s".into()), ..file(&folder.join("-valid"), "fine") },
            file(&folder.join("link"), "a file now"),
            file(&folder.join("empty"), ""),
        ];
        let moved = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&moved);
        let on_bytes: OnBytes = Arc::new(move |bytes| {
            count.fetch_max(bytes, Ordering::Relaxed);
        });
        let sent = host.send(files, sudo.as_ref(), on_bytes, &Cancel::root()).await.expect(name);
        assert_eq!(moved.load(Ordering::Relaxed), sent.iter().map(|sent| sent.size).sum::<u64>(), "{name}");
        let read = |file: &str| fs::read_to_string(folder.join(file)).expect(file);
        assert_eq!((read("new"), mode(&folder.join("new"))), ("new\n".to_owned(), 0o644), "{name}");
        let meta = fs::metadata(folder.join("a 'b'\n")).expect("a file");
        assert_eq!((meta.mode() & 0o7777, meta.gid()), (0o640, 1), "{name}");
        let owner =
            std::process::Command::new("stat").args(["-c", "%U"]).arg(folder.join("a 'b'\n")).output().expect("stat");
        assert_eq!(super::text(&owner.stdout).trim(), user.name, "{name}");
        let meta = fs::metadata(&kept).expect("a file");
        assert_eq!((read("kept"), meta.mode() & 0o7777), ("kept now".to_owned(), 0o4751), "{name}");
        assert_eq!((meta.uid(), meta.gid()), (12345, 54321), "{name}");
        assert_eq!(read("kept.bak"), "old", "{name}");
        assert!(fs::read(folder.join("big")).expect("big") == fs::read(&big).expect("big"), "{name}");
        assert_eq!(mode(&folder.join("big")), 0o600, "{name}");
        assert_eq!((read("-valid"), read("empty")), ("fine".to_owned(), String::new()), "{name}");
        assert!(fs::symlink_metadata(folder.join("link")).expect("a file").is_file(), "{name}");
        assert_eq!(leftovers(folder), Vec::<PathBuf>::new(), "{name}");
    }
    for (_, host, ..) in &ways {
        host.close().await;
    }
    both.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_put_leave_nothing() {
    let (both, user) = (Both::start().await, User::new(Some("")));
    let (ways, _bare) = ways(&both, &user).await;
    for (name, host, sudo, folder) in &ways {
        fs::create_dir(folder.join("dir")).expect("a folder");
        fs::write(folder.join("plain"), "old").expect("a file");
        let rows = [
            (file(&folder.join("no/such"), "x"), "no such directory: "),
            (file(&folder.join("plain/x"), "x"), "a part of the path is not a directory"),
            (file(&folder.join("dir"), "x"), "is a directory"),
            (file(Path::new("relative"), "x"), "not an absolute path"),
            (
                SendFile { source: Source::File("/no/such".into()), ..file(&folder.join("plain"), "") },
                "/no/such on the control machine",
            ),
            (SendFile { owner: Some("nobody-at-all".into()), ..file(&folder.join("plain"), "x") }, "no such user"),
            (SendFile { validate: Some("echo nope >&2; false %s".into()), ..file(&folder.join("plain"), "x") }, "nope"),
            (
                SendFile {
                    backup: Some(folder.join("dir").to_str().expect("UTF-8").into()),
                    ..file(&folder.join("plain"), "x")
                },
                "is a directory",
            ),
        ];
        for (bad, message) in rows {
            let files = vec![file(&folder.join("beside"), "x"), bad];
            let error = host.send(files, sudo.as_ref(), quiet(), &Cancel::root()).await.expect_err(message);
            assert_eq!((error.stage, error.sent), (Stage::Answered, false), "{name}: {error}");
            assert!(error.message.contains(message), "{name}: {message}: {error}");
            assert_eq!(leftovers(folder), Vec::<PathBuf>::new(), "{name}: {message}");
            assert_eq!(fs::read_to_string(folder.join("plain")).expect("a file"), "old", "{name}: {message}");
            assert!(!folder.join("beside").exists(), "{name}: {message}");
        }
    }
    both.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_and_missing_rights_are_told_by_name() {
    let (both, user) = (Both::start().await, User::new(None));
    let small = both.fleet.folder().join("small");
    fs::create_dir(&small).expect("a folder");
    let mounted =
        std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&small).status();
    assert!(mounted.is_ok_and(|status| status.success()), "mount");
    let big = "x".repeat(3 << 20);
    for (name, host) in &both.hosts {
        let error = host.send(vec![file(&small.join("big"), &big)], None, quiet(), &Cancel::root()).await;
        let error = error.expect_err("full");
        assert!(error.message.contains("no space left"), "{name}: {error}");
        assert_eq!((error.stage, leftovers(&small)), (Stage::Answered, vec![]), "{name}");
    }
    let unmounted = std::process::Command::new("umount").arg(&small).status();
    assert!(unmounted.is_ok_and(|status| status.success()), "umount");
    let login = HostTarget { user: Some(user.name.clone()), ..both.fleet.target(0) };
    let host = both.fleet.dialler().dial(&login, &Cancel::root()).await.expect("a login");
    let error = host.send(vec![file(Path::new("/etc/rb-test"), "x")], None, quiet(), &Cancel::root()).await;
    let error = error.expect_err("denied");
    assert_eq!(error.message, "permission denied: /etc/rb-test on web1");
    host.close().await;
    both.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_files_are_in_flight_at_once() {
    let both = Both::start().await;
    for (name, host) in &both.hosts {
        let folder = both.fleet.folder().join(format!("many-{name}"));
        fs::create_dir(&folder).expect("a folder");
        let files = (0..1000).map(|n| file(&folder.join(format!("f{n}")), &format!("content {n}"))).collect();
        host.send(files, None, quiet(), &Cancel::root()).await.expect(name);
        for n in 0..1000 {
            assert_eq!(fs::read_to_string(folder.join(format!("f{n}"))).expect("a file"), format!("content {n}"));
        }
        assert_eq!(leftovers(&folder), Vec::<PathBuf>::new());
    }
    both.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_transfer_leaves_the_old_file() {
    let both = Both::start().await;
    let big = both.fleet.folder().join("big");
    fs::write(&big, vec![9; 64 << 20]).expect("a big file");
    for (name, host) in &both.hosts {
        let folder = both.fleet.folder().join(format!("cut-{name}"));
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("target"), "old").expect("a file");
        let cancel = Cancel::root();
        let stop = cancel.clone();
        let wide = Arc::new(Mutex::new(Vec::new()));
        let (seen, at) = (Arc::clone(&wide), folder.clone());
        let on_bytes: OnBytes = Arc::new(move |bytes| {
            seen.lock().expect("a list").extend(leftovers(&at).iter().map(|path| mode(path)));
            if bytes > 1 << 20 {
                stop.cancel(Reason::Interrupted(2));
            }
        });
        let put = SendFile { source: Source::File(big.clone()), mode: Some(0o644), ..file(&folder.join("target"), "") };
        let error = host.send(vec![put], None, on_bytes, &cancel).await.expect_err("cancelled");
        assert_eq!((error.stage, error.sent), (Stage::TimedOut, false), "{name}: {error}");
        assert_eq!(fs::read_to_string(folder.join("target")).expect("a file"), "old", "{name}");
        assert_eq!(leftovers(&folder), Vec::<PathBuf>::new(), "{name}");
        let seen = wide.lock().expect("a list");
        assert!(!seen.is_empty() && seen.iter().all(|mode| *mode == 0o600), "{name}: {seen:?}");
    }
    both.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_fetched_whole_or_not_at_all() {
    let (both, user) = (Both::start().await, User::new(Some("")));
    let (ways, _bare) = ways(&both, &user).await;
    for (name, host, sudo, folder) in &ways {
        let content: Vec<u8> = (0..2_000_000u32).flat_map(u32::to_le_bytes).collect();
        fs::write(folder.join("-a b"), &content).expect("a file");
        fs::set_permissions(folder.join("-a b"), fs::Permissions::from_mode(0o600)).expect("a mode");
        std::os::unix::fs::symlink("-a b", folder.join("link")).expect("a link");
        let fifo = std::process::Command::new("mkfifo").arg(folder.join("fifo")).status();
        assert!(fifo.is_ok_and(|status| status.success()));
        let into = both.fleet.folder().join(format!("from {name}"));
        fs::create_dir(&into).expect("a folder");
        let sink = Sink { path: into.join("here") };
        for source in ["-a b", "link"] {
            let path = folder.join(source);
            let got =
                host.fetch(path.to_str().expect("UTF-8"), sink.clone(), sudo.as_ref(), quiet(), &Cancel::root()).await;
            let got = got.expect(name);
            assert_eq!(got.size, 8_000_000, "{name}");
            assert!(fs::read(&sink.path).expect("a file") == content, "{name}");
        }
        for (source, message) in [("absent", "no such file"), ("fifo", "not a regular file"), (".", "is a directory")] {
            let path = folder.join(source);
            let error =
                host.fetch(path.to_str().expect("UTF-8"), sink.clone(), sudo.as_ref(), quiet(), &Cancel::root()).await;
            let error = error.expect_err(message);
            assert_eq!(error.stage, Stage::Answered, "{name}: {error}");
            assert!(error.message.contains(message), "{name}: {error}");
        }
        assert!(fs::read(&sink.path).expect("a file") == content, "{name}");
        assert_eq!(leftovers(&into), Vec::<PathBuf>::new(), "{name}");
    }
    both.close().await;
}
