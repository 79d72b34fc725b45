//! `set`, `log`, `assert`, `wait`, `confirm`, and steps that are stopped.

use std::time::Duration;

use runbook::cancel::Reason;
use runbook::step::FailureKind;
use serde_json::json;
use tokio::net::TcpListener;

use super::world::{World, read, step_of};

#[tokio::test]
async fn set_and_log() {
    let world = World::new();
    let done = world.play(&*read("set: { a: 1, b: [x, { c: null }] }").unwrap()).await.unwrap().1;
    assert_eq!(serde_json::Value::Object(done.result), json!({ "a": 1, "b": ["x", { "c": null }] }));
    assert!(!done.changed);
    for text in ["log: hello", "log: { a: 1 }"] {
        world.play(&*read(text).unwrap()).await.unwrap();
    }
    assert_eq!(*world.ears.said.lock().unwrap(), ["hello", r#"{"a":1}"#]);
}

#[tokio::test]
async fn assertions() {
    let rows = [
        (json!([{ "text": "a > 1", "value": true }, { "text": "b", "value": "x" }]), None, Ok(())),
        (json!([{ "text": "a > 1", "value": false }]), None, Err("`a > 1` is false")),
        (json!([{ "text": "a", "value": 1 }, { "text": "b", "value": [] }]), Some("no b"), Err("no b (`b` is false)")),
        (json!([{ "text": "a", "value": null }]), None, Err("`a` is false")),
        (json!([{ "text": "a", "value": 0 }]), None, Err("`a` is false")),
    ];
    for (that, message, expected) in rows {
        let world = World::new();
        let mut args = json!({ "that": that });
        if let Some(message) = message {
            args["message"] = message.into();
        }
        let played = world.play(&*step_of("assert", args).unwrap()).await;
        let outcome = played.map(|_| ()).map_err(|failure| failure.error.message);
        assert_eq!(outcome, expected.map_err(str::to_owned), "{that}");
    }
}

#[tokio::test]
async fn confirmations() {
    for (answer, expected) in [(true, None), (false, Some("not confirmed"))] {
        let world = World::answering(answer);
        let played = world.play(&*read("confirm: Sure?").unwrap()).await;
        assert_eq!(played.err().map(|failure| failure.error.message).as_deref(), expected);
    }
}

#[tokio::test]
async fn waits() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let open = read(&format!("wait: {{ port: {port} }}")).unwrap();
    let done = world.play(&*open).await.unwrap().1;
    assert!(done.result["elapsed"].is_f64() && !done.changed);
    let closed = read(&format!("wait: {{ port: {port}, host: localhost, state: closed }}")).unwrap();
    let (waited, ()) = tokio::join!(world.play(&*closed), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(listener);
    });
    assert!(waited.is_ok());
    let done = world.play(&*read("wait: { duration: 20ms }").unwrap()).await.unwrap().1;
    assert!(done.result["elapsed"].as_f64().unwrap() >= 0.02);
}

#[tokio::test]
async fn steps_that_are_stopped() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let rows = [
        ("wait: { duration: 1h }".to_owned(), "the wait was not over after 100 ms"),
        (format!("wait: {{ port: {unused} }}"), "is not open (Connection refused"),
        ("exec: sleep 1000".to_owned(), ""),
    ];
    for (text, told) in rows {
        let mut world = World::new();
        let limit = Duration::from_millis(100);
        let (cancel, _deadline) = world.cx.cancel.child_for(Some(limit));
        world.cx.cancel = cancel;
        let failure = world.play(&*read(&text).unwrap()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Stopped(Reason::TimedOut(limit)), "{text}: {failure:?}");
        assert!(failure.error.message.contains(told), "{text}: {failure:?}");
    }
}
