//! `bind` without the management API.

use runbook::step::{FailureKind, Verdict};
use serde_json::{Value, json};

use super::bench::{Bench, listed, take, unique};

#[tokio::test]
async fn a_topology_is_made_once() {
    let id = unique("t");
    let (orders, audit, heads, billing) =
        (format!("{id}-orders"), format!("{id}-audit"), format!("{id}-heads"), format!("{id}-billing"));
    let args = json!({
        "connection": "broker",
        "exchanges": [
            {"name": orders, "type": "topic"},
            {"name": audit, "type": "fanout", "durable": false, "arguments": {"alternate-exchange": orders}},
            {"name": heads, "type": "headers"},
        ],
        "queues": [{"name": billing, "arguments": {"x-max-length": 10, "x-message-ttl": 60_000}}],
        "bindings": [
            {"exchange": orders, "queue": billing, "routing_keys": ["order.#", "bill.*"]},
            {"exchange": orders, "to_exchange": audit, "routing_keys": ["#"]},
            {"exchange": audit, "queue": billing},
            {"exchange": heads, "queue": billing, "arguments": {"x-match": "all", "kind": "bill", "n": 7}},
        ],
    });
    let bench = Bench::amqp();
    let found = bench.check("bind", args.clone()).await.unwrap();
    assert_eq!(found.verdict, Verdict::Change);
    let diff = found.diff.unwrap();
    let expected = [
        format!("+ exchange {orders} (topic, durable)"),
        format!("+ exchange {audit} (fanout, alternate-exchange={orders})"),
        format!("+ queue {billing} (x-max-length=10, x-message-ttl=60000)"),
        format!("+ binding {orders} -> {billing} (order.#)"),
        format!("+ binding {orders} -> exchange {audit} (#)"),
        format!("+ binding {heads} -> {billing} (x-match=all, kind=bill, n=7)"),
    ];
    for line in expected {
        assert!(diff.lines().any(|there| there == line), "{line} in {diff}");
    }
    assert!(listed(&["list_exchanges", "name"], &id).is_empty(), "check has made something");

    let done = bench.must("bind", args.clone()).await;
    assert!(done.changed);
    assert_eq!(Value::Object(done.result), json!({"queues": {&billing: {"messages": 0, "consumers": 0}}}));
    let columns = ["list_exchanges", "name", "type", "durable"];
    assert_eq!(
        listed(&columns, &id),
        [format!("{audit}\tfanout\tfalse"), format!("{heads}\theaders\ttrue"), format!("{orders}\ttopic\ttrue")]
    );
    let bindings = listed(&["list_bindings", "source_name", "destination_name", "routing_key"], &format!("{id}-"));
    let named: Vec<_> = bindings.iter().filter(|line| line.starts_with(&id)).collect();
    assert_eq!(named.len(), 5, "{bindings:?}");

    let again = bench.check("bind", args.clone()).await.unwrap();
    assert!(matches!(again.verdict, Verdict::Unknown(_)), "{:?}", again.verdict);
    assert_eq!(again.summary, "the topology stands; 5 bindings declared again: not comparable without `management`");
    assert!(!bench.must("bind", args.clone()).await.changed, "a second run reports a change");

    let routed =
        json!({"connection": "broker", "exchange": heads, "message": "m", "headers": {"kind": "bill", "n": 7}});
    bench.must("publish", routed).await;
    assert_eq!(take(&billing), "m");
    let mut gone = args;
    gone["state"] = "absent".into();
    assert!(bench.must("bind", gone.clone()).await.changed);
    assert!(listed(&["list_exchanges", "name"], &id).is_empty());
    assert!(listed(&["list_queues", "name"], &id).is_empty());
    assert_eq!(bench.check("bind", gone).await.unwrap().verdict, Verdict::Same);
}

#[tokio::test]
async fn each_flag_that_differs_is_named_before_anything_is_touched() {
    let (exchange, queue, other) = (unique("exchange"), unique("queue"), unique("other"));
    let bench = Bench::amqp();
    let first = json!({
        "connection": "broker",
        "exchanges": [{"name": exchange, "durable": false, "auto_delete": true}],
        "queues": [{"name": queue, "arguments": {"x-max-length": 10, "x-queue-mode": "lazy"}}],
        "bindings": [{"exchange": exchange, "queue": queue, "routing_keys": ["k"]}],
    });
    bench.must("bind", first.clone()).await;
    let rows = [
        (
            json!({"exchanges": [{"name": other}, {"name": exchange, "type": "topic"}]}),
            vec![format!(
                "exchange `{exchange}` differs: type is direct, declared topic, durable is false, declared true, auto_delete is true, declared false"
            )],
        ),
        (
            json!({"queues": [{"name": other}, {"name": queue, "durable": false, "arguments": {"x-max-length": 5, "x-message-ttl": 9}}]}),
            vec![
                format!("queue `{queue}` differs: durable is true, declared false"),
                "x-max-length is 10, declared 5".to_owned(),
                "x-message-ttl is not set, declared 9".to_owned(),
            ],
        ),
        (
            json!({"queues": [{"name": other}, {"name": queue, "exclusive": true}]}),
            vec![format!("queue `{queue}` differs: exclusive is false, declared true")],
        ),
        (
            json!({"queues": [{"name": other}], "bindings": [{"exchange": format!("{other}-x"), "queue": other}]}),
            vec![format!("there is no exchange `{other}-x`, here or at the broker")],
        ),
    ];
    for (mut args, expected) in rows {
        args["connection"] = "broker".into();
        let failure = bench.fails("bind", args).await;
        assert_eq!(failure.kind, FailureKind::Failed);
        for words in expected {
            assert!(failure.error.message.contains(&words), "{words}: {}", failure.error.message);
        }
        assert!(failure.error.message.ends_with("nothing was touched"), "{}", failure.error.message);
    }
    assert!(listed(&["list_queues", "name"], &other).is_empty());
    assert!(listed(&["list_exchanges", "name"], &other).is_empty());
    assert!(!bench.must("bind", first.clone()).await.changed);

    // Replaced where no message can be lost: the declared binding is there again.
    let mut second = first;
    second["replace"] = true.into();
    second["queues"][0]["arguments"] = json!({});
    second["exchanges"][0]["type"] = "topic".into();
    let found = bench.check("bind", second.clone()).await.unwrap();
    assert_eq!(found.verdict, Verdict::Destructive);
    assert!(bench.must("bind", second.clone()).await.changed);
    let publish = json!({"connection": "broker", "exchange": exchange, "routing_key": "k", "message": "kept"});
    bench.must("publish", publish).await;
    second["queues"][0]["durable"] = false.into();
    let refused = bench.fails("bind", second.clone()).await;
    assert!(refused.error.message.contains("it holds 1 message, which would have to be moved first"), "{refused:?}");
    assert_eq!(take(&queue), "kept");
    second["state"] = "absent".into();
    bench.must("bind", second).await;
}

#[tokio::test]
async fn a_full_queue_is_deleted_with_force_only() {
    let queue = unique("queue");
    let bench = Bench::amqp();
    bench.must("bind", json!({"connection": "broker", "queues": [{"name": queue}]})).await;
    bench.must("publish", json!({"connection": "broker", "routing_key": queue, "message": "m", "count": 12})).await;
    let mut args = json!({"connection": "broker", "state": "absent", "queues": [{"name": queue}]});
    let failure = bench.fails("bind", args.clone()).await;
    assert_eq!(failure.error.message, format!("queue `{queue}` has 12 messages; nothing was touched"));
    assert_eq!(listed(&["list_queues", "name", "messages"], &queue), [format!("{queue}\t12")]);
    args["force"] = true.into();
    let found = bench.check("bind", args.clone()).await.unwrap();
    assert_eq!((found.verdict, found.diff.unwrap()), (Verdict::Destructive, format!("- queue {queue} (12 messages)")));
    assert!(bench.must("bind", args.clone()).await.changed);
    assert!(listed(&["list_queues", "name"], &queue).is_empty());
    assert!(!bench.must("bind", args).await.changed);
}

#[tokio::test]
async fn an_exclusive_queue_lives_as_long_as_the_run() {
    let queue = unique("exclusive");
    let args = json!({"connection": "broker", "queues": [{"name": queue, "durable": false, "exclusive": true}]});
    let (mine, other) = (Bench::amqp(), Bench::amqp());
    assert!(mine.must("bind", args.clone()).await.changed);
    assert!(!mine.must("bind", args.clone()).await.changed);
    mine.must("publish", json!({"connection": "broker", "routing_key": queue, "message": "m"})).await;
    let locked = other.fails("bind", args).await;
    assert!(locked.error.message.contains("exclusive"), "{locked:?}");
    mine.cx.pool.close().await;
    assert!(listed(&["list_queues", "name"], &queue).is_empty());
}
