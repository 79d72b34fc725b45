//! Ways to log in, and host keys.

use std::fs;
use std::process::{Command as Process, Stdio};

use runbook::cancel::Cancel;
use runbook::connection::host::{Command, Dial as _, HostKeys, HostTarget, SshDialler};
use runbook::connection::{ConnectionError, Stage};
use runbook::secret::Secret;

use super::{run, text};
use crate::harness::sshd::{Fleet, Options, User, keygen, stranger};

async fn login(dialler: &SshDialler, target: &HostTarget) -> Result<String, ConnectionError> {
    let host = dialler.dial(target, &Cancel::root()).await?;
    let ended = run(&host, &Command::argv(["id", "-un"])).await;
    host.close().await;
    Ok(text(&ended.stdout.bytes).trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_keys_and_passphrases_are_taken() {
    let user = User::new(None);
    let mut fleet = Fleet::empty();
    fleet.add(Options { passwords: true, ..Options::default() });
    fleet.add(Options::KEYS);
    let locked = fleet.folder().join("locked");
    keygen(&locked, "pass phrase");
    let public = fs::read_to_string(locked.with_extension("pub")).expect("a key");
    let authorized = fleet.folder().join("authorized_keys");
    fs::write(&authorized, fs::read_to_string(&authorized).expect("keys") + &public).expect("keys");
    let by_password = HostTarget { user: Some(user.name.clone()), ..stranger(fleet.server(0).port) };
    let by_key = HostTarget { user: Some(user.name.clone()), ..stranger(fleet.server(1).port) };
    let secret = |text: &str| Some(Secret::new(text));
    let rows = [
        ("a password", HostTarget { password: secret(&user.password), ..by_password.clone() }, Ok(())),
        ("a wrong password", HostTarget { password: secret("not it at all"), ..by_password.clone() }, Err("tried")),
        ("nothing", by_password.clone(), Err("it accepts publickey,password")),
        ("a key", HostTarget { key: Some(fleet.key()), ..by_key.clone() }, Ok(())),
        (
            "a locked key",
            HostTarget { key: Some(locked.clone()), passphrase: secret("pass phrase"), ..by_key.clone() },
            Ok(()),
        ),
        (
            "a locked key by password",
            HostTarget { key: Some(locked.clone()), password: secret("pass phrase"), ..by_key.clone() },
            Ok(()),
        ),
        (
            "a wrong passphrase",
            HostTarget { key: Some(locked.clone()), passphrase: secret("other"), ..by_key.clone() },
            Err("could not be unlocked"),
        ),
        ("no passphrase", HostTarget { key: Some(locked), ..by_key.clone() }, Err("could not be unlocked")),
        ("no such key", HostTarget { key: Some("/no/such".into()), ..by_key.clone() }, Err("/no/such")),
        ("no key", by_key, Err("it accepts publickey")),
    ];
    let dialler = fleet.dialler();
    for (what, target, expected) in rows {
        match (login(&dialler, &target).await, expected) {
            (Ok(name), Ok(())) => assert_eq!(name, user.name, "{what}"),
            (Err(error), Err(message)) => {
                assert_eq!((error.stage, error.sent), (Stage::Authenticate, false), "{what}: {error}");
                assert!(error.message.contains(message) && error.hint.is_some(), "{what}: {error:?}");
                assert!(!format!("{error:?}").contains("not it at all"), "{what}");
            }
            (other, _) => panic!("{what}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_asked() {
    let fleet = Fleet::start(1);
    let socket = fleet.folder().join("agent");
    let mut agent =
        Process::new("ssh-agent").args(["-D", "-a"]).arg(&socket).stdout(Stdio::null()).spawn().expect("an agent");
    assert!(super::until(|| socket.exists()).await);
    let added = Process::new("ssh-add").arg(fleet.key()).env("SSH_AUTH_SOCK", &socket).stderr(Stdio::null()).status();
    assert!(added.is_ok_and(|status| status.success()), "ssh-add");
    let option = format!("IdentityAgent={}", socket.display());
    let target = HostTarget { ssh_args: vec!["-o".into(), option], ..stranger(fleet.server(0).port) };
    let name = login(&fleet.dialler(), &target).await;
    let _ = agent.kill();
    let _ = agent.wait();
    assert_eq!(name.expect("a login"), "root");
}

fn fingerprint(public: &str) -> String {
    let mut keygen = Process::new("ssh-keygen")
        .args(["-l", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ssh-keygen");
    std::io::Write::write_all(&mut keygen.stdin.take().expect("its input"), public.as_bytes()).expect("a key");
    let output = keygen.wait_with_output().expect("ssh-keygen");
    text(&output.stdout).split_whitespace().nth(1).expect("a fingerprint").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn host_keys_are_verified() {
    for policy in [HostKeys::Strict, HostKeys::AcceptNew, HostKeys::Off] {
        let fleet = Fleet::start(1);
        let server = fleet.server(0);
        let dialler = SshDialler::new(fleet.settings(policy));
        let shown = fingerprint(&server.public_key());
        // Known, for every policy.
        assert_eq!(login(&dialler, &fleet.target(0)).await.expect("known"), "root");
        // Unknown.
        fs::write(fleet.known_hosts(), "").expect("known_hosts");
        let unknown = login(&dialler, &fleet.target(0)).await;
        let known = fs::read_to_string(fleet.known_hosts()).expect("known_hosts");
        assert_eq!(!known.is_empty(), policy == HostKeys::AcceptNew, "{policy:?}: {known}");
        match (policy, unknown) {
            (HostKeys::Strict, Err(error)) => {
                assert_eq!((error.stage, error.sent), (Stage::Verify, false), "{error}");
                assert!(error.message.contains(&shown) && error.message.contains("is not known"), "{error}");
                assert!(error.hint.is_some_and(|hint| hint.contains("accept-new")));
            }
            (HostKeys::AcceptNew | HostKeys::Off, Ok(_)) => {}
            (_, other) => panic!("{policy:?}: {other:?}"),
        }
        // Another: refused, whatever the policy.
        let other = fleet.folder().join("other");
        keygen(&other, "");
        let public = fs::read_to_string(other.with_extension("pub")).expect("a key");
        fs::write(fleet.known_hosts(), "# a comment\n").expect("known_hosts");
        fleet.know(server.port, &public);
        let error = login(&dialler, &fleet.target(0)).await.expect_err("changed");
        assert_eq!((error.stage, error.sent), (Stage::Verify, false), "{policy:?}: {error}");
        let line = format!("{} line 2", fleet.known_hosts().display());
        for part in [shown.as_str(), &fingerprint(&public), &line, "has changed"] {
            assert!(error.message.contains(part), "{policy:?}: {part}: {error}");
        }
        assert!(error.hint.is_some_and(|hint| hint.contains("ssh-keygen") && hint.contains("-R")));
    }
}
