//! A signal in the middle of a run.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::case::{Case, Ran, THREE};

/// Applies a playbook, sends a signal as soon as it has made the file `up`, and awaits its end.
fn stopped(case: &Case, signal: &str) -> Ran {
    let args = ["apply", "play.yml", "-i", "hosts.ini", "--output", "json"];
    let child = case.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runbook");
    let begun = Instant::now();
    while !case.path("up").exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not come so far");
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()));
    child.wait_with_output().expect("an end").into()
}

fn case(steps: &str) -> Case {
    let text = format!("connections: {{db: 'sqlite::memory:'}}\nhosts: web\n{steps}");
    Case::playbook(&text).file("hosts.ini", THREE)
}

#[test]
fn in_a_block_always_runs_and_rescue_does_not() {
    let case = case(
        "steps:
- {name: zero, exec: 'true', notify: later}
- block:
  - {name: one, exec: 'test {{ inventory_hostname }} != a || { sleep 0.5; echo > ~/up; sleep 30; }'}
  - {name: never, query: {connection: db, sql: select 1}}
  rescue: [{name: nor, exec: 'true'}]
  always:
  - {name: last, exec: 'sleep 0.1'}
  - {name: said, query: {connection: db, sql: select 1}}
- {name: after, exec: 'true'}
handlers: [{name: later, exec: 'true'}]
",
    );
    let ran = stopped(&case, "INT").exits(130);
    assert_eq!(ran.ends_of("a"), "zero changed, one failed, last changed");
    assert_eq!(ran.ends_of("b"), "zero changed, one changed, last changed");
    assert_eq!(ran.ends_of("-"), "said ok");
    // The handler is not lost: it runs when the run goes on.
    let playbook = case.read("play.yml").replace("sleep 30", "true");
    let case = case.file("play.yml", &playbook);
    let args = ["resume", "last", "--accept-changes", "--on-unknown", "retry", "--output", "json"];
    let ran = case.run(&args).exits(0);
    assert_eq!(ran.ends_of("a"), "one changed, after changed, later changed");
    assert_eq!(ran.ends_of("c"), "after changed, later changed");
}

#[test]
fn in_always_it_goes_on_to_its_end() {
    let case = case(
        "steps:
- block: [{name: one, exec: 'true'}]
  always:
  - {name: last, exec: 'echo > ~/up; sleep 0.5'}
  - {name: words, exec: 'true'}
- {name: never, exec: 'true'}
",
    );
    let ran = stopped(&case, "TERM").exits(143);
    assert_eq!(ran.ends_of("a"), "one changed, last changed, words changed");
}

#[test]
fn in_a_loop_the_items_after_it_do_not_begin() {
    let case = case(
        "steps:
- name: one
  exec: 'echo {{ item }} >> ~/{{ inventory_hostname }}; test {{ item }} = 1 || { echo > ~/up; sleep 30; }'
  loop: [1, 2, 3]
",
    );
    let ran = stopped(&case, "INT").exits(130);
    assert_eq!(ran.ends_of("b"), "one failed");
    assert_eq!(case.read("a"), "1\n2\n");
}

#[test]
fn at_a_meeting_point_it_is_not_held() {
    let case = case(
        "steps:
- {name: one, exec: 'sleep 30', when: inventory_hostname == 'a'}
- {name: two, exec: 'echo > ~/up'}
- {name: never, query: {connection: db, sql: select 1}}
",
    );
    let ran = stopped(&case, "INT").exits(130);
    assert_eq!(ran.ends_of("-"), "");
    assert_eq!(ran.ends_of("a"), "one failed");
}

#[test]
fn in_a_rollout_it_is_told_who_is_where() {
    let case = case(
        "steps:
- {name: soon, wait: {duration: \"{{ {'a': '0s', 'b': '150ms', 'c': '300ms'}[inventory_hostname] }}\"}}
- throttle: 1
  name: One by one
  block:
  - {name: one, exec: 'sleep 0.2'}
  - {name: two, exec: 'test {{ inventory_hostname }} = a || { sleep 0.3; echo > ~/up; sleep 30; }'}
",
    );
    let ran = stopped(&case, "INT").exits(130);
    let events = ran.events();
    let halted = events.iter().find(|event| event["event"] == "rollout_halted").expect("an account");
    let expected =
        json!({"a": {"state": "done"}, "b": {"state": "inside", "step": "two"}, "c": {"state": "not_started"}});
    assert_eq!(halted["hosts"], expected);
}
