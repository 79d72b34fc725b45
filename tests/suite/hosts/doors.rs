//! Doors behind which no host is.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use runbook::cancel::{Cancel, Reason};
use runbook::connection::Stage;
use runbook::connection::host::{Dial as _, HostKeys, HostTarget, SshDialler, SshSettings};

use crate::harness::case::Case;
use crate::harness::sshd::{Door, Fleet, door, stranger};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_none_is_named_with_its_stage() {
    let fleet = Fleet::empty();
    let settings = SshSettings { connect_timeout: Duration::from_secs(2), ..fleet.settings(HostKeys::Strict) };
    let dialler = SshDialler::new(settings);
    let at = |kind| stranger(door(kind));
    let rows = [
        (at(Door::Refuses), Stage::Connect, "connection refused"),
        (at(Door::Silent), Stage::TimedOut, "timed out"),
        (at(Door::Garbage), Stage::Connect, "could not connect to web1 (127.0.0.1 port "),
        (at(Door::Closes), Stage::Connect, "could not connect to web1 (127.0.0.1 port "),
        (HostTarget { address: "no-such-host.invalid".into(), ..stranger(22) }, Stage::Resolve, "no-such-host.invalid"),
        (
            HostTarget { ssh_args: vec!["-o".into(), "NoSuchOption=1".into()], ..stranger(22) },
            Stage::Connect,
            "nosuchoption",
        ),
    ];
    for (target, stage, message) in rows {
        let begun = Instant::now();
        let error = dialler.dial(&target, &Cancel::root()).await.map(drop).expect_err(message);
        assert_eq!((error.stage, error.sent), (stage, false), "{error}");
        assert!(error.message.to_lowercase().contains(&message.to_lowercase()), "{message}: {error}");
        assert!(begun.elapsed() < Duration::from_mins(1), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_can_be_cancelled() {
    let fleet = Fleet::empty();
    let dialler = fleet.dialler();
    let cancel = Cancel::root();
    let target = stranger(door(Door::Silent));
    let config = fleet.ssh_config().display().to_string();
    let watch = async {
        assert!(super::until(|| !super::processes(&config).is_empty()).await);
        cancel.cancel(Reason::Interrupted(2));
    };
    let (connected, ()) = tokio::join!(dialler.dial(&target, &cancel), watch);
    let error = connected.map(drop).expect_err("cancelled");
    assert_eq!((error.stage, error.sent), (Stage::TimedOut, false), "{error}");
    assert!(super::until(|| super::processes(&config).is_empty()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_connections_to_one_server_are_not_turned_away() {
    let fleet = Fleet::start(1);
    let dialler = fleet.dialler();
    let cancel = Cancel::root();
    let target = fleet.target(0);
    let connected = futures_util::future::join_all((0..30).map(|_| dialler.dial(&target, &cancel))).await;
    for host in connected {
        host.expect("a connection").close().await;
    }
}

/// An `ssh` that tells what it was asked for first: `-G` for the configuration, `-M` for the connection.
const TELLS: &str = "#!/bin/sh\necho \"$1\" >>\"$(dirname \"$0\")/told\"\nexit 255\n";

#[test]
fn ssh_is_asked_about_its_configuration_only_where_that_may_lead_elsewhere() {
    let rows = [
        ("", "", "-M"),
        ("Host *\n  User nobody\n  Port 2\n", "", "-M"),
        ("Host bastion *.lan\n  ProxyJump gate\n  HostName 127.0.0.9\n", "", "-M"),
        ("Include more.d/*.conf\n", "", "-M"),
        ("# ProxyJump gate\nHost 10.*\n  ProxyCommand=nc %h %p\n", "", "-M"),
        ("Host 127.*\n  ProxyJump gate\n", "", "-G"),
        ("Host 10.* !127.0.0.2 *\n  hostname = 127.0.0.3\n", "", "-G"),
        ("\"ProxyJump\" gate\n", "", "-G"),
        ("CanonicalizeHostname yes\n", "", "-G"),
        ("Match host 127.0.0.2\n  User nobody\n", "", "-G"),
        ("Include \"{folder}/elsewhere.conf\"\n", "", "-G"),
        ("Host 127.?.0.2\n  Include {folder}/els*.conf\n", "", "-G"),
        ("Host bastion\n  Include {folder}/elsewhere.conf\n", "", "-M"),
        ("", "ansible_ssh_common_args='-o ProxyJump=gate'", "-G"),
        ("", "ansible_ssh_common_args='-J gate'", "-G"),
        ("", "ansible_ssh_common_args='-o Compression=yes'", "-M"),
        ("", "ansible_password=secret", "-G"),
    ];
    for (config, vars, first) in rows {
        let case = Case::playbook("name: One\nplays:\n  - hosts: web1\n    steps:\n      - exec: \"true\"\n")
            .file("bin/ssh", TELLS)
            .file("elsewhere.conf", "Host web1 127.0.0.2\n  ProxyJump gate\n")
            .file("hosts.ini", &format!("web1 ansible_host=127.0.0.2 {vars}\n"));
        let folder = case.path("").display().to_string();
        let case = case.file("ssh_config", &config.replace("{folder}", folder.trim_end_matches('/')));
        fs::set_permissions(case.path("bin/ssh"), Permissions::from_mode(0o755)).expect("a program");
        let path = format!("{}:/usr/bin:/bin", case.path("bin").display());
        let case = case.env("PATH", &path);
        case.apply(&["-i", "hosts.ini", "--ssh-config", "ssh_config"]).exits(3);
        let told = case.read("bin/told");
        assert_eq!(told.lines().next(), Some(first), "{config:?} {vars}: {told}");
    }
}
