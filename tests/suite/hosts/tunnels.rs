//! Services that are reached through a host (`via`), seen by clients that are not ours.

use std::process::Command;

use crate::harness::case::Case;
use crate::harness::rabbitmq::Broker;
use crate::harness::sshd::{Fleet, Options};

fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn unique(what: &str) -> String {
    format!("{what}{}", &uuid::Uuid::new_v4().simple().to_string()[..12])
}

const PLAY: &str = r#"
connections:
  cache: { url: "redis://127.0.0.1:6379/0", via: "{{ way }}" }
  broker: { url: "amqp://guest:guest@127.0.0.1:AMQP/%2f", management: "http://127.0.0.1:HTTP", via: "{{ way }}" }
  pg: { url: "postgres://root@127.0.0.1/test", via: "{{ way }}" }
  my: { kind: mysql, host: 127.0.0.1, user: root, database: test, via: "{{ way }}" }
vars: { way: h0 }
steps:
  - query: { connection: cache, command: [SET, NAME, "through redis"] }
  - bind: { connection: broker, queues: [{ name: NAME, arguments: { x-max-length: 7 } }] }
  - bind: { connection: broker, queues: [{ name: NAME, arguments: { x-max-length: 7 } }] }
  - publish: { connection: broker, routing_key: NAME, message: through }
  - query:
      connection: pg
      statements:
        - { sql: "create table \"NAME\" (v text)" }
        - { sql: "insert into \"NAME\" values (:v)", params: { v: through } }
  - query:
      connection: my
      transaction: false
      statements:
        - { sql: "create table NAME (v text)" }
        - { sql: "insert into NAME values (:v)", params: { v: through } }
"#;

#[test]
fn every_service_is_reached_through_a_host() {
    let (fleet, broker, name) = (Fleet::start(1), Broker::shared(), unique("tunnel_"));
    let play = PLAY.replace("NAME", &name).replace("AMQP", &broker.port.to_string());
    let case = Case::playbook(&play.replace("HTTP", &broker.management.to_string())).file("hosts", &fleet.inventory());
    let ran = case.apply(&["-i", "hosts"]).exits(0);
    let outcomes: Vec<String> =
        ran.events().iter().filter_map(|event| Some(event["outcome"].as_str()?.to_owned())).collect();
    assert_eq!(outcomes[..3], ["changed", "changed", "ok"], "{}", ran.stdout);
    assert_eq!(said("redis-cli", &["getdel", &name]), "through redis");
    let listed = broker.ctl(&["list_queues", "name", "messages", "arguments"]);
    assert!(listed.contains(&format!("{name}\t1\t[{{\"x-max-length\",7}}]")), "{listed}");
    let psql = ["-h", "127.0.0.1", "-U", "root", "-d", "test", "-Atc"];
    let sql = format!("select v from \"{name}\"; drop table \"{name}\"");
    assert_eq!(said("psql", &[&psql[..], &[&sql]].concat()), "through\nDROP TABLE");
    let sql = format!("select v from {name}; drop table {name}");
    assert_eq!(said("mariadb", &["-h", "127.0.0.1", "-u", "root", "test", "-Ne", &sql]), "through");
    // The one connection of the host has served them all, and is closed.
    assert_eq!(fleet.server(0).connections(), 0);
}

#[test]
fn what_stands_in_the_way_is_told() {
    let mut fleet = Fleet::empty();
    fleet.add(Options { lines: "AllowTcpForwarding no", ..Options::KEYS });
    fleet.add(Options::KEYS);
    let rows = [
        // The server refuses to lead on: nothing of the service is reached, and no other way is tried.
        ("redis://127.0.0.1:6379", "h0", "query: { connection: c, command: [PING] }", "127.0.0.1:6379 through h0"),
        (
            "amqp://127.0.0.1",
            "h0",
            "publish: { connection: c, routing_key: x, message: y }",
            "127.0.0.1:5672 through h0",
        ),
        (
            "postgres://root@127.0.0.1/test",
            "h0",
            "query: { connection: c, sql: select 1 }",
            "127.0.0.1:5432 through h0",
        ),
        ("mysql://root@127.0.0.1/test", "h0", "query: { connection: c, sql: select 1 }", "127.0.0.1:3306 through h0"),
        // Nothing listens behind the host.
        ("redis://127.0.0.1:1", "h1", "query: { connection: c, command: [PING] }", "127.0.0.1:1 through h1"),
        // The host itself is not there.
        ("redis://127.0.0.1:6379", "gone", "query: { connection: c, command: [PING] }", "gone"),
    ];
    let gone = "gone ansible_host=127.0.0.1 ansible_port=1\n";
    for (url, via, step, told) in rows {
        let play = format!("connections: {{ c: {{ url: '{url}', via: {via} }} }}\nsteps:\n- {step}\n");
        let case = Case::playbook(&play).file("hosts", &format!("{gone}{}", fleet.inventory()));
        let ran = case.apply(&["-i", "hosts"]).exits(3);
        let error = ran.events().iter().find_map(|event| Some(event["error"].as_object()?.clone())).expect("an error");
        assert!(error["message"].as_str().expect("a text").contains(told), "{url} {via}: {error:?}");
    }
}
