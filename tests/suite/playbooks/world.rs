//! The programs that judge, the names that a test owns, and hosts in groups.

use std::process::Command;

use crate::harness::case::{Case, Ran, root};
use crate::harness::sshd::Fleet;

/// Applies a playbook of the repository, with JSON events.
pub fn apply(case: &Case, playbook: &str, args: &[&str]) -> Ran {
    let path = root().join("playbooks").join(playbook);
    let path = path.to_str().expect("a path in UTF-8");
    let all: Vec<&str> = ["apply", path, "--output", "json"].into_iter().chain(args.iter().copied()).collect();
    case.run(&all)
}

/// What a program prints; it must go well.
#[track_caller]
pub fn sees(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {error}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// The lines of `rabbitmqctl` in which a name stands, sorted.
#[track_caller]
pub fn rabbit(what: &[&str], needle: &str) -> Vec<String> {
    let all = sees("rabbitmqctl", &[&["-q"], what].concat());
    let mut lines: Vec<String> = all.lines().filter(|line| line.contains(needle)).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The SHA-256 of a file.
#[track_caller]
pub fn sha256(path: &str) -> String {
    sees("sha256sum", &[path]).split_whitespace().next().unwrap_or_default().to_owned()
}

/// A name that no other test has; what it names in the broker is removed with it.
pub struct Name(pub String);

impl Name {
    pub fn new(stem: &str) -> Self {
        let id = uuid::Uuid::new_v4().simple().to_string();
        Self(format!("{stem}_{}", &id[..12]))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let listed = |what: &str| -> String {
            let output = Command::new("rabbitmqctl").args(["-q", what, "name"]).output();
            let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
            let names: Vec<String> =
                text.lines().filter(|name| name.starts_with(&self.0)).map(|name| format!("{{name: {name}}}")).collect();
            names.join(", ")
        };
        let (queues, exchanges) = (listed("list_queues"), listed("list_exchanges"));
        if queues.is_empty() && exchanges.is_empty() {
            return;
        }
        Case::playbook(&format!(
            "connections: {{broker: '{}'}}\nsteps:\n- bind: {{connection: broker, state: absent, force: true, \
             queues: [{queues}], exchanges: [{exchanges}]}}\n",
            amqp_url()
        ))
        .run(&["apply", "play.yml", "--yes"]);
    }
}

/// A fleet as an inventory in which the first hosts are a group; `vars` are those of a host, by its number.
pub fn inventory(fleet: &Fleet, group: &str, size: usize, vars: impl Fn(usize) -> String) -> String {
    let members: String = (0..size).map(|number| format!("h{number} {}\n", vars(number))).collect();
    format!("{}\n[{group}]\n{members}", fleet.inventory())
}

/// The URL of a server of this machine.
pub fn url(variable: &str, usual: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| usual.to_owned())
}

pub fn amqp_url() -> String {
    url("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/%2f")
}

pub fn redis_url() -> String {
    url("REDIS_URL", "redis://127.0.0.1:6379/0")
}

pub fn postgres_url() -> String {
    url("POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/test")
}

pub fn mysql_url() -> String {
    url("MYSQL_URL", "mysql://root@127.0.0.1:3306/test")
}

/// A row as `mariadb` sees it.
#[track_caller]
pub fn mariadb(sql: &str) -> String {
    let url = url::Url::parse(&mysql_url()).expect("a URL");
    let port = url.port().unwrap_or(3306).to_string();
    let password = format!("--password={}", url.password().unwrap_or_default());
    let database = url.path().trim_start_matches('/');
    let host = url.host_str().unwrap_or("127.0.0.1");
    sees("mariadb", &["-h", host, "-P", &port, "-u", url.username(), &password, "-N", "-B", "-e", sql, database])
}

/// A row as `psql` sees it.
#[track_caller]
pub fn psql(sql: &str) -> String {
    sees("psql", &[&postgres_url(), "-X", "-q", "-A", "-t", "-c", sql])
}
