//! `migrate`: versions of a database of the test's own, as `psql`, `mariadb` and `sqlite3` see them.

use std::process::Command;

use super::server::{ALL, Server, System, url};
use crate::harness::case::{Case, Ran};

/// A database of its own, and a case whose playbook migrates it.
struct Own {
    server: Server,
    name: String,
    case: Case,
}

const FILES: &[(&str, &str)] = &[
    ("migrations/0001_people.sql", "create table people (id int primary key, name varchar(20));\n"),
    ("migrations/0002_mail.up.sql", "alter table people add column mail varchar(40);\n"),
    ("migrations/0002_mail.down.sql", "alter table people drop column mail;\n"),
    ("migrations/0003_first.up.sql", "insert into people values (1, 'Ada', 'a@x; -- no {{ template }}');\n"),
    ("migrations/0003_first.down.sql", "delete from people;\n"),
    ("migrations/README.md", "Not a migration.\n"),
];

impl Own {
    fn new(system: System) -> Self {
        let server = Server::new(system);
        let name = format!("m{}", server.table());
        let mut at = url(system, server.folder.path());
        if system != System::Sqlite {
            server.client(&format!("create database {name}"));
            at = format!("{}/{name}", at.rsplit_once('/').unwrap().0);
        }
        let play = format!(
            "inputs: {{to: {{type: integer, default: 99}}}}\nconnections: {{db: '{at}'}}\nsteps:\n- migrate: {{connection: db, path: migrations, target: \"{{{{ inputs.to if inputs.to < 99 else 'latest' }}}}\"}}\n  register: done\n- set:\n    told: '{{{{ done.applied | join(\" \") }}}} | {{{{ done.undone | join(\" \") }}}} | {{{{ done.version }}}}'\n"
        );
        let case = FILES.iter().fold(Case::playbook(&play), |case, (path, text)| case.file(path, text));
        Self { server, name, case }
    }

    fn client(&self, sql: &str) -> String {
        let at = url(self.server.system, self.server.folder.path());
        match self.server.system {
            System::Sqlite => self.server.client(sql),
            System::Postgres => {
                let at = format!("{}/{}", at.rsplit_once('/').unwrap().0, self.name);
                let output = Command::new("psql").args([&at, "-AtX", "-c", sql]).output().unwrap();
                String::from_utf8_lossy(&output.stdout).trim().to_owned()
            }
            System::Mariadb => self.server.client(&format!("use {}; {sql}", self.name)),
        }
    }

    fn versions(&self) -> String {
        self.client("select version from _sqlx_migrations order by version").replace('\n', " ")
    }

    /// What the step came to, and what the playbook logged of it.
    fn apply(&self, args: &[&str]) -> (String, String) {
        let ran = self.case.apply(args);
        let told = ran
            .events()
            .iter()
            .rev()
            .find(|event| event["result"]["told"].is_string())
            .map_or_else(|| error(&ran), |event| event["result"]["told"].as_str().unwrap_or_default().to_owned());
        (ran.ends_of("-").rsplit(' ').next().unwrap_or_default().to_owned(), told)
    }
}

fn error(ran: &Ran) -> String {
    let events = ran.events();
    let failed = events.iter().find(|event| event["error"].is_object() || event["event"] == "problem");
    failed.map_or_else(String::new, |event| {
        let at = if event["error"].is_object() { &event["error"] } else { event };
        format!("{} [{}]", at["message"].as_str().unwrap_or(""), at["hint"].as_str().unwrap_or(""))
    })
}

impl Drop for Own {
    fn drop(&mut self) {
        if self.server.system != System::Sqlite {
            self.server.client(&format!("drop database if exists {}", self.name));
        }
    }
}

#[test]
fn a6_migrations_are_applied_once_in_order_and_undone() {
    for system in ALL {
        let own = Own::new(system);
        let all = "0001_people.sql 0002_mail.up.sql 0003_first.up.sql |  | 3";
        let changed = |told: &str| ("changed".to_owned(), told.to_owned());
        let checked = own.case.run(&["apply", "play.yml", "--check", "--diff"]).exits(0);
        assert!(checked.stdout.contains("-- apply 0002_mail.up.sql"), "{system:?} {}", checked.stdout);
        assert!(checked.stdout.contains("alter table people add column mail"), "{system:?} {}", checked.stdout);
        let untouched = match system {
            System::Sqlite => !own.server.file().exists(),
            System::Postgres => own.client("select to_regclass('_sqlx_migrations') is null") == "t",
            System::Mariadb => own.client("show tables").is_empty(),
        };
        assert!(untouched, "{system:?}");
        assert_eq!(own.apply(&["-e", "to=1"]), changed("0001_people.sql |  | 1"), "{system:?}");
        assert_eq!(own.apply(&[]), changed(&all.replace("0001_people.sql ", "")), "{system:?}");
        assert_eq!(own.apply(&[]), ("ok".to_owned(), " |  | 3".to_owned()), "{system:?}");
        assert_eq!(own.versions(), "1 2 3", "{system:?}");
        assert_eq!(own.client("select mail from people"), "a@x; -- no {{ template }}", "{system:?}");

        own.case.apply(&["-e", "to=1"]).exits(4);
        assert_eq!(own.versions(), "1 2 3", "{system:?}");
        let undone = changed(" | 0003_first.down.sql 0002_mail.down.sql | 1");
        assert_eq!(own.apply(&["-e", "to=1", "--yes"]), undone, "{system:?}");
        assert_eq!((own.versions(), own.client("select count(*) from people")), ("1".into(), "0".into()), "{system:?}");
        let (_, told) = own.apply(&["-e", "to=0", "--yes"]);
        assert!(told.contains("migration 1 cannot be undone: it has no `.down.sql`"), "{system:?} {told}");
    }
}

#[test]
fn a6_files_that_no_longer_fit_the_database_are_told() {
    for system in ALL {
        let own = Own::new(system);
        own.case.apply(&[]).exits(0);
        let (path, text) = FILES[1];
        std::fs::write(own.case.path(path), format!("{text}-- another\n")).unwrap();
        let (_, told) = own.apply(&[]);
        assert!(told.contains("`0002_mail.up.sql` was changed after it had been applied"), "{system:?} {told}");
        std::fs::write(own.case.path(path), text).unwrap();
        std::fs::remove_file(own.case.path("migrations/0001_people.sql")).unwrap();
        let (_, told) = own.apply(&[]);
        assert!(told.contains("migration 1 was applied, and its file is not in `migrations`"), "{system:?} {told}");
        assert_eq!(own.versions(), "1 2 3", "{system:?}");
    }
}

#[test]
fn a6_a_migration_that_fails_is_undone_where_the_server_can() {
    for system in ALL {
        let own = Own::new(system);
        let bad = "create table half (id int primary key);\ninsert into nowhere values (1);\n";
        std::fs::write(own.case.path("migrations/0004_bad.sql"), bad).unwrap();
        let (outcome, told) = own.apply(&[]);
        assert_eq!(outcome, "failed", "{system:?}");
        assert!(told.starts_with("0004_bad.sql: ") && told.contains("nowhere"), "{system:?} {told}");
        let half = own.client(match system {
            System::Sqlite => "select count(*) from sqlite_master where name = 'half'",
            System::Postgres => "select count(*) from pg_class where relname = 'half'",
            System::Mariadb => {
                "select count(*) from information_schema.tables where table_schema = database() and table_name = 'half'"
            }
        });
        let (_, again) = own.apply(&[]);
        std::fs::write(own.case.path("migrations/0004_bad.sql"), "create table whole (id int primary key);\n").unwrap();
        if system == System::Mariadb {
            assert_eq!(half, "1");
            assert!(told.contains("a part of it may be done") && told.contains("row of version 4"), "{told}");
            assert!(again.contains("`0004_bad.sql` was begun before, and failed"), "{again}");
            own.client("drop table half; delete from _sqlx_migrations where version = 4");
        } else {
            assert_eq!((half.as_str(), own.versions().as_str()), ("0", "1 2 3"), "{system:?}");
            assert_eq!(again, told, "{system:?}");
        }
        own.case.apply(&[]).exits(0);
        assert_eq!(own.versions(), "1 2 3 4", "{system:?}");
    }
}

#[test]
fn a6_folders_that_cannot_be_applied_are_found_before_the_run() {
    // The files, what stands behind `path`, what is told.
    type Row = (&'static [(&'static str, &'static str)], &'static str, &'static str);
    let rows: &[Row] = &[
        (&[], "", "there is no folder `migrations`"),
        (&[("migrations/a.txt", "")], "", "there is no migration in `migrations`"),
        (&[("migrations/people.sql", "")], "", "`people.sql` is no migration"),
        (&[("migrations/0_people.sql", "")], "", "`0_people.sql` is no migration"),
        (&[("migrations/1_a.sql", ""), ("migrations/01_b.sql", "")], "", "have the same version"),
        (&[("migrations/1_a.sql", ""), ("migrations/2_b.down.sql", "")], "", "`2_b.down.sql` undoes nothing"),
        (&[("migrations/1_a.sql", "")], ", target: 2", "there is no migration 2 in `migrations`: the last is 1"),
        (&[("migrations/1_a.sql", "")], ", target: newest", "found `newest`"),
        (&[("migrations", "select 1")], "", "the folder"),
    ];
    for (files, target, expected) in rows {
        let play = format!(
            "connections: {{db: 'postgres://127.0.0.1:1/x'}}\nsteps:\n- migrate: {{connection: db, path: migrations{target}}}\n"
        );
        let case = files.iter().fold(Case::playbook(&play), |case, (path, text)| case.file(path, text));
        let ran = case.run(&["validate", "play.yml"]).exits(2);
        assert!(ran.stderr.contains(expected) && ran.stderr.contains("--> play.yml:3:"), "{files:?}: {}", ran.stderr);
    }
}
