use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::world::{Name, amqp_url, apply, mariadb, mysql_url, postgres_url, psql, rabbit, redis_url, sees, sha256};
use crate::harness::case::Case;
use crate::harness::sshd::Fleet;

const HOSTS: usize = 10;

/// What converges: a second run changes none of it.
const CONVERGING: [&str; 7] = [
    "The application's folder",
    "The configuration, rendered",
    "A whole folder",
    "A text",
    "The current release",
    "A command that is done once",
    "The configuration comes back",
];

/// Someone who listens on a channel.
struct Listener(Child);

impl Listener {
    fn on(channel: &str) -> (Self, BufReader<impl std::io::Read + use<>>) {
        let mut command = Command::new("redis-cli");
        command.args(["-u", &redis_url(), "subscribe", channel]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("redis-cli");
        let mut lines = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        // `subscribe`, the channel, and the number of subscriptions.
        for _ in 0..3 {
            lines.read_line(&mut line).expect("a line");
        }
        assert!(line.contains(channel), "{line}");
        (Self(child), lines)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Removes what the tour made in the databases and in Redis.
struct Tidy(String);

impl Drop for Tidy {
    fn drop(&mut self) {
        let drop = format!("drop table if exists {}_visits", self.0);
        psql(&drop);
        mariadb(&drop);
        sees("redis-cli", &["-u", &redis_url(), "del", &format!("{}:last", self.0)]);
    }
}

#[test]
pub fn ten_hosts_and_four_servers() {
    let fleet = Fleet::start(HOSTS);
    let case = Case::new().file("hosts.ini", &fleet.inventory());
    let name = Name::new("tour");
    let (p, _tidy) = (name.0.as_str(), Tidy(name.0.clone()));
    let given = [
        format!("prefix={p}"),
        format!("folder={}", case.path("tour").display()),
        format!("out={}", case.path("out").display()),
        format!("redis={}", redis_url()),
        format!("amqp={}", amqp_url()),
        format!("mysql={}", mysql_url()),
        format!("postgres={}", postgres_url()),
    ];
    let mut args = vec!["-i", "hosts.ini", "--yes"];
    args.extend(given.iter().flat_map(|given| ["-e", given]));
    let (_listener, mut heard) = Listener::on(&format!("{p}_news"));

    for (run, outcome) in [(1, "changed"), (2, "ok")] {
        let ran = apply(&case, "tour.yml", &args).exits(0);
        for number in 0..HOSTS {
            let host = format!("h{number}");
            for step in CONVERGING {
                assert_eq!(ran.end(&host, step)["outcome"], outcome, "run {run}: {step} on {host}");
            }
            holds_on_host(&case, &host, p);
        }
        assert_eq!(ran.end("-", "The topology")["outcome"], outcome, "run {run}");
        assert_eq!(ran.end("-", "Tell who listens")["result"]["receivers"], 1);

        let mut news = String::new();
        for _ in 0..3 {
            heard.read_line(&mut news).expect("a line");
        }
        assert!(news.contains(&format!("{p}_news")) && news.contains("order created"), "{news}");
        let id = ran.run_finished()["run"].as_str().unwrap_or_default().to_owned();
        assert_eq!(sees("redis-cli", &["-u", &redis_url(), "get", &format!("{p}:last")]), id);

        assert_eq!(rabbit(&["list_queues", "name", "messages"], p), [format!("{p}_jobs\t{run}")]);
        let visits = format!("select who, n from {p}_visits");
        assert_eq!(psql(&visits), format!("tour|{run}"));
        assert_eq!(mariadb(&visits), format!("tour\t{run}"));
        let book = case.path("out/tour.db");
        assert_eq!(sees("sqlite3", &[book.to_str().expect("UTF-8"), "select who, n from visits"]), "tour|1");
        assert_eq!(case.read("out/visits.csv").lines().collect::<Vec<_>>(), ["who,n", &format!("tour,{run}")]);
    }
    let bindings = rabbit(&["list_bindings", "source_name", "destination_name", "routing_key"], &format!("{p}_orders"));
    assert_eq!(bindings, [format!("{p}_orders\t{p}_jobs\torder.#")]);
    assert_eq!(sees("amqp-get", &["-u", &amqp_url(), "-q", &format!("{p}_jobs")]), r#"{"id":7}"#);
}

/// The files on a host, and what came back from it.
fn holds_on_host(case: &Case, host: &str, prefix: &str) {
    let conf = case.read(&format!("tour/{host}/app.conf"));
    assert_eq!(conf, format!("# Written by runbook for {host}.\nname = {prefix}\nshelf.1 = novels\nshelf.2 = maps\n"));
    let path = |file: &str| case.path(file).display().to_string();
    assert_eq!(sha256(&path(&format!("out/{host}.conf"))), sha256(&path(&format!("tour/{host}/app.conf"))));
    let image = crate::harness::case::root().join("playbooks/tour/site/img/dot.png");
    let image = image.to_str().expect("UTF-8");
    assert_eq!(sha256(&path(&format!("tour/{host}/current/img/dot.png"))), sha256(image));
    assert_eq!(sees("stat", &["-c", "%a", &path(&format!("tour/{host}/app.conf"))]), "640");
    assert_eq!(case.read(&format!("tour/{host}/NAME")), format!("{prefix}\n"));
    assert!(!case.read(&format!("tour/{host}/stamp")).is_empty());
}
