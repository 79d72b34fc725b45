//! Connections that cannot be made: the stage, the words, and never a password. Steps with parameters that do not fit.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use runbook::cancel::Cancel;
use runbook::connection::amqp::Amqp;
use runbook::connection::redis::Redis;
use runbook::connection::{ConnectionError, Kind};
use runbook::step::{self, FailureKind};
use serde_json::{Value, json};

use super::bench::Bench;
use crate::harness::context::{service, step as build};
use crate::harness::rabbitmq::output;

/// A Redis of this test's own, with a password, a port for TLS and a socket; ended when dropped.
struct OwnRedis {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
    tls: u16,
}

impl OwnRedis {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().to_str().unwrap().to_owned();
        let files = [format!("{at}/key.pem"), format!("{at}/cert.pem")];
        let subject = ["-subj", "/CN=localhost", "-days", "1", "-nodes", "-newkey", "rsa:2048"];
        let made = ["-keyout", &files[0], "-out", &files[1]];
        output(Command::new("openssl").args(["req", "-x509"]).args(subject).args(made));
        let [port, tls] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--tls-port", &tls.to_string(), "--bind", "127.0.0.1"])
            .args(["--tls-cert-file", &files[1], "--tls-key-file", &files[0], "--tls-auth-clients", "no"])
            .args(["--requirepass", "right-password", "--databases", "4", "--save", "", "--dir", &at])
            .args(["--unixsocket", &format!("{at}/redis.sock")])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", tls)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, folder, port, tls }
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn seen(error: &ConnectionError, (stage, words): (&str, &str), url: &str) {
    let all = format!("{} {}", error.message, error.hint.as_deref().unwrap_or(""));
    assert_eq!(error.stage.word(), stage, "{url}: {error:?}");
    assert!(all.contains(words), "{url}: {all}");
    assert!(!all.contains("password-"), "{url}: {all}");
    assert!(!error.sent, "{url}");
}

#[tokio::test]
async fn redis_says_at_which_stage_it_failed() {
    let own = OwnRedis::start();
    let (port, tls) = (own.port, own.tls);
    let rows = [
        (format!("redis://:password-wrong@127.0.0.1:{port}"), ("authenticate", "WRONGPASS")),
        (format!("redis://eve:password-wrong@127.0.0.1:{port}"), ("authenticate", "WRONGPASS")),
        (format!("redis://127.0.0.1:{port}"), ("authenticate", "NOAUTH")),
        (format!("redis://:right-password@127.0.0.1:{port}/9"), ("open", "database number")),
        (format!("rediss://:right-password@localhost:{tls}"), ("verify", "certificate")),
        (format!("rediss://:right-password@localhost:{tls}/#insecure"), ("connect", "leave `#insecure` out")),
        ("rediss://:password-x@127.0.0.1:3306".to_owned(), ("connect", "TLS")),
        ("redis://:password-x@127.0.0.1:1".to_owned(), ("connect", "connection refused")),
        ("redis://:password-x@no-such-host.invalid".to_owned(), ("resolve", "no-such-host.invalid")),
        ("redis://127.0.0.1:5672".to_owned(), ("connect", "check host and port")),
        ("redis://127.0.0.1:6379/password-x".to_owned(), ("connect", "no Redis URL")),
    ];
    for (url, expected) in rows {
        let opened = Redis::open(&service("cache", &url), &Cancel::root()).await;
        seen(&opened.err().unwrap_or_else(|| panic!("{url} was opened")), expected, &url);
    }
    let socket = format!("redis+unix://{}/redis.sock?pass=right-password&db=1", own.folder.path().display());
    let redis = Redis::open(&service("cache", &socket), &Cancel::root()).await.unwrap();
    let ping = redis.command(&["PING".to_owned()], &Cancel::root()).await.unwrap();
    assert_eq!(ping, "PONG");
}

#[tokio::test]
async fn a_lost_redis_is_told_and_found_again() {
    let own = OwnRedis::start();
    let url = format!("redis://:right-password@127.0.0.1:{}", own.port);
    let bench = Bench::new([service("cache", &url)]);
    let args = json!({"connection": "cache", "channel": "c", "message": "m"});
    bench.must("publish", args.clone()).await;
    let cli = || Command::new("redis-cli").args(["-a", "right-password", "--no-auth-warning", "-u", &url]).output();
    let kill = ["CLIENT", "KILL", "TYPE", "normal"];
    output(Command::new("redis-cli").args(["--no-auth-warning", "-u", &url]).args(kill));
    assert!(cli().is_ok());
    let first = bench.run("publish", args.clone()).await;
    if let Err(failure) = first {
        assert_eq!(failure.kind, FailureKind::Unknown, "{failure:?}");
        bench.must("publish", args.clone()).await;
    }
    drop(own);
    let lost = bench.fails("publish", args.clone()).await;
    assert!(matches!(lost.kind, FailureKind::Unknown | FailureKind::Unreachable), "{lost:?}");
    let refused = bench.fails("publish", args).await;
    assert_eq!(refused.kind, FailureKind::Unreachable, "{refused:?}");
}

#[tokio::test]
async fn rabbitmq_says_at_which_stage_it_failed() {
    let own = OwnRedis::start();
    let rows = [
        ("amqp://guest:password-wrong@127.0.0.1:5672".to_owned(), ("authenticate", "refused the login")),
        ("amqp://guest:guest@127.0.0.1:5672/no-such-vhost".to_owned(), ("open", "no virtual host `no-such-vhost`")),
        ("amqp://guest:password-x@127.0.0.1:1".to_owned(), ("connect", "connection refused")),
        ("amqp://guest:password-x@no-such-host.invalid".to_owned(), ("resolve", "no-such-host.invalid")),
        ("amqp://guest:password-x@127.0.0.1:3306".to_owned(), ("connect", "check host and port")),
        (format!("amqps://guest:password-x@localhost:{}", own.tls), ("verify", "certificate")),
        ("amqps://guest:password-x@127.0.0.1:5672".to_owned(), ("connect", "TLS")),
        ("amqp://guest:password-x@127.0.0.1:5672/a?heartbeat=soon".to_owned(), ("connect", "no AMQP URL")),
    ];
    for (url, expected) in rows {
        let opened = Amqp::open(&service("broker", &url), &Cancel::root()).await;
        seen(&opened.err().unwrap_or_else(|| panic!("{url} was opened")), expected, &url);
    }
    for url in [
        "amqp://guest:guest@127.0.0.1:5672",
        "amqp://guest:guest@127.0.0.1:5672/",
        "amqp://guest:guest@127.0.0.1:5672/%2f",
    ] {
        let amqp = Amqp::open(&service("broker", url), &Cancel::root()).await.unwrap();
        assert_eq!(amqp.vhost(), "/", "{url}");
        amqp.close().await;
    }
}

#[test]
fn keys_of_the_other_system_are_an_error() {
    let fits = step::find("publish").unwrap().fits;
    let rows = [
        (
            json!({"channel": "c"}),
            Kind::Amqp,
            Err(
                "`channel` is Redis's, and the connection is RabbitMQ: `exchange` and `routing_key` say where to publish there",
            ),
        ),
        (
            json!({"channel": "c", "exchange": "x"}),
            Kind::Redis,
            Err("`exchange` is RabbitMQ's, and the connection is Redis: `channel` says where to publish there"),
        ),
        (json!({"message": "m"}), Kind::Redis, Err("`channel` is missing")),
        (json!({"channel": "{{ name }}"}), Kind::Redis, Ok(())),
        (json!({"exchange": "x", "headers": {}}), Kind::Amqp, Ok(())),
    ];
    for (args, kind, expected) in rows {
        assert_eq!(fits(&args, kind), expected.map_err(str::to_owned), "{args}");
    }
}

#[test]
fn parameters_that_contradict_each_other_are_an_error() {
    let long = "x".repeat(256);
    let rows = [
        ("publish", json!({"channel": "c"}), "`message`, `messages` or `file` is missing"),
        ("publish", json!({"channel": "c", "message": "m", "file": "f"}), "`message` and `file` exclude each other"),
        ("publish", json!({"channel": "c", "messages": [], "count": 2}), "`count` goes with `message`"),
        ("publish", json!({"channel": "c", "exchange": "x", "message": "m"}), "exclude each other"),
        ("publish", json!({"message": "m"}), "where to?"),
        ("publish", json!({"routing_key": long, "message": "m"}), "256 bytes long"),
        ("publish", json!({"routing_key": "q", "message": "m", "properties": {"priority": 300}}), "`priority` is 300"),
        ("publish", json!({"routing_key": "q", "message": "m", "properties": {"expiration": "1m"}}), "milliseconds"),
        ("publish", json!({"routing_key": "q", "message": "m", "headers": {&long: 1}}), "256 bytes long"),
        ("bind", json!({"exchanges": [{"name": "amq.topic"}]}), "names that begin with `amq.`"),
        ("bind", json!({"exchanges": [{"name": ""}]}), "the default exchange"),
        ("bind", json!({"exchanges": [{"name": "x", "type": "topik"}]}), "there is no type `topik`"),
        ("bind", json!({"queues": [{"name": "q"}, {"name": "q"}]}), "queue `q` is declared twice"),
        ("bind", json!({"queues": [{"name": ""}]}), "a queue needs a name"),
        ("bind", json!({"bindings": [{"exchange": "x"}]}), "needs `queue` or `to_exchange`"),
        ("bind", json!({"bindings": [{"exchange": "x", "queue": "q", "to_exchange": "y"}]}), "not to both"),
        ("bind", json!({"bindings": [{"exchange": "", "queue": "q"}]}), "the default exchange cannot be bound"),
        ("bind", json!({"state": "gone"}), "present or absent"),
    ];
    for (kind, mut args, expected) in rows {
        args["connection"] = Value::from("c");
        let error = build(kind, args.clone()).err().unwrap_or_else(|| panic!("{args} was taken"));
        assert!(error.contains(expected), "{args}: {error}");
    }
}
