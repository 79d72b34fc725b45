//! A rollout that is halted, as each output tells it.

use serde_json::json;

use crate::harness::case::{Case, THREE};

const GATE: &str = "connections: {db: 'sqlite::memory:'}
plays:
- name: Roll
  hosts: web
  steps:
  - {name: soon, wait: {duration: \"{{ {'a': '0s', 'b': '150ms', 'c': '300ms'}[inventory_hostname] }}\"}}
  - name: One by one
    throttle: 1
    block:
    - {name: deploy, exec: 'sleep 0.2'}
    - name: gate
      query: {connection: db, sql: 'select :h as h', params: {h: '{{ inventory_hostname }}'}}
      each_host: true
      register: health
      until: health.rows[0].h != 'b'
      retries: 1
      delay: 0s
";

#[test]
fn who_is_where_in_a_halted_rollout() {
    let case = Case::playbook(GATE).file("hosts.ini", THREE);
    let ran = case.apply(&["-i", "hosts.ini"]).exits(1);
    let events = ran.events();
    let halted: Vec<_> = events.iter().filter(|event| event["event"] == "rollout_halted").collect();
    assert_eq!(halted.len(), 1, "{}", ran.stdout);
    assert_eq!((&halted[0]["play"], &halted[0]["step"]), (&json!("Roll"), &json!("One by one")));
    let expected =
        json!({"a": {"state": "done"}, "b": {"state": "failed", "step": "gate"}, "c": {"state": "not_started"}});
    assert_eq!(halted[0]["hosts"], expected);

    let account = "halted rollout: One by one\n  done         a\n  failed       b  at gate\n  not started  c\n";
    let shown = case.run(&["show", "last"]).exits(0);
    assert!(shown.stdout.contains(account), "{}", shown.stdout);
    let told = case.run(&["apply", "play.yml", "-i", "hosts.ini"]).exits(1);
    assert!(told.stdout.contains(account), "{}", told.stdout);

    // Once the gate opens, the run goes on where it stopped, and nothing of it is left to tell.
    let mended = GATE.replace("!= 'b'", "!= 'x'");
    let case = case.file("play.yml", &mended);
    let ran = case.run(&["resume", "last", "--accept-changes", "--output", "json"]).exits(0);
    assert_eq!(ran.ends_of("a"), "");
    assert_eq!(ran.ends_of("b"), "gate ok");
    assert_eq!(ran.ends_of("c"), "deploy changed, gate ok");
    assert!(!case.run(&["show", "last"]).stdout.contains("halted rollout"));

    // The same of batches.
    let batches =
        "name: Deploy\nhosts: web\nserial: 1\nsteps:\n- {name: one, exec: 'test {{ inventory_hostname }} != b'}\n";
    let told = Case::playbook(batches).file("hosts.ini", THREE).run(&["apply", "play.yml", "-i", "hosts.ini"]).exits(1);
    let account = "halted rollout: Deploy\n  done         a\n  failed       b  at one\n  not started  c\n";
    assert!(told.stdout.contains(account), "{}", told.stdout);
}

/// Whether its last host fails or one before it.
#[test]
fn a_rollout_that_its_last_host_fails_is_halted_too() {
    let last = GATE.replace("!= 'b'", "!= 'c'");
    let told = Case::playbook(&last).file("hosts.ini", THREE).run(&["apply", "play.yml", "-i", "hosts.ini"]).exits(1);
    let account = "halted rollout: One by one\n  done         a b\n  failed       c  at gate\n";
    assert!(told.stdout.contains(account), "{}", told.stdout);
}
