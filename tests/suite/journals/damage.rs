//! Whatever is cut or flipped, what is read back is an unaltered prefix, or the damage is named.

use std::path::Path;

use super::stores::sqlite3;
use super::*;
use runbook::journal::{JournalError, Store};

/// Every how many-th byte of the file is flipped; with 1, it takes minutes.
const STRIDE: usize = 29;

fn tale() -> Vec<Event> {
    let steps = (0..12).flat_map(|n| {
        let at = format!("0/0/{n}@web1");
        [started(&at), ended(&at, Outcome::Changed, json!({"rc": 0, "stdout": "done\n"}))]
    });
    let large = ended("0/0/12@web1", Outcome::Failed, json!({"stdout": "y".repeat(70_000)}));
    events(std::iter::once(run_started()).chain(steps).chain([large]))
}

/// A store with the tale in it, and nothing left in the write-ahead log.
async fn written(folder: &Path) -> Vec<Event> {
    let tale = tale();
    let store = Store::open(folder).await.unwrap();
    let mut journal = store.begin(&run()).await.unwrap();
    journal.append(&tale).await.unwrap();
    drop((journal, store));
    sqlite3(folder, "pragma wal_checkpoint(truncate)");
    tale
}

/// What a store with this database reads: a prefix of the tale, with the damage if there is one.
async fn read(bytes: &[u8]) -> (Vec<Event>, Option<JournalError>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("runs.db"), bytes).unwrap();
    match Store::open(folder.path()).await {
        Ok(store) => {
            // These only must not panic.
            let _ = (store.list().await, store.find("last").await);
            store.read_prefix(&run()).await
        }
        Err(error) => (Vec::new(), Some(error)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_flipped_byte_leaves_a_prefix_or_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let tale = written(folder.path()).await;
    let bytes = std::fs::read(folder.path().join("runs.db")).unwrap();
    assert_eq!(read(&bytes).await, (tale.clone(), None));
    let mut named = 0;
    for at in (0..bytes.len()).step_by(STRIDE).filter(|at| bytes[*at] != 0 && bytes[*at] != b'y') {
        for flip in [0x01, 0x80] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            let patience = std::time::Duration::from_mins(1);
            let read = tokio::time::timeout(patience, read(&damaged)).await;
            let (events, damage) = read.unwrap_or_else(|_| panic!("byte {at}: the reader hangs"));
            assert!(tale.starts_with(&events), "byte {at}: what is read is no prefix");
            match damage {
                Some(error) => named += usize::from(!error.to_string().is_empty()),
                None => assert_eq!(events, tale, "byte {at}: records are gone without a word"),
            }
        }
    }
    assert!(named > 0, "no flip was seen at all");
}

#[tokio::test]
async fn any_cut_leaves_a_prefix_or_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let tale = written(folder.path()).await;
    let bytes = std::fs::read(folder.path().join("runs.db")).unwrap();
    for length in (1..bytes.len()).step_by(1531) {
        let (events, damage) = read(&bytes[..length]).await;
        assert!(tale.starts_with(&events), "{length} bytes left");
        assert!(damage.is_some(), "{length} bytes left: records are gone without a word");
    }
}

#[tokio::test]
async fn the_damage_has_a_name() {
    let rows = [
        (
            "update records set payload = replace(payload, 'done', 'gone') where number = 4",
            "record 4 does not match its hash",
            4,
        ),
        ("update records set hash = x'00' where number = 7", "record 7 does not match its hash", 7),
        ("delete from records where number = 3", "record 3 is missing", 3),
        ("delete from records where number = 0", "record 0 is missing", 0),
        ("delete from records where number > 19", "it has 20 records, and 26 were acknowledged", 20),
        ("update runs set count = 20", "it has 26 records, and 20 were acknowledged", 26),
        ("update runs set head = x'00'", "its last hash is not the one that was acknowledged", 26),
        ("update runs set count = -1", "its number of records is negative", 0),
        ("update blobs set data = 'else'", "record 25: its large result does not match its hash", 25),
        ("delete from blobs", "record 25: its large result is missing", 25),
    ];
    for (sql, what, left) in rows {
        let folder = tempfile::tempdir().unwrap();
        let tale = written(folder.path()).await;
        sqlite3(folder.path(), sql);
        let store = Store::open(folder.path()).await.unwrap();
        let (events, damage) = store.read_prefix(&run()).await;
        let expected = format!("the journal of run {} is damaged: {what}", run());
        assert_eq!(damage.map(|damage| damage.to_string()), Some(expected), "{sql}");
        assert_eq!(events, tale[..left], "{sql}");
    }
}

#[tokio::test]
async fn a_chain_belongs_to_its_run() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path()).await;
    sqlite3(folder.path(), "update runs set id = 'other'");
    let store = Store::open(folder.path()).await.unwrap();
    let (events, damage) = store.read_prefix(&RunId("other".to_owned())).await;
    let damage = damage.map(|damage| damage.to_string()).unwrap_or_default();
    assert!(events.is_empty() && damage.ends_with("record 0 does not match its hash"), "{damage}");
}
