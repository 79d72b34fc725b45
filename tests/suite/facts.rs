//! `host.facts`, judged by the machine's own tools.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::case::{Case, Ran};
use crate::harness::sshd::{Fleet, User};

fn said(script: &str) -> String {
    let output = Command::new("sh").args(["-c", script]).output().expect("sh");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn result(ran: &Ran, step: &str, host: &str) -> Value {
    let events = ran.events();
    let of = |event: &&Value| event["event"] == "step_finished" && event["step"] == step && event["host"] == host;
    events.iter().find(of).unwrap_or_else(|| panic!("{step} on {host}: {}", ran.stdout))["result"].clone()
}

#[test]
fn facts_are_what_the_machine_says() {
    let fleet = Fleet::start(1);
    let case = Case::playbook("hosts: all\nsteps:\n- {name: all, set: {facts: '{{ host.facts }}'}}\n")
        .file("hosts", &format!("here ansible_connection=local\n{}", fleet.inventory()));
    let ran = case.apply(&["-i", "hosts"]).exits(0);
    for host in ["here", "h0"] {
        let facts = &result(&ran, "all", host)["facts"];
        let expected = json!({
            "os": said("uname -s | tr A-Z a-z"),
            "distribution": said(". /etc/os-release; echo $ID"),
            "version": said(". /etc/os-release; echo $VERSION_ID"),
            "kernel": said("uname -r"),
            "architecture": said("uname -m"),
            "hostname": said("uname -n"),
            "cpus": said("getconf _NPROCESSORS_ONLN").parse::<u64>().expect("a number"),
            "memory": said("awk '/^MemTotal/ {print $2}' /proc/meminfo").parse::<u64>().expect("a number") * 1024,
        });
        for (name, value) in expected.as_object().expect("a mapping") {
            assert_eq!(&facts[name], value, "{host}: {name}");
        }
        let users: Vec<&str> = facts["users"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        let passwd = said("cut -d: -f1 /etc/passwd");
        // Other tests make users and remove them.
        let lasting = |name: &&str| !name.starts_with("rb");
        assert!(
            users.iter().filter(|name| lasting(name)).copied().eq(passwd.lines().filter(lasting)),
            "{host}: {users:?}"
        );
        let addresses = facts["addresses"].as_array().expect("a list");
        assert!(
            addresses.iter().all(|address| !address.as_str().unwrap_or("127.").starts_with("127.")),
            "{addresses:?}"
        );
    }
}

#[test]
fn they_are_gathered_once_and_only_where_they_are_used() {
    let fleet = Fleet::start(1);
    let user = User::new(None);
    // Whoever asks for the number of processors is written down.
    let (log, tool, shell) = (user.home().join("asked"), user.home().join("getconf"), user.home().join("shell"));
    let real = said("command -v getconf");
    std::fs::write(&tool, format!("#!/bin/sh\necho facts >> {}\nexec {real} \"$@\"\n", log.display())).expect("a tool");
    std::fs::write(
        &shell,
        format!("#!/bin/sh\nPATH={}:$PATH\nexport PATH\nexec /bin/sh \"$@\"\n", user.home().display()),
    )
    .expect("a shell");
    let (tool, shell, home) = (tool.display(), shell.display(), user.home().display());
    said(&format!("chmod 755 {tool} {shell} {home}; usermod -s {shell} {}", user.name));
    let inventory = fleet.inventory().replace("ansible_user=root", &format!("ansible_user={}", user.name));
    let rows = [
        ("- exec: 'true'\n", 0),
        (
            "- exec: 'true'\n  when: host.facts.os == 'linux'\n- log: '{{ host.facts.cpus }}'\n- put: {src: t, dest: HOME/t, template: true}\n",
            1,
        ),
        ("- put: {src: t, dest: HOME/t2, template: true}\n", 1),
        ("- block: [{exec: 'true'}]\n  when: host.facts.cpus > 0\n", 1),
        ("- exec: 'true'\n  vars: {x: '{{ host.facts.os }}'}\n  when: x == 'linux'\n", 1),
    ];
    for (steps, times) in rows {
        let _ = std::fs::remove_file(&log);
        let steps = steps.replace("HOME", &user.home().display().to_string());
        let play = format!(
            "plays:\n- hosts: all\n  steps:\n{0}- hosts: all\n  steps:\n{0}",
            steps.lines().fold(String::new(), |all, line| all + "  " + line + "\n")
        );
        let case = Case::playbook(&play).file("hosts", &inventory).file("t", "{{ host.facts.os }}");
        let ran = case.apply(&["-i", "hosts"]).exits(0);
        assert!(!ran.stdout.contains("\"skipped\":1"), "{steps}: {}", ran.stdout);
        let asked = std::fs::read_to_string(&log).unwrap_or_default();
        assert_eq!(asked.lines().filter(|line| *line == "facts").count(), times, "{steps}: {asked}");
    }
}

#[test]
fn a_host_that_cannot_tell_them_is_unreachable_at_the_step() {
    for steps in ["- log: '{{ host.facts.os }}'\n", "- block: [{log: a}]\n  when: host.facts.os == 'linux'\n"] {
        let case = Case::playbook(&format!("hosts: all\nsteps:\n{steps}"))
            .file("hosts", "gone ansible_host=127.0.0.1 ansible_port=1\nhere ansible_connection=local\n");
        let ran = case.apply(&["-i", "hosts"]).exits(3);
        let left = ran.events().into_iter().find(|event| event["event"] == "host_left").expect("a host left");
        assert_eq!((&left["host"], &left["outcome"]), (&json!("gone"), &json!("unreachable")), "{steps}");
    }
}

#[test]
fn a_rendered_file_may_use_what_an_earlier_step_gives() {
    let play = "hosts: localhost\nsteps:\n- {exec: echo 42, register: up}\n- {put: {src: t, dest: '{{ env.HOME }}/out', template: true}}\n";
    let case = Case::playbook(play).file("t", "{{ up.stdout }} on {{ host.facts.os }}");
    case.run(&["validate", "play.yml"]).exits(0);
    // What it will hold is not known before it runs.
    case.apply(&["--check"]).exits(0);
    assert!(!case.path("out").exists());
    case.apply(&[]).exits(0);
    assert_eq!(case.read("out"), "42 on linux");
    let wrong =
        Case::playbook(play).file("t", "{{ up.stdout }} {{ up.stdot }}").run(&["validate", "play.yml"]).exits(2);
    assert!(wrong.stderr.contains("`up.stdot` is undefined\n --> t:1:20"), "{}", wrong.stderr);
}
