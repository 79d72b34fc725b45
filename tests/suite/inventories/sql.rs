//! Inventories that are rows of a database, through the program.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::case::Case;

const HOSTS: &str = "create table HOSTS (name varchar(99), address varchar(99), port integer, \"user\" varchar(99), role varchar(99), weight integer);\
    insert into HOSTS values ('web1', '10.0.0.1', 2222, 'deploy', '{{ 7 * 7 }}', 3), ('web2', null, null, null, 'plain', null), ('db1', '10.0.0.3', null, null, null, 1);\
    create table PAIRS (\"group\" varchar(99), host varchar(99)); insert into PAIRS values ('web', 'web1'), ('web', 'web2'), ('prod', 'web1');";

/// A database of each system with these rows; what drops them.
struct Rows {
    url: String,
    prefix: String,
    quote: char,
    folder: tempfile::TempDir,
}

impl Rows {
    fn new(system: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let prefix = format!("inv{}", &uuid::Uuid::new_v4().simple().to_string()[..10]);
        let url = match system {
            "postgres" => "postgres://postgres@127.0.0.1/test".to_owned(),
            "mysql" => "mysql://root@127.0.0.1/test".to_owned(),
            _ => format!("sqlite:{}/hosts.db", folder.path().display()),
        };
        let rows = Self { url, prefix, quote: if system == "mysql" { '`' } else { '"' }, folder };
        rows.client(HOSTS);
        rows
    }

    fn sql(&self, text: &str) -> String {
        let quoted = text.replace('"', &self.quote.to_string());
        quoted.replace("HOSTS", &format!("{}h", self.prefix)).replace("PAIRS", &format!("{}p", self.prefix))
    }

    fn client(&self, sql: &str) {
        let sql = self.sql(sql);
        let done = match self.url.split(':').next() {
            Some("postgres") => Command::new("psql").args([&self.url, "-qc", &sql]).output(),
            Some("mysql") => {
                Command::new("mariadb").args(["-h", "127.0.0.1", "-u", "root", "test", "-e", &sql]).output()
            }
            _ => Command::new("sqlite3").arg(self.folder.path().join("hosts.db")).arg(&sql).output(),
        };
        let done = done.expect("a client");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// The inventory file.
    fn inventory(&self, hosts: &str, groups: &str) -> String {
        let text = |sql: &str| serde_json::to_string(&self.sql(sql)).expect("JSON");
        format!(
            "query:\n  connection: \"{{{{ env.INVENTORY }}}}\"\n  hosts: {}\n  groups: {}\n",
            text(hosts),
            text(groups)
        )
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        if self.url.starts_with("sqlite") {
            return;
        }
        self.client("drop table HOSTS; drop table PAIRS");
    }
}

const ALL: &str = "select * from HOSTS";
const GROUPS: &str = "select * from PAIRS";

#[test]
fn rows_are_hosts_and_pairs_are_groups() {
    for system in ["postgres", "mysql", "sqlite"] {
        let rows = Rows::new(system);
        let case = Case::new()
            .file("hosts.yml", &rows.inventory(ALL, GROUPS))
            .file("group_vars/web.yml", "tier: front\n")
            .env("INVENTORY", &rows.url);
        let ran = case.run(&["inventory", "-i", "hosts.yml", "--list"]).exits(0);
        let list: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let vars = &list["_meta"]["hostvars"];
        assert_eq!(
            vars["web1"],
            json!({"ansible_host": "10.0.0.1", "ansible_port": 2222, "ansible_user": "deploy", "role": "{{ 7 * 7 }}", "weight": 3, "tier": "front"}),
            "{system}"
        );
        assert_eq!(
            (&vars["web2"], &vars["db1"]),
            (&json!({"role": "plain", "tier": "front"}), &json!({"ansible_host": "10.0.0.3", "weight": 1})),
            "{system}"
        );
        assert_eq!(
            (&list["web"]["hosts"], &list["prod"]["hosts"], &list["ungrouped"]["hosts"]),
            (&json!(["web1", "web2"]), &json!(["web1"]), &json!(["db1"])),
            "{system}"
        );
    }
}

#[test]
fn a_row_is_data_and_validate_asks_nobody() {
    let rows = Rows::new("sqlite");
    let local = "select name, 'local' as ansible_connection, role from HOSTS";
    let play = "hosts: web\nsteps:\n- {name: say, exec: {argv: [echo, '{{ role }}']}}\n";
    let case = Case::playbook(play).file("hosts.yml", &rows.inventory(local, GROUPS));
    // The database is not there: nobody looks.
    case.run(&["validate", "play.yml", "-i", "hosts.yml"]).exits(2);
    let case = case.env("INVENTORY", "sqlite:/no/such/file.db");
    case.run(&["validate", "play.yml", "-i", "hosts.yml"]).exits(0);
    let wrong = case.file("wrong.yml", "hosts: web\nsteps:\n- {exec: a, retires: 1}\n");
    wrong.run(&["validate", "wrong.yml", "-i", "hosts.yml"]).exits(2);
    let case = wrong.env("INVENTORY", &rows.url);
    let ran = case.apply(&["-i", "hosts.yml"]).exits(0);
    let said: Vec<Value> = ran
        .events()
        .iter()
        .filter(|event| event["event"] == "step_finished")
        .map(|event| event["result"]["stdout"].clone())
        .collect();
    assert!(said.contains(&json!("{{ 7 * 7 }}")) && said.contains(&json!("plain")), "{said:?}");
    let ran = case.apply(&["-i", "hosts.yml", "--limit", "nobody"]).exits(2);
    assert!(!ran.stderr.contains("no host, broker or database was contacted"), "{}", ran.stderr);
}

#[test]
fn rows_that_are_no_inventory_are_told() {
    let rows = Rows::new("sqlite");
    let at = |hosts: &str, groups: &str| rows.inventory(hosts, groups);
    let inventories = [
        (at("select 'x' as host", GROUPS), 2, "row 1 of `hosts`: there is no column `name`"),
        (at("select null as name", "select 1 limit 0"), 2, "row 1 of `hosts`: `name` is null"),
        (at("select '-x' as name", "select 1 limit 0"), 2, "the host name `-x`"),
        (
            at("select 'a' as name union all select 'a'", "select 1 limit 0"),
            2,
            "row 2 of `hosts`: the host `a` is there already",
        ),
        (at("select 'a' as name", GROUPS), 2, "row 1 of `groups`: there is no host `web1`"),
        (
            at("select 'a' as name", "select 'g' as g, 'a' as host"),
            2,
            "row 1 of `groups`: there is no pair of `group` and `host`",
        ),
        (at("select name frm x", GROUPS), 2, "syntax error"),
        ("query: {connection: 'redis://127.0.0.1', hosts: x}\n".to_owned(), 2, "Redis is asked no SQL"),
        ("query: {connection: 'ftp://x', hosts: x}\n".to_owned(), 2, "unknown connection scheme `ftp`"),
        ("query: {connection: '{{ env.NO_SUCH }}', hosts: x}\n".to_owned(), 2, "`env.NO_SUCH` is undefined"),
        ("query: {connection: 'sqlite:x'}\n".to_owned(), 2, "`query` has no `hosts`"),
        ("query: {connection: 'sqlite:x', hosts: x, group: y}\n".to_owned(), 2, "did you mean `groups`?"),
        ("query: {connection: 'postgres://a:pass-word@127.0.0.1:1/x', hosts: x}\n".to_owned(), 3, "cannot connect"),
        ("query: {connection: 'mysql://nobody:pass-word@127.0.0.1/x', hosts: x}\n".to_owned(), 3, "Access denied"),
    ];
    for (inventory, status, told) in inventories {
        let case =
            Case::playbook("hosts: all\nsteps:\n- log: a\n").file("hosts.yml", &inventory).env("INVENTORY", &rows.url);
        for args in [&["apply", "play.yml", "-i", "hosts.yml"][..], &["inventory", "-i", "hosts.yml"]] {
            let ran = case.run(args);
            assert_eq!((ran.status, ran.stderr.contains(told)), (status, true), "{inventory}: {}", ran.stderr);
            assert!(!ran.stderr.contains("pass-word"), "{}", ran.stderr);
        }
    }
}
