//! Ways to a host that lead over others, and one that goes dead: through the program, as a person writes them.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::case::Case;
use crate::harness::sshd::{Fleet, Options};

/// An `ssh_config` in which `jump` is the first server.
fn config(fleet: &Fleet) -> String {
    let plain = std::fs::read_to_string(fleet.ssh_config()).expect("ssh_config");
    let (port, key) = (fleet.server(0).port, fleet.key().display().to_string());
    format!(
        "Host jump\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {key}\nHost inner\n  ProxyJump jump\n{plain}"
    )
}

fn log(fleet: &Fleet, number: usize) -> String {
    std::fs::read_to_string(fleet.folder().join(format!("sshd{number}.log"))).expect("a log")
}

#[test]
fn hosts_are_reached_over_a_jump_host() {
    for (what, line, flags) in [
        ("-J in the inventory", "far ansible_host=127.0.0.1 ansible_ssh_common_args='-F CONFIG -J jump'", &[][..]),
        (
            "ProxyJump in --ssh-config",
            "far ansible_host=inner ansible_ssh_common_args='-o HostName=127.0.0.1'",
            &["--ssh-config", "config"],
        ),
    ] {
        let fleet = Fleet::start(2);
        let (port, key) = (fleet.server(1).port, fleet.key().display().to_string());
        let line = format!("{line} ansible_port={port} ansible_user=root ansible_ssh_private_key_file={key}\n");
        let case =
            Case::playbook("hosts: all\nsteps:\n- exec: echo $SSH_CONNECTION\n- put: {content: over, dest: DEST}\n");
        let dest = case.path("dest").display().to_string();
        let play = case.read("play.yml").replace("DEST", &dest);
        let case = case.file("play.yml", &play).file("config", &config(&fleet));
        let case_config = case.path("config").display().to_string();
        let case = case.file("hosts", &line.replace("CONFIG", &case_config));
        let ran = case.apply(&[&["-i", "hosts"], flags].concat()).exits(0);
        let said = ran.events().iter().find_map(|event| Some(event["result"]["stdout"].as_str()?.to_owned()));
        assert!(said.expect("an output").ends_with(&format!(" {port}")), "{what}");
        assert_eq!(case.read("dest"), "over", "{what}");
        assert!(log(&fleet, 0).contains("Accepted publickey for root"), "{what}: {}", log(&fleet, 0));
        assert_eq!((fleet.server(0).connections(), fleet.server(1).connections()), (0, 0), "{what}");
    }
}

#[test]
fn a_jump_host_that_leads_nowhere_is_told() {
    let mut fleet = Fleet::empty();
    fleet.add(Options { lines: "AllowTcpForwarding no", ..Options::KEYS });
    fleet.add(Options::KEYS);
    let open = Fleet::start(1);
    let rows = [
        (&fleet, fleet.server(1).port, "from its jump host: administratively prohibited"),
        (&open, 1, "from its jump host: connection refused"),
    ];
    for (fleet, port, told) in rows {
        let line = format!(
            "far ansible_host=127.0.0.1 ansible_port={port} ansible_user=root ansible_ssh_common_args='-J jump'\n"
        );
        let case = Case::playbook("hosts: all\nsteps:\n- exec: 'true'\n").file("hosts", &line);
        let case = case.file("config", &config(fleet));
        let ran = case.apply(&["-i", "hosts", "--ssh-config", "config"]).exits(3);
        let error = ran.events().iter().find_map(|event| Some(event["error"].as_object()?.clone())).expect("an error");
        let expected = format!("could not connect to far (127.0.0.1 port {port}) {told}");
        assert_eq!(error["message"], expected, "{error:?}");
    }
}

#[test]
fn a_host_that_freezes_in_mid_command_costs_its_own_time_only() {
    let fleet = Fleet::start(2);
    let case = Case::playbook(
        "hosts: all\nsteps:\n- exec: echo begun > MARK{{ inventory_hostname }}; sleep 3\n- exec: 'true'\n",
    );
    let play = case.read("play.yml").replace("MARK", &case.path("mark-").display().to_string());
    let hosts = fleet.inventory().replace("-F", "-o ServerAliveInterval=1 -o ServerAliveCountMax=2 -F");
    let case = case.file("play.yml", &play).file("hosts", &hosts);
    let begun = Instant::now();
    let child = case
        .command(&["apply", "play.yml", "-i", "hosts", "--output", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn();
    let child = child.expect("the program starts");
    while !case.path("mark-h0").exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the command does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    for process in fleet.server(0).serving() {
        assert!(Command::new("kill").args(["-STOP", &process.to_string()]).status().expect("kill").success());
    }
    let output = child.wait_with_output().expect("its end");
    let events: Vec<Value> =
        output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let ends = |host: &str| -> Vec<String> {
        let of = events.iter().filter(|event| event["event"] == "step_finished" && event["host"] == host);
        of.filter_map(|event| Some(event["outcome"].as_str()?.to_owned())).collect()
    };
    assert_eq!(output.status.code(), Some(5), "{events:?}");
    assert_eq!((ends("h0"), ends("h1")), (vec!["unknown".to_owned()], vec!["changed".to_owned(); 2]));
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}
