//! Hosts: the same rows on this machine and over SSH.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use runbook::cancel::{Cancel, Reason};
use runbook::connection::Stage;
use runbook::connection::host::{
    Become, Chunk, Command, Dial as _, Ended, Exit, HostTarget, Program, SshDialler, SshSettings, Stream, Transport,
    Via,
};
use runbook::secret::Secret;

use crate::harness::sshd::{Fleet, Options, User};

mod doors;
mod files;
mod logins;
mod looks;
mod tunnels;
mod ways;

/// The same host over both carriers.
pub struct Both {
    /// Keeps the server.
    pub fleet: Fleet,
    /// The carriers, by name.
    pub hosts: Vec<(&'static str, Arc<dyn Transport>)>,
}

impl Both {
    pub async fn start() -> Self {
        Self::with(Options::KEYS).await
    }

    pub async fn with(options: Options) -> Self {
        let mut fleet = Fleet::empty();
        fleet.add(options);
        let dialler = fleet.dialler();
        let local = HostTarget { via: Via::Local, ..fleet.target(0) };
        let mut hosts = Vec::new();
        for (name, target) in [("local", local), ("ssh", fleet.target(0))] {
            hosts.push((name, dialler.dial(&target, &Cancel::root()).await.expect(name)));
        }
        Self { fleet, hosts }
    }

    pub async fn close(self) {
        for (_, host) in &self.hosts {
            host.close().await;
        }
    }
}

pub async fn run(host: &Arc<dyn Transport>, command: &Command) -> Ended {
    host.run(command, &mut |_| {}, &Cancel::root()).await.expect("a command")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

struct Row {
    command: Command,
    exit: Exit,
    stdout: Vec<u8>,
    stderr: &'static str,
}

fn row(command: Command, stdout: impl Into<Vec<u8>>) -> Row {
    Row { command, exit: Exit::Status(0), stdout: stdout.into(), stderr: "" }
}

fn ends(command: Command, exit: Exit) -> Row {
    Row { exit, ..row(command, "") }
}

const ODD: &[&str] = &[
    "",
    " ",
    "a b",
    "$HOME `id` $(id) \"'\\ !x",
    "--",
    "-n",
    "*",
    "new\nline\n",
    "tab\tand\rreturn\u{1}\u{1b}[31m\u{7f}",
    "\u{81}\u{82}\u{88} gr\u{fc}\u{df}e \u{4e16}\u{754c} \u{1f600}",
    "~root",
    "%s%b\\0101\\n",
    "#!;&|<>(){}[]",
];

fn rows() -> Vec<Row> {
    let env = |pairs: &[(&str, &str)]| -> BTreeMap<String, Secret> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect()
    };
    let mut argv = vec!["printf", "%s\\0"];
    argv.extend(ODD);
    let argv_out: Vec<u8> = ODD.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
    let long = "x".repeat(120_000);
    let all: Vec<u8> = (0..=255).collect();
    vec![
        row(Command::argv(argv), argv_out),
        row(Command::argv(["printf", "%s", &long]), long.clone()),
        row(Command::script("printf '%s' \"$0 $#\"; echo \"it's\" \"$((1 + 1))\""), "/bin/sh 0it's 2\n"),
        row(Command { chdir: Some("/".into()), ..Command::argv(["pwd"]) }, "/\n"),
        row(
            Command {
                environment: env(&[("A", ODD[3]), ("B_1", ODD[9]), ("C", "l1\nl2\n"), ("D", "")]),
                ..Command::script("printf '%s|%s|%s|%s|' \"$A\" \"$B_1\" \"$C\" \"$D\"; env | grep -c _rb; exit 0")
            },
            format!("{}|{}|l1\nl2\n||0\n", ODD[3], ODD[9]),
        ),
        row(Command { stdin: Some(Bytes::from(all.clone())), ..Command::argv(["cat"]) }, all.clone()),
        row(Command::argv(["cat"]), ""),
        row(Command { stdin: Some(Bytes::from(vec![7; 3_000_000])), ..Command::argv(["true"]) }, ""),
        Row { stderr: "oops\n", ..row(Command::script("echo fine; echo oops >&2"), "fine\n") },
        ends(Command::script("exit 3"), Exit::Status(3)),
        ends(Command::script("exit 137"), Exit::Status(137)),
        ends(Command::script("exit 255"), Exit::Status(255)),
        ends(Command::script("kill -9 $$"), Exit::Signal("KILL".into())),
        ends(Command::script("kill -TERM $$"), Exit::Signal("TERM".into())),
        Row { stderr: "not found", ..ends(Command::argv(["no-such-program-x"]), Exit::Status(127)) },
        Row { stderr: "enied", ..ends(Command::argv(["/etc/passwd"]), Exit::Status(126)) },
        row(Command::script("printf '\\0RB:x:S9\\n\\0RB:' >&2; printf '\\0RB:'"), "\0RB:"),
        row(Command::script("(sleep 60; echo late) & echo early"), "early\n"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_reach_the_program_unchanged() {
    let both = Both::start().await;
    for (name, host) in &both.hosts {
        for row in rows() {
            let ended = run(host, &row.command).await;
            let what = format!("{name}: {:?}", row.command.program);
            let what = &what[..what.len().min(300)];
            assert_eq!(ended.exit, row.exit, "{what}: {}", text(&ended.stderr.bytes));
            assert!(ended.stdout.bytes == row.stdout, "{what}: {:?}", text(&ended.stdout.bytes));
            assert!(text(&ended.stderr.bytes).contains(row.stderr), "{what}: {:?}", text(&ended.stderr.bytes));
        }
    }
    both.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_run_is_told() {
    let both = Both::start().await;
    let rows = [
        (Command { chdir: Some("/no such".into()), ..Command::argv(["true"]) }, "no such directory: /no such on web1"),
        (Command { chdir: Some("/etc/passwd".into()), ..Command::argv(["true"]) }, "not a directory: /etc/passwd"),
        (Command::argv(["a\0b"]), "NUL"),
        (Command::argv(Vec::<String>::new()), "no program"),
        (Command { environment: [("A B".to_owned(), Secret::new("x"))].into(), ..Command::argv(["true"]) }, "`A B`"),
    ];
    for (name, host) in &both.hosts {
        for (command, message) in &rows {
            let error = host.run(command, &mut |_| {}, &Cancel::root()).await.expect_err(message);
            assert_eq!((error.stage, error.sent), (Stage::Answered, false), "{name}: {error}");
            assert!(error.message.contains(message), "{name}: {error}");
        }
    }
    both.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn output_is_streamed_whole_and_kept_in_part() {
    let both = Both::start().await;
    for (name, host) in &both.hosts {
        let mut seen = 0;
        let command = Command { keep: 1000, ..Command::script("head -c 30000000 /dev/zero | tr '\\0' a; echo end") };
        let mut count = |(stream, bytes): (Stream, Bytes)| {
            assert_eq!(stream, Stream::Stdout);
            seen += bytes.len();
        };
        let ended = host.run(&command, &mut count, &Cancel::root()).await.expect(name);
        assert_eq!(seen, 30_000_004, "{name}");
        assert_eq!(ended.stdout.length, 30_000_004, "{name}");
        let kept = text(&ended.stdout.bytes);
        let expected = format!("{}\n[... 29999004 bytes omitted ...]\n{}end\n", "a".repeat(500), "a".repeat(496));
        assert_eq!(kept, expected, "{name}");
    }
    both.close().await;
}

/// The processes whose command line has this word, seen by ps.
pub fn processes(word: &str) -> Vec<String> {
    let output = std::process::Command::new("ps").args(["-e", "-o", "stat=,args="]).output().expect("ps");
    let list = text(&output.stdout);
    list.lines().filter(|line| line.contains(word) && !line.starts_with('Z')).map(str::to_owned).collect()
}

async fn until(what: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        if what() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_command_ends_on_the_host() {
    let both = Both::start().await;
    // The second ignores TERM, and its child too.
    let rows = ["sleep 7{}1 & sleep 7{}2", "trap '' TERM; sleep 7{}1 & sleep 7{}2; sleep 7{}3"];
    for (name, host) in &both.hosts {
        for row in rows {
            let unique = uuid::Uuid::new_v4().as_u128() % 1_000_000_000;
            let word = format!("7{unique:09}");
            let command = Command::script(row.replace("7{}", &word));
            let cancel = Cancel::root();
            let stop = cancel.clone();
            let watch = async {
                let sleeping = format!("sleep {word}");
                assert!(until(|| processes(&sleeping).len() >= 3).await, "{name}: {:?}", processes(&sleeping));
                stop.cancel(Reason::Interrupted(2));
            };
            let mut ignore = |_| {};
            let (error, ()) = tokio::join!(host.run(&command, &mut ignore, &cancel), watch);
            let error = error.expect_err("cancelled");
            assert_eq!((error.stage, error.sent), (Stage::TimedOut, false), "{name}: {error}");
            assert_eq!(processes(&word), Vec::<String>::new(), "{name}");
        }
        assert_eq!(run(host, &Command::argv(["echo", "on"])).await.stdout.bytes, b"on\n", "{name}");
    }
    both.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_in_mid_command_leaves_the_outcome_unknown() {
    let both = Both::start().await;
    let (_, ssh) = &both.hosts[1];
    let pid = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&pid);
    let mut told = move |(_, bytes): Chunk| seen.lock().expect("a text").push_str(&String::from_utf8_lossy(&bytes));
    let command = Command::script("echo $$; exec sleep 600");
    let cancel = Cancel::root();
    let cut = async {
        assert!(until(|| pid.lock().expect("a text").ends_with('\n')).await);
        both.fleet.server(0).cut();
    };
    let (error, ()) = tokio::join!(ssh.run(&command, &mut told, &cancel), cut);
    let error = error.expect_err("lost");
    assert_eq!((error.stage, error.sent), (Stage::Lost, true), "{error}");
    let error = ssh.run(&Command::argv(["true"]), &mut |_| {}, &cancel).await.expect_err("still lost");
    assert_eq!((error.stage, error.sent), (Stage::Lost, false), "{error}");
    both.close().await;
    // What runs on a host outlives the connection; it need not outlive the test.
    let pid = pid.lock().expect("a text").trim().to_owned();
    std::process::Command::new("kill").arg(pid).status().expect("kill runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commands_share_a_connection() {
    for sessions in [10, 3] {
        let both = Both::with(Options { sessions: Some(sessions), ..Options::KEYS }).await;
        let (_, ssh) = &both.hosts[1];
        let command = Command::script("sleep 0.05; echo x");
        let ended = futures_util::future::join_all((0..40).map(|_| run(ssh, &command))).await;
        assert!(ended.iter().all(|ended| ended.stdout.bytes == b"x\n"), "{sessions}");
        assert_eq!(both.fleet.server(0).connections(), 1);
        both.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sudo_is_answered_only_when_it_asks() {
    let (asked, free) = (User::new(Some("")), User::new(Some("NOPASSWD:")));
    let mut fleet = Fleet::empty();
    fleet.add(Options::KEYS);
    let dialler = fleet.dialler();
    let right = Some(Secret::new(asked.password.as_str()));
    let wrong = Some(Secret::new("certainly wrong"));
    let rows = [
        (&asked, right.clone(), "root", Ok(())),
        (&asked, right, &free.name, Ok(())),
        (&asked, None, "root", Err("asks for a password")),
        (&asked, wrong, "root", Err("does not accept the password")),
        (&free, None, "root", Ok(())),
        (&free, Some(Secret::new("not needed")), "root", Ok(())),
    ];
    for (user, password, become_user, expected) in rows {
        let target = HostTarget { user: Some(user.name.clone()), ..fleet.target(0) };
        let host = dialler.dial(&target, &Cancel::root()).await.expect("a login");
        let command = Command {
            stdin: Some(Bytes::from_static(b"in")),
            environment: [("SECRET".to_owned(), Secret::new("a b"))].into(),
            sudo: Some(Become { user: become_user.to_owned(), password }),
            ..Command::script("printf '%s ' $(id -un); cat; printf ' %s' \"$SECRET\"")
        };
        let ended = host.run(&command, &mut |_| {}, &Cancel::root()).await;
        match (ended, expected) {
            (Ok(ended), Ok(())) => {
                assert_eq!(text(&ended.stdout.bytes), format!("{become_user} in a b"), "{}", text(&ended.stderr.bytes));
                assert_eq!(text(&ended.stderr.bytes), "");
            }
            (Err(error), Err(message)) => {
                assert_eq!((error.stage, error.sent), (Stage::Answered, false), "{error}");
                assert!(error.message.contains(message), "{error}");
            }
            (other, _) => panic!("{expected:?}: {other:?}"),
        }
        host.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_command_of_another_user_ends_too() {
    let user = User::new(Some(""));
    let mut fleet = Fleet::empty();
    fleet.add(Options::KEYS);
    let target = HostTarget { user: Some(user.name.clone()), ..fleet.target(0) };
    let host = fleet.dialler().dial(&target, &Cancel::root()).await.expect("a login");
    let word = format!("7{:09}", uuid::Uuid::new_v4().as_u128() % 1_000_000_000);
    let sudo = Some(Become { user: "root".to_owned(), password: Some(Secret::new(user.password.as_str())) });
    let command = Command { sudo, ..Command::script(format!("sleep {word}1 & sleep {word}2")) };
    let cancel = Cancel::root();
    let watch = async {
        assert!(until(|| processes(&format!("sleep {word}")).len() >= 2).await);
        cancel.cancel(Reason::TimedOut(Duration::from_secs(1)));
    };
    let mut ignore = |_| {};
    let (error, ()) = tokio::join!(host.run(&command, &mut ignore, &cancel), watch);
    let error = error.expect_err("cancelled");
    assert_eq!((error.stage, error.sent), (Stage::TimedOut, false), "{error}");
    assert_eq!(processes(&word), Vec::<String>::new());
    host.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_stand_in_no_process_list() {
    let both = Both::start().await;
    for (name, host) in &both.hosts {
        let canary = format!("canary{}", uuid::Uuid::new_v4().simple());
        let command = Command {
            environment: [("CANARY".to_owned(), Secret::new(canary.as_str()))].into(),
            stdin: Some(Bytes::from(canary.clone())),
            ..Command::script("ps -e -o args=")
        };
        let ended = run(host, &command).await;
        assert!(text(&ended.stdout.bytes).contains("ps -e -o args="), "{name}");
        assert!(!text(&ended.stdout.bytes).contains(&canary), "{name}");
    }
    both.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_after_close() {
    let fleet = Fleet::start(2);
    let dialler = fleet.dialler();
    let first = dialler.dial(&fleet.target(0), &Cancel::root()).await.expect("a login");
    let second = dialler.dial(&fleet.target(1), &Cancel::root()).await.expect("a login");
    run(&first, &Command::argv(["true"])).await;
    let key = fleet.key().display().to_string();
    let masters = processes(&key);
    assert_eq!(masters.len(), 2, "{masters:?}");
    let socket = masters[0].split_whitespace().find(|word| word.contains("/rb-")).expect("a socket").to_owned();
    let folder = Path::new(&socket).parent().expect("a folder").to_owned();
    assert_eq!(std::fs::metadata(&folder).expect("the folder").permissions().mode() & 0o777, 0o700);
    for host in [&first, &second] {
        host.close().await;
    }
    assert_eq!(processes(&key), Vec::<String>::new());
    drop((first, second));
    assert!(until(|| !folder.exists() && processes(&folder.display().to_string()).is_empty()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_shell_of_any_family_will_do() {
    for shell in ["/bin/bash", "/bin/dash", "/bin/tcsh", "/usr/bin/fish"] {
        let user = User::new(None);
        // What a login shell prints before anything is started is not the command's.
        std::fs::write(user.home().join(".bashrc"), "echo noise; echo noise >&2\n").expect("a file");
        std::fs::write(user.home().join(".cshrc"), "echo noise\n").expect("a file");
        let changed = std::process::Command::new("usermod").args(["-s", shell, &user.name]).status();
        assert!(changed.is_ok_and(|status| status.success()), "{shell}");
        let mut fleet = Fleet::empty();
        fleet.add(Options::KEYS);
        let target = HostTarget { user: Some(user.name.clone()), ..fleet.target(0) };
        let host = fleet.dialler().dial(&target, &Cancel::root()).await.expect(shell);
        let ended = run(
            &host,
            &Command {
                program: Program::Argv(vec!["printf".into(), "%s".into(), ODD[3].into()]),
                ..Command::script("")
            },
        )
        .await;
        assert_eq!(text(&ended.stdout.bytes), ODD[3], "{shell}");
        assert_eq!(text(&ended.stderr.bytes), "", "{shell}");
        host.close().await;
    }
}

/// Not a test by itself: the process that the next one kills.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the test below"]
async fn a_run_that_is_killed() {
    let Ok(config) = std::env::var("RB_TEST_CONFIG") else { return };
    let port = std::env::var("RB_TEST_PORT").ok().and_then(|port| port.parse().ok()).expect("a port");
    let key = std::env::var_os("RB_TEST_KEY").map(Into::into);
    let target = HostTarget { key, ..crate::harness::sshd::stranger(port) };
    let settings = SshSettings { config: Some(config.into()), ..SshSettings::default() };
    let host = SshDialler::new(settings).dial(&target, &Cancel::root()).await.expect("a login");
    run(&host, &Command::script("sleep 600")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_takes_its_connections_along() {
    let fleet = Fleet::start(1);
    let mut child = std::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "hosts::a_run_that_is_killed", "--ignored"])
        .env("RB_TEST_CONFIG", fleet.ssh_config())
        .env("RB_TEST_PORT", fleet.server(0).port.to_string())
        .env("RB_TEST_KEY", fleet.key())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("this test");
    let key = fleet.key().display().to_string();
    assert!(until(|| fleet.server(0).connections() == 1 && processes(&key).len() == 1).await);
    let master = processes(&key).remove(0);
    let socket = master.split_whitespace().find(|word| word.contains("/rb-")).expect("a socket").to_owned();
    let folder = Path::new(&socket).parent().expect("a folder").to_owned();
    child.kill().expect("a kill");
    child.wait().expect("its end");
    assert!(until(|| processes(&key).is_empty() && !folder.exists()).await);
    assert!(until(|| fleet.server(0).connections() == 0).await);
}
