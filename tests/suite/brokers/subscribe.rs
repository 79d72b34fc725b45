//! `subscribe`: what a listener sees, judged with redis-cli.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bench::{redis_url, unique};
use crate::harness::case::{Case, Ran};
use crate::harness::proxy::Proxy;
use crate::harness::rabbitmq::output;

/// A playbook on the shared Redis with these steps; `NAME` in them is a name that no other test has.
fn case(steps: &str) -> (Case, String) {
    let name = unique("channel");
    let text = format!("connections: {{ cache: \"{}\" }}\nsteps:\n{steps}", redis_url()).replace("NAME", &name);
    (Case::playbook(&text), name)
}

fn start(case: &Case) -> Child {
    let mut command = case.command(&["apply", "play.yml", "--output", "json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

fn finish(child: Child) -> Ran {
    child.wait_with_output().expect("an end").into()
}

fn cli(args: &[&str]) -> String {
    output(Command::new("redis-cli").arg("-u").arg(redis_url()).args(args)).trim().to_owned()
}

/// Waits until somebody listens.
fn listened(channel: &str, by: usize) {
    let until = Instant::now() + Duration::from_secs(30);
    while cli(&["pubsub", "numsub", channel]).lines().last() != Some(by.to_string().as_str()) {
        assert!(Instant::now() < until, "nobody listens to {channel}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn bodies(result: &Value) -> Vec<(String, String)> {
    let text = |message: &Value, key: &str| message[key].as_str().unwrap_or("-").to_owned();
    let messages = result["messages"].as_array().expect("messages");
    messages.iter().map(|message| (text(message, "channel"), text(message, "body"))).collect()
}

#[test]
fn r2_channels_and_patterns_are_heard_in_order() {
    let (case, name) = case(
        "- name: listen\n  subscribe: { connection: cache, channels: [NAME.a, NAME.b], patterns: ['NAME.p.*'], count: 4 }\n  timeout: 30s\n",
    );
    let child = start(&case);
    let channels = [format!("{name}.a"), format!("{name}.b"), format!("{name}.p.x")];
    listened(&channels[0], 1);
    listened(&channels[1], 1);
    let until = Instant::now() + Duration::from_secs(30);
    let sent = [(0, "one"), (1, "{\"n\": 2}"), (2, "three"), (0, "four")];
    for (channel, text) in sent {
        while cli(&["publish", &channels[channel], text]) != "1" {
            assert!(Instant::now() < until, "{text} reaches nobody");
        }
    }
    let end = finish(child).exits(0).end("-", "listen");
    let expected: Vec<(String, String)> =
        sent.iter().map(|(channel, text)| (channels[*channel].clone(), (*text).to_owned())).collect();
    assert_eq!(bodies(&end["result"]), expected);
    assert_eq!(end["result"]["messages"][1]["json"], json!({"n": 2}));
    assert_eq!(end["result"]["messages"][0].get("json"), None);
    assert_eq!(end["result"]["messages"][2]["pattern"], format!("{name}.p.*"));
    assert_eq!((&end["result"]["count"], &end["result"]["timed_out"]), (&json!(4), &json!(false)));
}

#[test]
fn r2_every_subscriber_gets_every_message() {
    let (case, name) = case(
        "- parallel:\n  - - { name: one, subscribe: { connection: cache, channels: [NAME], count: 2 }, timeout: 30s }\n\
         \x20 - - { name: two, subscribe: { connection: cache, channels: [NAME], count: 2 }, timeout: 30s }\n",
    );
    let child = start(&case);
    listened(&name, 2);
    assert_eq!(cli(&["publish", &name, "a"]), "2");
    assert_eq!(cli(&["publish", &name, "b"]), "2");
    let ran = finish(child).exits(0);
    for step in ["one", "two"] {
        let heard: Vec<String> = bodies(&ran.end("-", step)["result"]).into_iter().map(|(_, body)| body).collect();
        assert_eq!(heard, ["a", "b"], "{step}");
    }
}

#[test]
fn r3_ready_runs_when_everything_after_it_is_heard() {
    // Published in `ready`, by us and by another program: a listener that were late would miss some.
    let (case, _) = case(
        "- exec: redis-cli -u {{ env.URL | quote }} publish NAME before\n\
         - name: ask\n  subscribe:\n    connection: cache\n    channels: [NAME]\n    count: 3\n    ready:\n\
         \x20   - publish: { connection: cache, channel: NAME, messages: [a, b], min_receivers: 1 }\n\
         \x20   - exec: { argv: [redis-cli, -u, '{{ env.URL }}', publish, NAME, c] }\n      register: told\n\
         \x20 timeout: 30s\n  register: heard\n\
         - assert: { that: [\"heard.messages | map(attribute='body') | list == ['a', 'b', 'c']\", told.rc == 0, \"told.stdout == '1'\"] }\n",
    );
    let ran = case.env("URL", &redis_url()).apply(&[]).exits(0);
    assert_eq!(ran.end("-", "ask")["result"]["count"], 3);
}

/// Works on three messages; the second one fails unless it is mended.
const WORK: &str = r#"- name: work
  subscribe:
    connection: cache
    channels: [NAME]
    count: 3
    ready:
      - publish: { connection: cache, channel: NAME, messages: [one, two, three] }
    each:
      - block:
          - name: "work on {{ message.body }}"
            exec: { argv: [sh, -c, 'echo "$1" >> seen; test "$1" != two', x, "{{ message.body }}"] }
        rescue:
          - name: mend
            exec: { argv: [test, -e, mended] }
  timeout: 30s
"#;

#[test]
fn r2_each_message_has_its_steps_and_a_failure_names_the_step() {
    let (broken, _) = case(WORK);
    let ran = broken.apply(&[]).exits(1);
    assert_eq!(broken.read("seen"), "one\ntwo\n");
    let end = ran.end("-", "work");
    assert_eq!(end["error"]["message"], "`mend` did not end well for message 2");
    assert_eq!(end["result"]["count"], 1);
    assert_eq!(end["result"].get("messages"), None);
    let (mended, _) = case(WORK);
    let mended = mended.file("mended", "");
    let ran = mended.apply(&[]).exits(0);
    assert_eq!(mended.read("seen"), "one\ntwo\nthree\n");
    assert_eq!(ran.end("-", "work")["result"]["count"], 3);
}

#[test]
fn r2_the_time_is_over() {
    // count, failed_when, status, outcome
    let rows = [
        (", count: 2", "", 1, "failed"),
        (", count: 2", "  failed_when: result.count == 0\n", 0, "changed"),
        ("", "", 0, "ok"),
    ];
    for (count, decides, status, outcome) in rows {
        let (case, _) = case(&format!(
            "- name: listen\n  subscribe:\n    {{ connection: cache, channels: [NAME]{count}, ready: [ {{ publish: {{ connection: cache, channel: NAME, message: x }} }} ] }}\n  timeout: 1s\n{decides}"
        ));
        let ran = case.apply(&[]).exits(status);
        let end = ran.end("-", "listen");
        assert_eq!((end["outcome"].as_str(), &end["result"]["timed_out"]), (Some(outcome), &json!(true)), "{end}");
        assert_eq!((&end["result"]["count"], &end["result"]["messages"][0]["body"]), (&json!(1), &json!("x")));
        if status == 1 {
            let message = end["error"]["message"].as_str().unwrap_or_default();
            assert!(message.contains("1 of 2 messages came") && message.contains("within 1.0 s"), "{message}");
        }
    }
}

#[test]
fn r2_what_cannot_be_right_is_told_beforehand() {
    let rows = [
        ("- subscribe: { connection: cache, channels: [a] }", "would wait for ever"),
        ("- subscribe: { connection: cache, count: 1 }", "what to listen to?"),
        ("- subscribe: { connection: broker, channels: [a], count: 1 }", "does not work on"),
        ("- subscribe: { connection: cache, channels: [a], count: 1, each: [ { log: '{{ message.bdy }}' } ] }", "bdy"),
        (
            "- subscribe: { connection: cache, channels: [a], count: 1, each: [ { exec: 'echo {{ message.body }}' } ] }",
            "quote",
        ),
        (
            "- subscribe: { connection: cache, channels: [a], count: 1, each: [ flush_handlers ] }",
            "cannot stand in `each`",
        ),
        (
            "- subscribe: { connection: cache, channels: [a], count: 1, ready: [ { log: '{{ message.body }}' } ] }",
            "message",
        ),
        ("- subscribe: { connection: cache, channels: [a], count: 1, each: [ { exce: x } ] }", "did you mean `exec`"),
        ("- subscribe: { connection: cache, channels: [a], count: 1, each: x }", "list of steps"),
    ];
    for (step, words) in rows {
        let head = "connections: { cache: 'redis://127.0.0.1:1', broker: 'amqp://127.0.0.1:1' }\nsteps:\n";
        let ran = Case::playbook(&format!("{head}{step}\n")).run(&["validate", "play.yml"]).exits(2);
        assert!(ran.stderr.contains(words), "{step}: {}", ran.stderr);
    }
}

#[test]
fn r2_a_check_listens_to_nothing() {
    let (case, name) = case(
        "- name: listen\n  subscribe: { connection: cache, channels: [NAME], count: 1, ready: [ { exec: touch it, register: made } ] }\n\
         - log: '{{ made.rc }}'\n",
    );
    let ran = case.apply(&["--check"]).exits(0);
    assert_eq!(ran.ends_of("-"), "listen changed");
    assert!(!case.path("it").exists());
    assert_eq!(cli(&["pubsub", "numsub", &name]).lines().last(), Some("0"));
}

#[test]
fn r2_steps_inside_run_once_for_all_hosts_and_notify_them() {
    let (case, _) = case("- log: x\n");
    let name = unique("channel");
    let text = format!(
        "connections: {{ cache: \"{}\" }}\nhosts: web\nsteps:\n- subscribe:\n    connection: cache\n    channels: [{name}]\n    count: 1\n    ready:\n\
         \x20   - publish: {{ connection: cache, channel: {name}, message: hello }}\n    each:\n    - exec: {{ argv: [sh, -c, 'echo \"$0\" >> seen', '{{{{ message.body }}}}'] }}\n      register: done\n      notify: tell\n\
         - exec: {{ argv: [sh, -c, 'echo {{{{ done.rc }}}} >> after'] }}\nhandlers:\n- name: tell\n  exec: echo {{{{ inventory_hostname }}}} >> told\n",
        redis_url()
    );
    let case = case.file("play.yml", &text).file("hosts.ini", crate::harness::case::THREE);
    let ran = case.apply(&["-i", "hosts.ini", "-f", "1"]).exits(0);
    assert_eq!((case.read("seen").as_str(), case.read("after").as_str()), ("hello\n", "0\n0\n0\n"));
    let mut told: Vec<String> = case.read("told").lines().map(str::to_owned).collect();
    told.sort();
    assert_eq!(told, ["a", "b", "c"]);
    assert!(ran.ends_of("localhost").contains("changed"), "{}", ran.stdout);
}

#[test]
fn r2_a_lost_connection_is_made_again_and_told() {
    let (case, name) = case("- log: x\n");
    let proxy = Proxy::to(6379);
    let text = format!(
        "connections: {{ cache: 'redis://127.0.0.1:{}' }}\nsteps:\n- name: listen\n  subscribe: {{ connection: cache, channels: [{name}], count: 2 }}\n  timeout: 60s\n",
        proxy.port
    );
    let case = case.file("play.yml", &text);
    let child = start(&case);
    listened(&name, 1);
    assert_eq!(cli(&["publish", &name, "one"]), "1");
    std::thread::sleep(Duration::from_millis(200));
    proxy.cut();
    let until = Instant::now() + Duration::from_secs(30);
    while cli(&["publish", &name, "two"]) != "1" {
        assert!(Instant::now() < until, "nobody listens again");
        std::thread::sleep(Duration::from_millis(20));
    }
    let ran = finish(child).exits(0);
    let result = &ran.end("-", "listen")["result"];
    let heard: Vec<String> = bodies(result).into_iter().map(|(_, body)| body).collect();
    assert_eq!((heard, &result["reconnects"]), (vec!["one".to_owned(), "two".to_owned()], &json!(1)));
    let said = ran.events().into_iter().find(|event| event["event"] == "step_said").expect("a warning");
    assert!(said["text"].as_str().unwrap_or_default().contains("messages may have been missed"), "{said}");
}

#[test]
fn r2_a_user_without_the_channel_is_told_which() {
    let (case, name) = case("- log: x\n");
    let user = unique("user");
    cli(&["acl", "setuser", &user, "on", ">right-password", "+@all", "~*", "resetchannels", "&allowed"]);
    let text = format!(
        "connections: {{ cache: 'redis://{user}:right-password@127.0.0.1:6379' }}\nsteps:\n- name: listen\n  subscribe: {{ connection: cache, channels: [allowed, {name}], count: 1 }}\n"
    );
    let ran = case.file("play.yml", &text).apply(&[]);
    cli(&["acl", "deluser", &user]);
    let error = ran.exits(1).end("-", "listen")["error"].clone();
    assert!(
        error["message"].as_str().unwrap_or_default().starts_with(&format!("cannot subscribe to `{name}`")),
        "{error}"
    );
    assert!(error["hint"].as_str().unwrap_or_default().contains("ACL"), "{error}");
}

#[test]
fn r3_a_killed_listener_is_unknown_and_asks_again_from_the_beginning() {
    let (case, name) = case(
        "- name: ask\n  subscribe: { connection: cache, channels: [NAME], count: 1, ready: [ { exec: 'echo asked >> asked' } ] }\n  timeout: 30s\n",
    );
    let mut child = start(&case);
    let until = Instant::now() + Duration::from_secs(30);
    while !case.path("asked").exists() {
        assert!(Instant::now() < until, "it does not ask");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(300));
    child.kill().expect("a kill");
    child.wait().expect("an end");
    case.run(&["resume", "--output", "json"]).exits(5);
    assert_eq!(case.read("asked"), "asked\n");
    let mut command = case.command(&["resume", "--on-unknown", "retry", "--output", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    listened(&name, 1);
    while cli(&["publish", &name, "here"]) != "1" {}
    let ran = finish(child).exits(0);
    assert_eq!(case.read("asked"), "asked\nasked\n");
    assert_eq!(ran.end("-", "ask")["result"]["messages"][0]["body"], "here");
}

#[test]
fn r2_messages_that_come_too_fast_are_a_failure_and_not_memory() {
    let (case, name) = case(
        "- name: slow\n  subscribe: { connection: cache, channels: [NAME], count: 100, ready: [ { publish: { connection: cache, channel: NAME, file: megabytes } } ], each: [ { exec: sleep 0.1 } ] }\n  timeout: 60s\n",
    );
    let line = format!("{}\n", "x".repeat(1 << 20));
    let case = case.file("megabytes", &line.repeat(80));
    let error = case.apply(&[]).exits(1).end("-", "slow")["error"].clone();
    assert!(error["message"].as_str().unwrap_or_default().contains("more than 64 MiB"), "{error} {name}");
}
