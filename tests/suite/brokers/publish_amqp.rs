//! `publish` on RabbitMQ.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use runbook::cancel::Reason;
use runbook::step::{FailureKind, Verdict};
use serde_json::{Value, json};

use super::bench::{Bench, drop_queues, listed, take, unique};
use crate::harness::context::service;
use crate::harness::rabbitmq::{Broker, output};

#[tokio::test]
async fn messages_reach_the_queue_byte_for_byte() {
    let queue = unique("queue");
    let bench = Bench::amqp();
    bench.must("bind", json!({"connection": "broker", "queues": [{"name": queue}]})).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lines"), "one\n\nthree\n").unwrap();
    let bench = bench.folder(folder.path());
    let rows = [
        (json!({"message": "t\u{e4}xt\n"}), vec!["t\u{e4}xt\n"]),
        (json!({"message": {"id": 7, "a": [1.5, null]}}), vec![r#"{"id":7,"a":[1.5,null]}"#]),
        (json!({"message": "twice", "count": 2, "persistent": false}), vec!["twice", "twice"]),
        (json!({"messages": ["a", 2]}), vec!["a", "2"]),
        (json!({"file": "lines"}), vec!["one", "", "three"]),
    ];
    for (mut args, expected) in rows {
        args["connection"] = "broker".into();
        args["routing_key"] = queue.clone().into();
        let found = bench.check("publish", args.clone()).await.unwrap();
        assert_eq!(found.verdict, Verdict::Act);
        let done = bench.must("publish", args).await;
        let n = expected.len();
        assert_eq!(Value::Object(done.result), json!({"published": n, "confirmed": n}));
        for body in expected {
            assert_eq!(take(&queue), body);
        }
    }
    drop_queues(&[&queue]);
}

#[tokio::test]
async fn properties_and_headers_arrive_with_their_types() {
    let (broker, queue) = (Broker::shared(), unique("queue"));
    let bench = Bench::new([service("broker", &broker.url())]);
    bench.must("bind", json!({"connection": "broker", "queues": [{"name": queue}]})).await;
    let properties = json!({
        "message_id": "a", "correlation_id": "b", "reply_to": "q", "expiration": "60000", "priority": 1,
        "type": "t", "app_id": "r", "timestamp": 1_700_000_000, "user_id": "guest", "content_encoding": "identity",
    });
    let headers = json!({"int": 7, "flag": true, "text": "x", "real": 1.5, "list": [1, "a"], "map": {"b": false}});
    let args = json!({"connection": "broker", "routing_key": queue, "message": {"id": 7}, "headers": headers, "properties": properties});
    bench.must("publish", args).await;
    let got: Value = serde_json::from_str(&output(Command::new("curl").args([
        "-fsS",
        "-u",
        "guest:guest",
        "-d",
        r#"{"count":1,"ackmode":"ack_requeue_false","encoding":"auto"}"#,
        &format!("{}/api/queues/%2f/{queue}/get", broker.management_url()),
    ])))
    .unwrap();
    let mut expected = properties;
    expected["headers"] = headers;
    expected["delivery_mode"] = 2.into();
    expected["content_type"] = "application/json".into();
    let seen: serde_json::Map<_, _> = got[0]["properties"].as_object().unwrap().clone();
    assert_eq!(Value::Object(seen.into_iter().collect()), expected);
    assert_eq!(got[0]["payload"], r#"{"id":7}"#);
}

#[tokio::test]
async fn what_the_broker_does_not_take_is_a_failure() {
    let (exchange, full) = (unique("exchange"), unique("full"));
    let bench = Bench::amqp();
    let arguments = json!({"x-max-length": 1, "x-overflow": "reject-publish"});
    let topology = json!({
        "connection": "broker",
        "exchanges": [{"name": exchange, "type": "topic", "durable": false}],
        "queues": [{"name": full, "arguments": arguments}],
    });
    bench.must("bind", topology).await;
    let missing = unique("missing");
    let rows = [
        (
            json!({"exchange": exchange, "routing_key": "a.b", "message": "m", "count": 3}),
            "reached no queue and came back",
            "bind a queue",
        ),
        (json!({"routing_key": missing, "message": "m"}), "reached no queue and came back", "bind a queue"),
        (json!({"exchange": missing, "routing_key": "k", "message": "m"}), "no exchange", "`bind` step"),
        (json!({"routing_key": full, "message": "m", "count": 3}), "were refused by the broker", "full"),
        (json!({"routing_key": full, "message": "m", "properties": {"user_id": "eve"}}), "user_id", ""),
        (json!({"routing_key": full, "file": "no-such-file"}), "cannot read `no-such-file`", ""),
    ];
    for (mut args, message, hint) in rows {
        args["connection"] = "broker".into();
        let failure = bench.fails("publish", args.clone()).await;
        assert_eq!(failure.kind, FailureKind::Failed, "{failure:?}");
        assert!(failure.error.message.contains(message), "{failure:?}");
        assert!(failure.error.hint.unwrap_or_default().contains(hint), "{args}");
    }
    let named = bench
        .fails("publish", json!({"connection": "broker", "exchange": exchange, "routing_key": "a.b", "message": "m"}))
        .await;
    let expected = format!(
        "1 of 1 message published to exchange `{exchange}` with routing key `a.b` reached no queue and came back"
    );
    assert_eq!(named.error.message, expected);
    // Not mandatory: what reaches nobody is gone, and that is as wished.
    let quiet =
        json!({"connection": "broker", "exchange": exchange, "routing_key": "a", "message": "m", "mandatory": false});
    assert!(bench.must("publish", quiet).await.changed);
    let gone = json!({"connection": "broker", "state": "absent", "force": true, "exchanges": [{"name": exchange}], "queues": [{"name": full}]});
    bench.must("bind", gone).await;
}

#[tokio::test]
async fn many_are_confirmed_and_a_resumed_step_goes_on_behind_them() {
    let queue = unique("queue");
    let mut bench = Bench::amqp();
    bench.must("bind", json!({"connection": "broker", "queues": [{"name": queue}]})).await;
    let args = json!({"connection": "broker", "routing_key": queue, "message": "m", "count": 5_000});
    let done = bench.must("publish", args.clone()).await;
    assert_eq!((done.result["confirmed"].as_u64(), done.changed), (Some(5_000), true));
    assert_eq!(bench.told.checkpoints.lock().unwrap().last(), Some(&json!({"confirmed": 5_000})));
    bench.cx.checkpoints = Arc::new(vec![json!({"confirmed": 1_000}), json!({"confirmed": 4_990})]);
    let done = bench.must("publish", args).await;
    assert_eq!(done.result["confirmed"], 5_000);
    assert_eq!(listed(&["list_queues", "name", "messages"], &queue), [format!("{queue}\t5010")]);
    drop_queues(&[&queue]);
}

#[tokio::test]
async fn a_stop_is_certain_once_what_was_sent_is_confirmed() {
    let queue = unique("queue");
    let bench = Bench::amqp();
    bench.must("bind", json!({"connection": "broker", "queues": [{"name": queue}]})).await;
    let cancel = bench.cx.cancel.clone();
    let args = json!({"connection": "broker", "routing_key": queue, "message": "m", "count": 1_000_000_000});
    let stop = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        cancel.cancel(Reason::Interrupted(2));
    };
    let (failure, ()) = tokio::join!(bench.fails("publish", args), stop);
    assert_eq!(failure.kind, FailureKind::Stopped(Reason::Interrupted(2)), "{failure:?}");
    let confirmed = failure.result["confirmed"].as_u64().unwrap();
    assert_eq!(listed(&["list_queues", "name", "messages"], &queue), [format!("{queue}\t{confirmed}")]);
    assert_eq!(bench.told.checkpoints.lock().unwrap().last(), Some(&json!({"confirmed": confirmed})));
    drop_queues(&[&queue]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_blocks_or_dies_leaves_no_guess() {
    let broker = tokio::task::spawn_blocking(Broker::start).await.unwrap();
    let mut bench = Bench::new([service("broker", &broker.url())]);
    let queue = unique("queue");
    bench.must("bind", json!({"connection": "broker", "queues": [{"name": queue}]})).await;
    let publish = |n: u64| json!({"connection": "broker", "routing_key": queue, "message": "m", "count": n});

    broker.ctl(&["set_vm_memory_high_watermark", "0.000001"]);
    let whole = bench.cx.cancel.clone();
    let (limited, _clock) = whole.child_for(Some(Duration::from_secs(3)));
    bench.cx.cancel = limited;
    let failure = bench.fails("publish", publish(3)).await;
    assert_eq!(failure.kind, FailureKind::Unknown, "{failure:?}");
    assert!(failure.error.message.contains("the broker blocks publishers: low on memory"), "{failure:?}");
    assert!(bench.told.said.lock().unwrap()[0].contains("the broker blocks publishers: low on memory"));
    broker.ctl(&["set_vm_memory_high_watermark", "0.6"]);
    bench.cx.cancel = whole;

    let (failure, ()) = tokio::join!(bench.fails("publish", publish(1_000_000_000)), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        broker.kill();
    });
    assert_eq!(failure.kind, FailureKind::Unknown, "{failure:?}");
    assert!(failure.error.message.contains("was not seen"), "{failure:?}");
    let (published, confirmed) = (failure.result["published"].as_u64(), failure.result["confirmed"].as_u64());
    assert!(confirmed < published && confirmed > Some(0), "{failure:?}");
    let refused = bench.fails("publish", publish(1)).await;
    assert_eq!(refused.kind, FailureKind::Unreachable, "{refused:?}");
}
