use std::collections::BTreeSet;

use super::world::{Name, apply, inventory, postgres_url, psql, sees, sha256};
use crate::harness::case::Case;
use crate::harness::sshd::Fleet;

/// A database of a test's own.
struct Database(String);

impl Drop for Database {
    fn drop(&mut self) {
        psql(&format!("drop database if exists {} with (force)", self.0));
    }
}

#[test]
pub fn dumps_arrive_whole_and_are_written_down() {
    let fleet = Fleet::start(2);
    let case = Case::new().file("hosts.ini", &inventory(&fleet, "db", 1, |_| String::new()));
    let name = Name::new("backup").0.clone();
    psql(&format!("create database {name}"));
    let database = Database(name);
    let mut url = url::Url::parse(&postgres_url()).expect("a URL");
    url.set_path(&database.0);
    sees("psql", &[url.as_str(), "-q", "-c", "create table kept as select 'a word to find' as word"]);
    // The playbook puts the database's name behind the command.
    let host = url.host_str().unwrap_or("127.0.0.1");
    let dump = format!(
        "dump=PGPASSWORD={} pg_dump --no-owner -h {host} -p {} -U {}",
        url.password().unwrap_or("none"),
        url.port().unwrap_or(5432),
        url.username()
    );
    let into = case.path("into");
    let given = [format!("into={}", into.display()), format!("work={}", case.path("work").display())];
    let of = format!("database={}", database.0);
    let args = ["-i", "hosts.ini", "-e", &given[0], "-e", &given[1], "-e", &of, "-e", &dump];

    let mut rows = BTreeSet::new();
    for runs in 1..=2 {
        let ran = apply(&case, "backup.yml", &args).exits(0);
        assert_eq!(ran.end("h0", "Write it down")["outcome"], "changed");
        let dumped = into.join(format!("h0-{}.sql", database.0));
        let dumped = dumped.to_str().expect("UTF-8");
        assert!(case.read(dumped).contains("a word to find"));
        let book = into.join("backups.db");
        let sql = "select host, checksum, at from backups order by at";
        let listed = sees("sqlite3", &[book.to_str().expect("UTF-8"), sql]);
        let last = listed.lines().last().unwrap_or_default();
        assert!(last.starts_with(&format!("h0|{}|20", sha256(dumped))), "{listed}");
        rows.extend(listed.lines().map(str::to_owned));
        assert_eq!(rows.len(), runs, "{listed}");
        assert!(!case.path("work/dump.sql").exists());
    }
}
