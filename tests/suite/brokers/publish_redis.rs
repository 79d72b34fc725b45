//! `publish` and commands on Redis.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use runbook::cancel::Cancel;
use runbook::connection::redis::{Redis, is_read_command};
use runbook::step::FailureKind;
use serde_json::{Value, json};

use super::bench::{Bench, redis_url, unique};
use crate::harness::context::service;
use crate::harness::rabbitmq::output;

fn redis_cli(args: &[&str]) -> String {
    output(Command::new("redis-cli").args(["-u", &redis_url()]).args(args)).trim().to_owned()
}

/// A subscriber that is not ours; listening once this returns.
fn subscriber(channel: &str) -> Child {
    let mut command = Command::new("redis-cli");
    command.args(["-u", &redis_url(), "SUBSCRIBE", channel]).stdout(Stdio::piped()).stdin(Stdio::null());
    let child = command.spawn().unwrap();
    while !redis_cli(&["PUBSUB", "NUMSUB", channel]).ends_with('1') {
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

/// The first `n` messages that a subscriber printed; it is ended then.
fn heard(mut child: Child, n: usize) -> Vec<String> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).skip(3);
    let messages = (0..n).map(|_| lines.nth(2).unwrap()).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    messages
}

#[tokio::test]
async fn every_subscriber_hears_every_message() {
    let channel = unique("channel");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lines"), "first\r\nsecond").unwrap();
    let rows = [
        (json!({"message": "deploy 1.2.3"}), 1, vec!["deploy 1.2.3"]),
        (json!({"message": {"id": 7, "name": "ä"}}), 1, vec![r#"{"id":7,"name":"ä"}"#]),
        (json!({"message": "again", "count": 3, "min_receivers": 1}), 3, vec!["again"; 3]),
        (json!({"messages": ["a", 1, [true]]}), 3, vec!["a", "1", "[true]"]),
        (json!({"file": "lines"}), 2, vec!["first", "second"]),
    ];
    let bench = Bench::redis().folder(folder.path());
    for (mut args, published, expected) in rows {
        let child = subscriber(&channel);
        args["connection"] = "cache".into();
        args["channel"] = channel.clone().into();
        let done = bench.must("publish", args).await;
        assert_eq!(Value::Object(done.result), json!({"receivers": 1, "published": published}));
        assert_eq!(heard(child, expected.len()), expected);
    }
}

#[tokio::test]
async fn too_few_receivers_are_a_failure() {
    let channel = unique("channel");
    let args = json!({"connection": "cache", "channel": channel, "message": "x", "min_receivers": 1});
    let failure = Bench::redis().fails("publish", args).await;
    assert_eq!(failure.kind, FailureKind::Failed);
    assert_eq!(
        failure.error.message,
        format!("the message reached 0 subscribers of channel `{channel}`, and `min_receivers` is 1")
    );
    assert_eq!(failure.result["receivers"], 0);
}

#[tokio::test]
async fn many_messages_go_in_a_pipeline() {
    let channel = unique("channel");
    let child = subscriber(&channel);
    let bench = Bench::redis();
    let args = json!({"connection": "cache", "channel": channel, "message": "m", "count": 20_000});
    let mut child = child;
    let stdout = child.stdout.take().unwrap();
    let counting = std::thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map(Result::unwrap);
        lines.take_while(|line| line != "end").filter(|line| line == "m").count()
    });
    let done = bench.must("publish", args).await;
    assert_eq!((done.result["published"].as_u64(), done.result["receivers"].as_u64()), (Some(20_000), Some(1)));
    redis_cli(&["PUBLISH", &channel, "end"]);
    assert_eq!(counting.join().unwrap(), 20_000);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn replies_are_json() {
    let redis = Redis::open(&service("cache", &redis_url()), &Cancel::root()).await.unwrap();
    let (key, hash, set) = (unique("key"), unique("hash"), unique("set"));
    redis_cli(&["ZADD", &set, "1.5", "one"]);
    output(
        Command::new("sh")
            .args(["-c", &format!("printf '\\377\\376' | redis-cli -u {} -x SET {key}-bytes", redis_url())]),
    );
    let rows: [(&[&str], Value); 10] = [
        (&["SET", &key, "v\u{e4}lue"], json!("OK")),
        (&["GET", &key], json!("v\u{e4}lue")),
        (&["GET", "runbook-no-such-key"], Value::Null),
        (&["STRLEN", &key], json!(6)),
        (&["HSET", &hash, "a", "1", "b", "2"], json!(2)),
        (&["HGETALL", &hash], json!({"a": "1", "b": "2"})),
        (&["ZSCORE", &set, "one"], json!(1.5)),
        (&["ZRANGE", &set, "0", "-1", "WITHSCORES"], json!([["one", 1.5]])),
        (&["GET", &format!("{key}-bytes")], json!("//4=")),
        (&["EVAL", "return {1, 'x', {2}}", "0"], json!([1, "x", [2]])),
    ];
    for (args, expected) in rows {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        assert_eq!(redis.command(&args, &Cancel::root()).await.unwrap(), expected, "{args:?}");
    }
    assert_eq!(redis_cli(&["GET", &key]), "välue");
    redis_cli(&["DEL", &key, &hash, &set, &format!("{key}-bytes")]);
}

#[tokio::test]
async fn what_would_take_the_shared_connection_away_is_refused() {
    let redis = Redis::open(&service("cache", &redis_url()), &Cancel::root()).await.unwrap();
    let rows = [
        ("subscribe x", "`subscribe` step"),
        ("MONITOR", "`subscribe` step"),
        ("MULTI", "EVAL"),
        ("BLPOP k 0", "does not block"),
        ("XREAD BLOCK 0 STREAMS s $", "leave BLOCK out"),
        ("SELECT 3", "URL"),
        ("client reply off", "change the connection"),
    ];
    for (command, hint) in rows {
        let args: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let error = redis.command(&args, &Cancel::root()).await.unwrap_err();
        assert!(error.message.ends_with("cannot run here: all steps share the connection"), "{error}");
        assert!(error.hint.as_deref().unwrap().contains(hint), "{command}: {:?}", error.hint);
    }
    for (name, reads) in
        [("get", true), ("HGETALL", true), ("TTL", true), ("SET", false), ("DEL", false), ("SORT", false)]
    {
        assert_eq!(is_read_command(name), reads, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_an_error_is_told_as_it_came() {
    let redis = Redis::open(&service("cache", &redis_url()), &Cancel::root()).await.unwrap();
    let key = unique("key");
    redis_cli(&["SET", &key, "text"]);
    let args = ["LPUSH".to_owned(), key.clone(), "x".to_owned()];
    let error = redis.command(&args, &Cancel::root()).await.unwrap_err();
    redis_cli(&["DEL", &key]);
    assert!(error.message.contains("WRONGTYPE Operation against a key"), "{error}");
    assert_eq!((error.stage.word(), error.sent), ("answered", false));
}
