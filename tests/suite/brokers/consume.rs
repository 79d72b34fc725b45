//! `consume`: what is taken, acknowledged and given back, judged with rabbitmqctl and amqp-tools.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bench::{amqp_url, drop_queues, listed, unique};
use crate::harness::case::{Case, Ran};
use crate::harness::proxy::Proxy;
use crate::harness::rabbitmq::output;

/// A queue of the shared broker that is gone with the test.
struct Queue(String);

impl Queue {
    fn new() -> Self {
        let name = unique("queue");
        output(Command::new("amqp-declare-queue").args(["-u", &amqp_url(), "-d", "-q", &name]));
        Self(name)
    }

    fn with(bodies: &[&str]) -> Self {
        let queue = Self::new();
        for body in bodies {
            queue.put(body);
        }
        queue
    }

    fn put(&self, body: &str) {
        output(Command::new("amqp-publish").args(["-u", &amqp_url(), "-r", &self.0, "-p", "-b", body]));
    }

    /// Messages that are ready and that somebody has, and consumers.
    fn counts(&self) -> String {
        let lines = listed(&["list_queues", "name", "messages_ready", "messages_unacknowledged", "consumers"], &self.0);
        lines[0].split_once('\t').expect("counts").1.replace('\t', " ")
    }

    /// Waits until the broker says so: its numbers come a moment later.
    #[track_caller]
    fn becomes(&self, counts: &str) {
        let until = Instant::now() + Duration::from_secs(15);
        while self.counts() != counts {
            assert!(Instant::now() < until, "{} and not {counts}", self.counts());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// A playbook with a connection `broker` and these steps; `QUEUE` stands for its name.
    fn case(&self, steps: &str) -> Case {
        self.case_at(&amqp_url(), steps)
    }

    fn case_at(&self, url: &str, steps: &str) -> Case {
        let text = format!("connections: {{ broker: \"{url}\" }}\nsteps:\n{steps}");
        Case::playbook(&text.replace("QUEUE", &self.0))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            drop_queues(&[&self.0]);
        }
    }
}

fn start(case: &Case, args: &[&str]) -> Child {
    let mut command = case.command(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

const APPLY: [&str; 4] = ["apply", "play.yml", "--output", "json"];

fn finish(child: Child) -> Ran {
    child.wait_with_output().expect("an end").into()
}

#[track_caller]
fn waits(what: &str, is: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !is() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn bodies(result: &Value) -> Vec<&str> {
    let messages = result["messages"].as_array().expect("messages");
    messages.iter().map(|message| message["body"].as_str().unwrap_or("-")).collect()
}

#[test]
fn q7_what_is_taken_and_what_stays() {
    // parameters, what comes, what stays
    let rows: [(&str, &[&str], &str); 6] = [
        ("count: 2", &["a", "b"], "2 0 0"),
        ("count: all", &["a", "b", "c", "d"], "0 0 0"),
        ("count: 2, ack: none", &["a", "b"], "2 0 0"),
        ("count: all, ack: none", &["a", "b", "c", "d"], "0 0 0"),
        ("count: 3, ack: peek", &["a", "b", "c"], "4 0 0"),
        ("count: all, ack: peek", &["a", "b", "c", "d"], "4 0 0"),
    ];
    for (args, comes, stays) in rows {
        let queue = Queue::with(&["a", "b", "c", "d"]);
        let case = queue.case(&format!(
            "- {{ name: take, consume: {{ connection: broker, queue: QUEUE, {args} }}, timeout: 30s }}\n"
        ));
        let end = case.apply(&[]).exits(0).end("-", "take");
        assert_eq!(bodies(&end["result"]), comes, "{args}");
        let outcome = if args.contains("peek") { "ok" } else { "changed" };
        assert_eq!((&end["result"]["count"], end["outcome"].as_str()), (&json!(comes.len()), Some(outcome)), "{args}");
        queue.becomes(stays);
    }
}

#[test]
fn q7_messages_are_acknowledged_only_when_their_steps_succeeded() {
    let queue = Queue::with(&["one", "two", "three", "four"]);
    let case = queue.case(
        r#"- name: work
  consume:
    connection: broker
    queue: QUEUE
    count: 4
    prefetch: 3
    each:
      - name: "work on {{ message.body }}"
        exec: { argv: [sh, -c, 'echo "$1" >> seen; test "$1" != two', x, "{{ message.body }}"] }
  timeout: 30s
"#,
    );
    let ran = case.apply(&[]).exits(1);
    let end = ran.end("-", "work");
    assert_eq!(end["error"]["message"], "`work on two` did not end well for message 2");
    assert_eq!((case.read("seen").as_str(), &end["result"]["count"]), ("one\ntwo\n", &json!(1)));
    queue.becomes("3 0 0");
    // Mended, the run goes on with the rest of the count.
    let text = case.read("play.yml").replace("!= two", "!= two || test -e mended");
    let case = case.file("play.yml", &text).file("mended", "");
    let resumed = case.run(&["resume", "--accept-changes", "--output", "json"]).exits(0);
    assert_eq!(case.read("seen"), "one\ntwo\ntwo\nthree\nfour\n");
    assert_eq!(resumed.end("-", "work")["result"]["count"], 4);
    queue.becomes("0 0 0");
}

#[test]
fn q7_what_is_acknowledged_is_in_the_result_of_a_run_that_was_killed() {
    let queue = Queue::with(&["a", "b"]);
    let case = queue.case("- { name: take, consume: { connection: broker, queue: QUEUE, count: 3 }, timeout: 60s }\n");
    let mut child = start(&case, &APPLY);
    queue.becomes("0 0 1");
    child.kill().expect("a kill");
    child.wait().expect("an end");
    queue.put("c");
    let end = case.run(&["resume", "--output", "json"]).exits(0).end("-", "take");
    assert_eq!(bodies(&end["result"]), ["a", "b", "c"]);
    queue.becomes("0 0 0");
}

#[test]
fn q7_bytes_arrive_as_they_are_and_go_back_unchanged() {
    let queue = Queue::new();
    let back = Queue::new();
    let case = queue.case(
        "- name: take\n  consume: { connection: broker, queue: QUEUE, count: 3, save: out/kept.jsonl, each: [ { publish: { connection: broker, routing_key: BACK, message: '{{ message.body }}', properties: '{{ message.properties }}', headers: '{{ message.headers }}' } } ] }\n  timeout: 30s\n",
    );
    let text = case.read("play.yml").replace("BACK", &back.0);
    let case = case.file("play.yml", &text);
    let bytes: [&[u8]; 3] = [b"\xff\x00\xfe", "{\"a\": 1.50}\n".as_bytes(), "\u{e4} {{ x }}".as_bytes()];
    for body in bytes {
        let path = case.path("body");
        std::fs::write(&path, body).expect("a body");
        let file = std::fs::File::open(&path).expect("a body");
        let mut command = Command::new("amqp-publish");
        command.args(["-u", &amqp_url(), "-r", &queue.0, "-C", "text/x", "-H", "n: 1"]).stdin(file);
        output(&mut command);
    }
    case.apply(&[]).exits(0);
    for body in bytes {
        let got = Command::new("amqp-get").args(["-u", &amqp_url(), "-q", &back.0]).output().expect("amqp-get");
        assert_eq!(got.stdout, body);
    }
    let kept: Vec<Value> =
        case.read("out/kept.jsonl").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(kept[0]["body"], json!({"$base64": "/wD+"}));
    assert_eq!(kept[1]["body"], "{\"a\": 1.50}\n");
    assert_eq!((&kept[1]["properties"]["content_type"], &kept[1]["headers"]["n"]), (&json!("text/x"), &json!("1")));
    queue.becomes("0 0 0");
}

#[test]
fn q7_a_queue_is_drained_into_a_file() {
    let queue = Queue::with(&["a", "{\"n\": 1}"]);
    let case = queue
        .case("- { name: drain, consume: { connection: broker, queue: QUEUE, count: all, save: dead.jsonl } }\n")
        .file("dead.jsonl", "earlier\n");
    let end = case.apply(&[]).exits(0).end("-", "drain");
    assert_eq!((&end["result"]["count"], end["result"].get("messages")), (&json!(2), None));
    let text = case.read("dead.jsonl");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "earlier");
    let second: Value = serde_json::from_str(lines[2]).expect("JSON");
    assert_eq!((&second["body"], &second["routing_key"]), (&json!("{\"n\": 1}"), &json!(queue.0)));
    queue.becomes("0 0 0");
    assert_eq!(case.apply(&[]).exits(0).end("-", "drain")["result"]["count"], 0);
}

#[test]
fn q8_a_slow_consumer_does_not_hoard() {
    let queue = Queue::with(&["a", "b", "c", "d", "e"]);
    let case = queue.case(
        "- consume: { connection: broker, queue: QUEUE, count: 5, prefetch: 2, each: [ { exec: 'echo x >> seen; while ! test -e go; do sleep 0.1; done' } ] }\n  timeout: 60s\n",
    );
    let child = start(&case, &APPLY);
    waits("it works", || case.path("seen").exists());
    queue.becomes("3 2 1");
    let case = case.file("go", "");
    finish(child).exits(0);
    assert_eq!(case.read("seen").lines().count(), 5);
    queue.becomes("0 0 0");
}

#[test]
fn q9_each_subscriber_of_an_exchange_has_a_queue_of_its_own() {
    let exchange = unique("exchange");
    let text = format!(
        r#"connections: {{ broker: "{}" }}
steps:
  - bind: {{ connection: broker, exchanges: [ {{ name: {exchange}, type: fanout }} ] }}
  - parallel:
      - - name: one
          consume: {{ connection: broker, exchange: {exchange}, count: 2, ready: [ {{ exec: touch one }} ] }}
          timeout: 30s
      - - name: two
          consume: {{ connection: broker, exchange: {exchange}, count: 2, ready: [ {{ exec: touch two }} ] }}
          timeout: 30s
      - - exec: "while ! test -e one || ! test -e two; do sleep 0.1; done"
          timeout: 30s
        - publish: {{ connection: broker, exchange: {exchange}, messages: [hello, again] }}
  - bind: {{ connection: broker, state: absent, exchanges: [ {{ name: {exchange} }} ] }}
"#,
        amqp_url()
    );
    let case = Case::playbook(&text);
    let ran = case.apply(&[]).exits(0);
    for step in ["one", "two"] {
        assert_eq!(bodies(&ran.end("-", step)["result"]), ["hello", "again"], "{step}");
    }
    assert!(listed(&["list_queues", "name"], "amq.gen").is_empty());
}

#[test]
fn q7_a_lost_connection_is_made_again_and_what_was_not_acknowledged_comes_again() {
    let queue = Queue::with(&["a", "b"]);
    let proxy = Proxy::to(5672);
    let url = format!("amqp://guest:guest@127.0.0.1:{}/%2f", proxy.port);
    let case = queue.case_at(
        &url,
        "- name: work\n  consume: { connection: broker, queue: QUEUE, count: 2, each: [ { name: w, exec: { argv: [sh, -c, 'echo $0 >> seen; while ! test -e go; do sleep 0.1; done', '{{ message.body }}'] } } ] }\n  timeout: 60s\n",
    );
    let child = start(&case, &APPLY);
    waits("it works", || case.path("seen").exists());
    proxy.cut();
    queue.becomes("2 0 0");
    let case = case.file("go", "");
    let ran = finish(child).exits(0);
    assert_eq!(case.read("seen"), "a\nb\n");
    let end = ran.end("-", "work");
    assert_eq!((&end["result"]["count"], &end["result"]["reconnects"]), (&json!(2), &json!(1)));
    assert!(ran.stdout.contains("what was not acknowledged comes again"), "{}", ran.stdout);
    queue.becomes("0 0 0");
}

#[test]
fn g11_a_kill_between_the_steps_and_the_acknowledgement() {
    let queue = Queue::with(&["a", "b", "c"]);
    let proxy = Proxy::to(5672);
    let url = format!("amqp://guest:guest@127.0.0.1:{}/%2f", proxy.port);
    let case = queue.case_at(
        &url,
        "- name: work\n  consume: { connection: broker, queue: QUEUE, count: 3, each: [ { name: one, exec: { argv: [sh, -c, 'echo $0 >> seen', '{{ message.body }}'] } }, { name: wait, exec: 'while ! test -e go; do sleep 0.1; done', class: read } ] }\n  timeout: 60s\n",
    );
    let mut child = start(&case, &APPLY);
    waits("it works", || case.path("seen").exists());
    std::thread::sleep(Duration::from_millis(500));
    // Its first step is done and recorded, and the message is not acknowledged.
    child.kill().expect("a kill");
    child.wait().expect("an end");
    queue.becomes("3 0 0");
    let case = case.file("go", "");
    let ran = case.run(&["resume", "--output", "json"]).exits(0);
    assert_eq!(case.read("seen"), "a\nb\nc\n");
    assert_eq!(ran.end("-", "work")["result"]["count"], 3);
    queue.becomes("0 0 0");
}

#[test]
fn g11_kills_at_any_moment_lose_no_message_and_repeat_no_step() {
    let mut cut = 0;
    for round in 0..12u64 {
        let all: Vec<String> = (0..12).map(|n| format!("m{n}")).collect();
        let queue = Queue::with(&all.iter().map(String::as_str).collect::<Vec<_>>());
        let case = queue.case(
            "- name: work\n  consume: { connection: broker, queue: QUEUE, count: 12, prefetch: 4, each: [ { exec: { argv: [sh, -c, 'echo $0 >> seen', '{{ message.body }}'] } } ] }\n  timeout: 60s\n",
        );
        let mut child = start(&case, &APPLY);
        let enough = usize::try_from(round).expect("small");
        let seen = || std::fs::read_to_string(case.path("seen")).unwrap_or_default();
        waits("it works", || seen().lines().count() > enough.min(8));
        std::thread::sleep(Duration::from_micros(700 * round));
        child.kill().expect("a kill");
        child.wait().expect("an end");
        let mut resumed = case.run(&["resume", "--output", "json"]);
        if resumed.stdout.contains("ended well") {
            continue;
        }
        if resumed.status == 5 {
            // The command of one message had begun: whether it ran is not known, and it is asked about.
            resumed = case.run(&["resume", "--on-unknown", "skip", "--output", "json"]);
        }
        cut += u32::from(resumed.status == 0);
        resumed.exits(0);
        let text = seen();
        let mut lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() >= 11, "round {round}: {lines:?}");
        lines.sort_unstable();
        let before = lines.len();
        lines.dedup();
        assert_eq!(lines.len(), before, "round {round}: a step ran twice: {text}");
        queue.becomes("0 0 0");
    }
    assert!(cut > 6, "only {cut} kills hit a run");
}

#[test]
fn q7_a_time_that_is_over_and_mistakes_are_told() {
    let queue = Queue::with(&["a"]);
    let case = queue.case("- { name: take, consume: { connection: broker, queue: QUEUE, count: 2 }, timeout: 1s }\n");
    let end = case.apply(&[]).exits(1).end("-", "take");
    let message = end["error"]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("1 of 2 messages came from queue"), "{message}");
    assert_eq!((bodies(&end["result"]), &end["result"]["timed_out"]), (vec!["a"], &json!(true)));
    let missing = queue.case("- { name: take, consume: { connection: broker, queue: QUEUE-no, count: 1 } }\n");
    let end = missing.apply(&[]).exits(1).end("-", "take");
    assert!(end["error"]["hint"].as_str().unwrap_or_default().contains("`bind` step"), "{end}");
    let rows = [
        ("queue: q", "would wait for ever"),
        ("queue: q, exchange: e, count: 1", "exclude each other"),
        ("count: 1", "where from?"),
        ("exchange: e, count: all", "is empty"),
        ("queue: q, count: some", "one of `all`"),
        ("queue: q, count: 1, ack: peek, each: [ { log: x } ]", "takes no `each`"),
        ("queue: q, routing_keys: [a], count: 1", "go with `exchange`"),
        ("queue: q, count: 1, save: a.csv", "must end in .jsonl"),
        ("queue: q, channel: c, count: 1", "unknown key `channel`"),
    ];
    for (args, words) in rows {
        let text = format!(
            "connections: {{ broker: 'amqp://127.0.0.1:1' }}\nsteps:\n- consume: {{ connection: broker, {args} }}\n"
        );
        let ran = Case::playbook(&text).run(&["validate", "play.yml"]).exits(2);
        assert!(ran.stderr.contains(words), "{args}: {}", ran.stderr);
    }
}

#[test]
fn q7_an_interrupt_gives_back_what_is_in_hand() {
    let queue = Queue::with(&["a", "b", "c"]);
    let case = queue.case(
        "- consume: { connection: broker, queue: QUEUE, count: 3, prefetch: 2, each: [ { exec: 'echo x >> seen; exec sleep 60' } ] }\n",
    );
    let child = start(&case, &APPLY);
    waits("it works", || case.path("seen").exists());
    output(Command::new("kill").args(["-INT", &child.id().to_string()]));
    finish(child).exits(130);
    queue.becomes("3 0 0");
    assert_eq!(case.read("seen"), "x\n");
}

#[test]
fn q7_a_peek_is_a_read_and_runs_under_check() {
    let queue = Queue::with(&["a", "b"]);
    let case = queue.case(
        "- { name: look, consume: { connection: broker, queue: QUEUE, count: all, ack: peek } }\n\
         - { name: take, consume: { connection: broker, queue: QUEUE, count: 2, each: [ { exec: touch it, register: made } ] } }\n\
         - log: '{{ made.rc }}'\n",
    );
    let ran = case.apply(&["--check"]).exits(0);
    assert_eq!(bodies(&ran.end("-", "look")["result"]), ["a", "b"]);
    assert_eq!(ran.end("-", "take")["outcome"], "changed");
    assert!(!case.path("it").exists());
    queue.becomes("2 0 0");
}

#[test]
fn q7_hosts_take_messages_each_for_itself() {
    let queue = Queue::with(&["1", "2", "3"]);
    let text = format!(
        "connections: {{ broker: \"{}\" }}\nhosts: web\nsteps:\n- consume: {{ connection: broker, queue: {}, count: 1, each: [ {{ exec: 'echo {{{{ inventory_hostname }}}} >> seen', register: done }} ] }}\n  each_host: true\n  timeout: 30s\n- assert: {{ that: done.rc == 0 }}\n",
        amqp_url(),
        queue.0
    );
    let case = Case::playbook(&text).file("hosts.ini", crate::harness::case::THREE);
    case.apply(&["-i", "hosts.ini", "-f", "2"]).exits(0);
    let seen = case.read("seen");
    let mut hosts: Vec<&str> = seen.lines().collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["a", "b", "c"]);
    queue.becomes("0 0 0");
}
