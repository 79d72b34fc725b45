//! `bind` with the management API: bindings too are compared, and kept when what they hang on is replaced.

use runbook::secret::Secret;
use runbook::step::Verdict;
use serde_json::{Value, json};

use super::bench::{Bench, unique};
use crate::harness::context::service;
use crate::harness::rabbitmq::Broker;

fn bench(broker: &Broker) -> Bench {
    let mut connection = service("broker", &broker.url());
    connection.management = Some(Secret::new(broker.management_url()));
    Bench::new([connection])
}

fn topology(id: &str) -> Value {
    json!({
        "connection": "broker",
        "exchanges": [{"name": format!("{id}-x"), "type": "headers"}, {"name": format!("{id}-y"), "type": "topic"}],
        "queues": [{"name": format!("{id}-q"), "arguments": {"x-max-length": 10}}],
        "bindings": [
            {"exchange": format!("{id}-x"), "queue": format!("{id}-q"), "arguments": {"x-match": "any", "n": 7, "b": true}},
            {"exchange": format!("{id}-y"), "queue": format!("{id}-q"), "routing_keys": ["a.#", "b.*"]},
            {"exchange": format!("{id}-y"), "to_exchange": format!("{id}-x"), "routing_keys": ["#"]},
        ],
    })
}

fn bindings(broker: &Broker, id: &str) -> Vec<String> {
    let all = broker.admin(&["list", "bindings", "source", "destination", "routing_key"]);
    let mut lines: Vec<_> = all.lines().filter(|line| line.starts_with(id)).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn bindings_are_compared() {
    let (broker, id) = (Broker::shared(), unique("m"));
    let (bench, args) = (bench(broker), topology(&id));
    assert!(bench.must("bind", args.clone()).await.changed);
    let there = bindings(broker, &id);
    assert_eq!(there.len(), 4, "{there:?}");
    let second = bench.check("bind", args.clone()).await.unwrap();
    assert_eq!((second.verdict, second.summary.as_str()), (Verdict::Same, "the topology stands"));

    let (source, kind, queue) = (format!("source={id}-y"), "destination_type=queue", format!("destination={id}-q"));
    broker.admin(&["delete", "binding", &source, kind, &queue, "properties_key=b.%2A"]);
    let drifted = bench.check("bind", args.clone()).await.unwrap();
    assert_eq!(
        (drifted.verdict, drifted.diff.unwrap()),
        (Verdict::Change, format!("+ binding {id}-y -> {id}-q (b.*)"))
    );
    assert!(bench.must("bind", args.clone()).await.changed);
    assert_eq!(bindings(broker, &id), there);

    let mut fewer = json!({"connection": "broker", "state": "absent"});
    fewer["bindings"] =
        json!([{"exchange": format!("{id}-y"), "queue": format!("{id}-q"), "routing_keys": ["a.#", "never"]}]);
    let found = bench.check("bind", fewer.clone()).await.unwrap();
    assert_eq!(found.diff.unwrap(), format!("- binding {id}-y -> {id}-q (a.#)"));
    assert!(bench.must("bind", fewer.clone()).await.changed);
    assert!(!bench.must("bind", fewer).await.changed);
    assert_eq!(bindings(broker, &id).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_replaced_keeps_its_bindings() {
    let (broker, id) = (Broker::shared(), unique("r"));
    let (bench, mut args) = (bench(broker), topology(&id));
    bench.must("bind", args.clone()).await;
    let (source, queue) = (format!("source={id}-y"), format!("destination={id}-q"));
    broker.admin(&["declare", "binding", &source, &queue, "routing_key=by.hand"]);
    let there = bindings(broker, &id);

    args["exchanges"][1]["durable"] = false.into();
    args["exchanges"][1]["arguments"] = json!({"alternate-exchange": "amq.fanout"});
    args["queues"][0]["arguments"] = json!({"x-max-length": 5, "x-unknown": "z"});
    let refused = bench.fails("bind", args.clone()).await;
    let expected = format!(
        "exchange `{id}-y` differs: durable is true, declared false, alternate-exchange is not set, declared amq.fanout; \
         queue `{id}-q` differs: x-max-length is 10, declared 5, x-unknown is not set, declared z; nothing was touched"
    );
    assert_eq!(refused.error.message, expected);

    args["replace"] = true.into();
    let found = bench.check("bind", args.clone()).await.unwrap();
    assert_eq!(found.verdict, Verdict::Change);
    assert!(found.diff.unwrap().contains(&format!("binding {id}-y -> {id}-q (by.hand) (kept)")));
    assert!(bench.must("bind", args.clone()).await.changed);
    assert_eq!(bindings(broker, &id), there);
    assert_eq!(bench.check("bind", args).await.unwrap().verdict, Verdict::Same);
    let exchanges = broker.admin(&["list", "exchanges", "name", "durable"]);
    assert!(exchanges.lines().any(|line| line == format!("{id}-y\tFalse")), "{exchanges}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_management_api_that_refuses_is_told() {
    let broker = Broker::shared();
    let rows = [
        (format!("http://guest:password-wrong@127.0.0.1:{}", broker.management), "refused the login"),
        ("http://127.0.0.1:1".to_owned(), "is the plug-in rabbitmq_management enabled"),
        ("ftp://127.0.0.1".to_owned(), "no http or https URL"),
        (format!("http://127.0.0.1:{}", broker.port), "does not speak HTTP"),
    ];
    for (url, words) in rows {
        let mut connection = service("broker", &broker.url());
        connection.management = Some(Secret::new(url.clone()));
        let args = json!({"connection": "broker", "exchanges": [{"name": "runbook-never-made"}]});
        let error = Bench::new([connection]).fails("bind", args).await.error;
        let all = format!("{} {}", error.message, error.hint.unwrap_or_default());
        assert!(all.contains(words), "{url}: {all}");
        assert!(!all.contains("password-"), "{all}");
    }
}
