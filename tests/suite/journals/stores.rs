//! The store: what is written, who may write it, who may read it.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use super::*;
use runbook::event::{HostCounts, RunState};
use runbook::fault::{Fault, Faults, Point};
use runbook::journal::{JournalError, Store};

/// Fails the n-th append.
struct At(u64, Fault);

impl Faults for At {
    fn at(&self, point: Point<'_>) -> Option<Fault> {
        (point == Point::Append(self.0)).then_some(self.1)
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn tale() -> Vec<Event> {
    let large = "x".repeat(200_000);
    events([
        run_started(),
        play_started(&["web1"]),
        started("0/0/0@web1"),
        ended(
            "0/0/0@web1",
            Outcome::Changed,
            json!({"rc": 0, "stdout": "läuft\n\u{1b}[31m", "big": large, "n": -3.25}),
        ),
        What::StepProgressed { key: key("0/0/1@web1"), done: 1, total: None },
        What::HandlerNotified { play: 0, batch: 0, handler: "restart".to_owned(), host: None },
        run_finished(RunOutcome::Ok, &[("web1", Tally { changed: 1, ..Tally::default() })]),
    ])
}

fn kept(events: &[Event]) -> Vec<Event> {
    events.iter().filter(|event| event.what.is_kept()).cloned().collect()
}

pub(super) fn sqlite3(folder: &Path, sql: &str) -> String {
    let output =
        Command::new("sqlite3").args(["-cmd", ".timeout 20000"]).arg(folder.join("runs.db")).arg(sql).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn what_is_written_is_read_back() {
    let folder = folder();
    let tale = tale();
    let store = Store::open(folder.path()).await.unwrap();
    let mut journal = store.begin(&run()).await.unwrap();
    for batch in tale.chunks(3) {
        journal.append(batch).await.unwrap();
    }
    assert_eq!(store.read(&run()).await.unwrap(), kept(&tale));
    // Another client sees the same, and the large result beside the records.
    assert_eq!(sqlite3(folder.path(), "select count(*) from records"), "6");
    assert_eq!(sqlite3(folder.path(), "select count(*), length(data) > 200000 from blobs"), "1|1");
    assert_eq!(sqlite3(folder.path(), "pragma journal_mode; pragma integrity_check"), "wal\nok");
}

#[tokio::test]
async fn a_result_too_deep_for_the_reader_is_withheld() {
    let folder = folder();
    let deep = (0..126).fold(json!(1), |inner, _| json!([inner]));
    let store = Store::open(folder.path()).await.unwrap();
    let mut journal = store.begin(&run()).await.unwrap();
    let tale = events([run_started(), started("0/0/0@web1"), ended("0/0/0@web1", Outcome::Ok, json!({"json": deep}))]);
    journal.append(&tale).await.unwrap();
    let read = store.read(&run()).await.unwrap();
    assert!(matches!(&read[2].what, What::StepFinished(end) if end.withheld && end.result.is_null()));
}

#[tokio::test]
async fn runs_are_listed_and_found() {
    let folder = folder();
    let store = Store::open(folder.path()).await.unwrap();
    for id in ["20261101-000000-aaaaaa", "20261102-000000-bbbbbb", "20261102-000000-bbcccc"] {
        let mut journal = store.begin(&RunId(id.to_owned())).await.unwrap();
        let mut tale = tale();
        for event in &mut tale {
            if let What::RunStarted { run, .. } | What::RunFinished { run, .. } = &mut event.what {
                *run = RunId(id.to_owned());
            }
        }
        // The second one has no end.
        let shown = if id.ends_with('b') { 4 } else { tale.len() };
        journal.append(&tale[..shown]).await.unwrap();
        if id.ends_with('b') {
            continue;
        }
        journal.close().await.unwrap();
    }
    let list = store.list().await.unwrap();
    let lines: Vec<_> = list.iter().map(|run| (&run.id.0[9..], run.state.clone(), run.hosts.changed)).collect();
    let pid = std::process::id();
    let expected = [
        ("000000-bbcccc", RunState::Ended(RunOutcome::Ok), 1),
        ("000000-bbbbbb", RunState::Running { pid }, 1),
        ("000000-aaaaaa", RunState::Ended(RunOutcome::Ok), 1),
    ];
    assert_eq!(lines, expected);
    assert_eq!((list[0].started, list[0].ended), (START, Some(START + 6_000)));
    assert_eq!(store.summary(&list[1].id).await.unwrap(), list[1]);
    let rows = [
        ("last", Ok("20261102-000000-bbcccc")),
        ("20261101", Ok("20261101-000000-aaaaaa")),
        ("20261102-000000-bbb", Ok("20261102-000000-bbbbbb")),
        ("20261102", Err("`20261102` stands for several runs: 20261102-000000-bbcccc, 20261102-000000-bbbbbb")),
        ("", Err("there is no run ``")),
        ("%", Err("there is no run `%`")),
    ];
    for (text, expected) in rows {
        let found = store.find(text).await.map_err(|error| error.to_string());
        assert_eq!(found.as_ref().map(|id| id.0.as_str()).map_err(String::as_str), expected, "{text}");
    }
}

#[tokio::test]
async fn a_later_owner_ends_the_earlier_ones_right_to_write() {
    let folder = folder();
    let tale = tale();
    let store = Store::open(folder.path()).await.unwrap();
    let mut first = store.begin(&run()).await.unwrap();
    assert_eq!(store.begin(&run()).await.err(), Some(JournalError::Exists { run: run() }));
    first.append(&tale[..1]).await.unwrap();
    let mut second = store.resume(&run()).await.unwrap();
    second.append(&tale[1..2]).await.unwrap();
    let ousted = JournalError::Ousted { run: run() };
    assert_eq!(first.append(&tale[2..3]).await, Err(ousted.clone()));
    assert_eq!(first.append(&tale[2..3]).await, Err(ousted));
    // Closing takes nothing from the later one.
    first.close().await.unwrap();
    assert!(matches!(store.summary(&run()).await.unwrap().state, RunState::Running { .. }));
    second.append(&tale[2..3]).await.unwrap();
    assert_eq!(store.read(&run()).await.unwrap(), tale[..3]);
    second.close().await.unwrap();
    assert_eq!(store.summary(&run()).await.unwrap().state, RunState::Cut);
    assert!(second.append(&tale[3..4]).await.is_err());
    assert!(matches!(store.resume(&RunId("none".to_owned())).await.err(), Some(JournalError::NoSuchRun { .. })));
}

#[tokio::test]
async fn the_first_failed_append_is_the_last() {
    let rows = [(Fault::Io, "input/output error"), (Fault::Full, "no space left on the device")];
    for (fault, why) in rows {
        let folder = folder();
        let tale = tale();
        let store = Store::open_with(folder.path(), Arc::new(At(1, fault))).await.unwrap();
        let mut journal = store.begin(&run()).await.unwrap();
        journal.append(&tale[..1]).await.unwrap();
        let expected = format!("cannot write the journal: {why}");
        for _ in 0..2 {
            assert_eq!(journal.append(&tale[1..3]).await.map_err(|error| error.to_string()), Err(expected.clone()));
        }
        assert_eq!(store.read(&run()).await.unwrap(), tale[..1]);
    }
}

#[tokio::test]
async fn one_lock_of_a_name_at_a_time() {
    let folder = folder();
    let store = Store::open(folder.path()).await.unwrap();
    let held = store.lock("shop", &RunId("one".to_owned())).unwrap();
    let error = store.lock("shop", &RunId("two".to_owned())).unwrap_err();
    assert_eq!(error.to_string(), "the lock `shop` is held by run one");
    let _other = store.lock("../else", &RunId("two".to_owned())).unwrap();
    drop(held);
    store.lock("shop", &RunId("two".to_owned())).unwrap();
}

#[tokio::test]
async fn an_unusable_folder_says_why() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("file"), "").unwrap();
    std::fs::create_dir(at("real")).unwrap();
    symlink(at("real"), at("link")).unwrap();
    std::fs::create_dir(at("linked-file")).unwrap();
    std::fs::write(at("elsewhere"), "").unwrap();
    symlink(at("elsewhere"), at("linked-file").join("runs.db")).unwrap();
    std::fs::create_dir(at("open")).unwrap();
    std::fs::write(at("open").join("other"), "").unwrap();
    std::fs::set_permissions(at("open"), std::fs::Permissions::from_mode(0o777)).unwrap();
    std::fs::create_dir(at("text")).unwrap();
    std::fs::write(at("text").join("runs.db"), "this is no database, but a text of some length").unwrap();
    let rows = [
        ("file", "it is not a folder"),
        ("file/below", "a part of its path is not a folder"),
        ("missing/state", "missing does not exist"),
        ("link", "it is a symbolic link"),
        ("link/", "it is a symbolic link"),
        ("linked-file", "runs.db in it is a symbolic link"),
        ("open", "others may write to it"),
        ("text", "the file is not a database"),
    ];
    for (name, expected) in rows {
        let error = Store::open(&at(name)).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.ends_with(expected), "{name}: {error}");
    }
    assert_eq!(std::fs::read(at("elsewhere")).unwrap(), b"");
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let folder = folder();
    drop(Store::open(folder.path()).await.unwrap());
    sqlite3(folder.path(), "pragma user_version = 7");
    let error = Store::open(folder.path()).await.err();
    assert!(matches!(error, Some(JournalError::Newer { found: 7, known: 1, .. })), "{error:?}");
}

/// Runs [`in_a_process_of_its_own`] under a umask.
fn child(folder: &Path, umask: &str, fault: &str) -> Child {
    let exe = std::env::current_exe().unwrap();
    // A limit on files stands for a disk that is full: the system itself refuses the write.
    let limit = if fault == "limit" { "trap '' XFSZ; ulimit -f 400; " } else { "" };
    let script = format!("{limit}umask {umask}; exec \"$0\" \"$@\"");
    let test = "journals::stores::in_a_process_of_its_own";
    Command::new("sh")
        .args(["-c", &script])
        .arg(exe)
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("TEST_STATE", folder)
        .env("TEST_FAULT", fault)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "the other half of tests that need a process of their own"]
async fn in_a_process_of_its_own() {
    let folder = std::env::var("TEST_STATE").unwrap();
    let fault = match std::env::var("TEST_FAULT").unwrap().as_str() {
        "before" => At(2, Fault::AbortBefore),
        "after" => At(2, Fault::AbortAfter),
        _ => At(u64::MAX, Fault::Io),
    };
    let store = Store::open_with(Path::new(&folder), Arc::new(fault)).await.unwrap();
    let _lock = store.lock("shop", &run()).unwrap();
    let mut journal = store.begin(&run()).await.unwrap();
    for event in &tale()[..3] {
        journal.append(std::slice::from_ref(event)).await.unwrap();
    }
    let mut said = "written";
    if std::env::var("TEST_FAULT").unwrap() == "limit" {
        let full = std::iter::repeat_with(|| What::Warned { message: "x".repeat(1_000) }).take(1_000);
        for event in events(full) {
            if matches!(journal.append(&[event]).await, Err(JournalError::Write { .. })) {
                said = "refused";
                break;
            }
        }
    }
    #[allow(clippy::print_stdout, reason = "the other process waits for it")]
    {
        println!("\n{said}");
    }
    // Until the other process closes our input.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

fn wait_for(child: &mut Child, line: &str) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|found| found == line), "the other process did not say {line}");
}

#[tokio::test]
async fn files_are_for_their_owner_alone_under_any_umask() {
    for umask in ["000", "022", "077", "0277"] {
        let parent = folder();
        let state = parent.path().join("state");
        let mut child = child(&state, umask, "");
        wait_for(&mut child, "written");
        let mode = |path: &Path| path.symlink_metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(&state), 0o700, "{umask}");
        let mut names: Vec<String> = Vec::new();
        for entry in std::fs::read_dir(&state).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(mode(&entry.path()), 0o600, "{umask} {:?}", entry.path());
            names.push(entry.file_name().to_string_lossy()[..4].to_owned());
        }
        names.sort();
        assert_eq!(names, ["lock", "runs", "runs", "runs"], "{umask}");
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}

#[tokio::test]
async fn a_living_owner_keeps_its_run_and_a_dead_one_loses_it() {
    let folder = folder();
    let mut child = child(folder.path(), "022", "");
    wait_for(&mut child, "written");
    let store = Store::open(folder.path()).await.unwrap();
    let RunState::Running { pid } = store.summary(&run()).await.unwrap().state else { panic!("not running") };
    assert_eq!(store.resume(&run()).await.err(), Some(JournalError::Running { run: run(), pid }));
    assert!(matches!(store.lock("shop", &RunId("other".to_owned())), Err(JournalError::Locked { .. })));
    child.kill().unwrap();
    child.wait().unwrap();
    let summary = store.summary(&run()).await.unwrap();
    assert_eq!((summary.state, summary.hosts), (RunState::Cut, HostCounts::default()));
    store.lock("shop", &run()).unwrap();
    let mut journal = store.resume(&run()).await.unwrap();
    journal.append(&tale()[3..]).await.unwrap();
    assert_eq!(store.read(&run()).await.unwrap(), kept(&tale()));
}

#[tokio::test]
async fn a_crash_at_an_append_keeps_all_or_nothing_of_it() {
    for (fault, left) in [("before", 2), ("after", 3)] {
        let folder = folder();
        let status = child(folder.path(), "022", fault).wait().unwrap();
        assert!(!status.success());
        let store = Store::open(folder.path()).await.unwrap();
        assert_eq!(store.read(&run()).await.unwrap(), tale()[..left], "{fault}");
        let mut journal = store.resume(&run()).await.unwrap();
        journal.append(&tale()[left..]).await.unwrap();
        assert_eq!(store.read(&run()).await.unwrap(), kept(&tale()), "{fault}");
    }
}

#[tokio::test]
async fn a_write_the_system_refuses_is_an_error_and_loses_nothing() {
    let folder = folder();
    let mut child = child(folder.path(), "022", "limit");
    wait_for(&mut child, "refused");
    child.kill().unwrap();
    child.wait().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let read = store.read(&run()).await.unwrap();
    assert_eq!(read[..3], tale()[..3]);
    assert!(read.len() > 3);
    let mut journal = store.resume(&run()).await.unwrap();
    journal.append(&tale()[3..4]).await.unwrap();
}
