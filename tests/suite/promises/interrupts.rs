//! Signals in the middle of each kind of wait: what runs ends everywhere, `always` runs, nothing is left, and the run
//! can be taken up again.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::harness::case::Case;
use crate::harness::sshd::{Fleet, free_port};

/// How long anything may take to begin or to end.
const PATIENCE: Duration = Duration::from_mins(1);
const ROUNDS: u64 = 10;

/// A number that looks random and is the same in every run (Knuth's MMIX).
fn seeded(round: u64, limit: u64) -> u64 {
    (round.wrapping_add(77).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33)
        % limit
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(10));
    }
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill {pid}");
}

fn ended(child: &mut Child) -> ExitStatus {
    until("runbook does not end", || child.try_wait().expect("a child").is_some());
    child.wait().expect("an end")
}

/// A word that is in no other test's processes.
fn tag() -> String {
    format!("rb{}", &uuid::Uuid::new_v4().simple().to_string()[..12])
}

/// The processes whose command line holds a word, as `ps` sees them.
fn processes(word: &str) -> Vec<String> {
    let output = Command::new("ps").args(["axww", "-o", "pid=,args="]).output().expect("ps");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter(|line| line.contains(word)).map(str::to_owned).collect()
}

fn empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// `before`, then the long step under test with `always` beside it, then `after`.
fn playbook(hosts: &str, connections: &str, long: &str) -> String {
    format!(
        "hosts: {hosts}\n{connections}steps:\n- {{name: before, exec: 'echo before >> {{{{ env.HERE }}}}/done'}}\n\
         - block:\n  - {{name: long, {long}}}\n  always:\n  \
         - {{name: last, exec: 'echo always >> {{{{ env.HERE }}}}/done'}}\n\
         - {{name: after, exec: 'echo after >> {{{{ env.HERE }}}}/done'}}\n"
    )
}

fn case(text: &str) -> Case {
    let case = Case::playbook(text).file("tmp/x", "");
    std::fs::remove_file(case.path("tmp/x")).expect("a file");
    let (here, tmp) = (case.path("").display().to_string(), case.path("tmp").display().to_string());
    let here = here.trim_end_matches('/').to_owned();
    case.env("HERE", &here).env("TMPDIR", &tmp)
}

/// What holds after every interrupt.
fn judge(case: &Case, status: ExitStatus, wanted: i32) {
    assert_eq!(status.code(), Some(wanted));
    assert_eq!(case.read("done"), "before\nalways\n");
    let shown = case.run(&["show", "last", "--output", "json"]).exits(0);
    assert!(shown.stdout.contains("\"interrupted\""), "{}", shown.stdout);
    assert!(empty(&case.path("tmp")), "something is left in the temporary folder");
}

/// The run goes on where it stopped.
fn goes_on(case: &Case, args: &[&str]) {
    let all: Vec<&str> = ["resume", "--output", "json"].into_iter().chain(args.iter().copied()).collect();
    case.run(&all).exits(0);
    let done = case.read("done");
    assert!(done.ends_with("after\n") && done.matches("before").count() == 1, "{done}");
}

fn kind(round: u64) -> (&'static str, i32) {
    if round.is_multiple_of(2) { ("INT", 130) } else { ("TERM", 143) }
}

/// Children, grandchildren and what has been sent to the background.
fn long_command(tag: &str) -> String {
    format!(
        "exec: {{shell: \"test -e $HERE/go && exit; (bash -c 'exec -a {tag} sleep 3000' & \
         bash -c 'exec -a {tag} sleep 3000'); wait\"}}, environment: {{HERE: '{{{{ env.HERE }}}}'}}"
    )
}

#[test]
fn a_local_command_ends_with_all_its_children() {
    for round in 0..ROUNDS {
        let tag = tag();
        let case = case(&playbook("localhost", "", &long_command(&tag)));
        let mut child = case.start(&["apply", "play.yml"]);
        until("the command begins", || processes(&tag).len() >= 2);
        sleep(Duration::from_millis(seeded(round, 100)));
        let (name, wanted) = kind(round);
        signal(child.id(), name);
        judge(&case, ended(&mut child), wanted);
        // The run's own arguments do not hold the tag.
        until(&format!("left: {:?}", processes(&tag)), || processes(&tag).is_empty());
        goes_on(&case.file("go", ""), &[]);
    }
}

#[test]
fn a_remote_command_ends_on_the_other_side() {
    let fleet = Fleet::start(1);
    for round in 0..ROUNDS {
        let tag = tag();
        let case = case(&playbook("h0", "", &long_command(&tag))).file("hosts.ini", &fleet.inventory());
        let mut child = case.start(&["apply", "play.yml", "-i", "hosts.ini"]);
        until("the command begins", || processes(&tag).len() >= 2);
        sleep(Duration::from_millis(seeded(round, 100)));
        let (name, wanted) = kind(round);
        signal(child.id(), name);
        judge(&case, ended(&mut child), wanted);
        until("what ran on the host is left", || processes(&tag).is_empty());
        until("a connection is left", || fleet.server(0).connections() == 0);
        let port = format!("127.0.0.1 {}", fleet.server(0).port);
        assert!(processes(&format!("-p {}", fleet.server(0).port)).is_empty(), "a master is left for {port}");
        goes_on(&case.file("go", ""), &[]);
    }
}

fn psql(sql: &str) -> String {
    let url = std::env::var("POSTGRES_URL").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/test".to_owned());
    let done = Command::new("psql").args([&url, "-v", "ON_ERROR_STOP=1", "-qtAc", sql]).output().expect("psql");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// A table that goes with the test.
struct Gate(String);

impl Drop for Gate {
    fn drop(&mut self) {
        psql(&format!("drop table if exists {}", self.0));
    }
}

#[test]
fn a_query_ends_on_the_server() {
    let url = std::env::var("POSTGRES_URL").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/test".to_owned());
    for round in 0..ROUNDS {
        let gate = Gate(tag());
        psql(&format!("create table {} (x int)", gate.0));
        let (first, rest) = gate.0.split_at(6);
        let running = format!(
            "select count(*) from pg_stat_activity where state = 'active' and query like '%' || '{first}' || '{rest}%' \
             and pid <> pg_backend_pid()"
        );
        let long = format!(
            "query: {{connection: db, sql: 'select pg_sleep(case when exists (select 1 from {}) then 0 else 3000 end)'}}",
            gate.0
        );
        let case = case(&playbook("localhost", &format!("connections: {{db: '{url}'}}\n"), &long));
        let mut child = case.start(&["apply", "play.yml"]);
        until("the query begins", || psql(&running) == "1");
        sleep(Duration::from_millis(seeded(round, 100)));
        let (name, wanted) = kind(round);
        signal(child.id(), name);
        judge(&case, ended(&mut child), wanted);
        until("the query is left", || psql(&running) == "0");
        psql(&format!("insert into {} values (1)", gate.0));
        goes_on(&case, &[]);
    }
}

#[test]
fn a_wait_ends() {
    for round in 0..ROUNDS {
        let port = free_port();
        let case = case(&playbook("localhost", "", &format!("wait: {{host: 127.0.0.1, port: {port}}}")));
        let mut child = case.start(&["apply", "play.yml"]);
        until("it begins", || case.path("done").exists());
        sleep(Duration::from_millis(100 + seeded(round, 100)));
        let (name, wanted) = kind(round);
        signal(child.id(), name);
        judge(&case, ended(&mut child), wanted);
        let _open = TcpListener::bind(("127.0.0.1", port)).expect("the port");
        goes_on(&case, &[]);
    }
}

#[test]
fn a_question_ends_with_control_c() {
    for round in 0..ROUNDS {
        let case = case(&playbook("localhost", "", "confirm: 'Deploy to production?'"));
        let program = case.command(&["apply", "play.yml"]);
        let line = format!("exec {} apply play.yml", program.get_program().to_string_lossy());
        let mut script = Command::new("script");
        script.args(["-qfec", &line, "screen"]).current_dir(case.path("")).env("RUNBOOK_STATE", case.path("state"));
        script.env("HERE", case.path("").display().to_string().trim_end_matches('/')).env("TMPDIR", case.path("tmp"));
        let mut child =
            script.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("script");
        let screen = || std::fs::read(case.path("screen")).map(|text| String::from_utf8_lossy(&text).into_owned());
        let asked = || screen().is_ok_and(|text| text.contains("[y/N]"));
        let begun = Instant::now();
        while !asked() {
            assert!(begun.elapsed() < PATIENCE, "it does not ask: {:?}", screen());
            sleep(Duration::from_millis(10));
        }
        sleep(Duration::from_millis(seeded(round, 50)));
        child.stdin.as_mut().expect("its input").write_all(b"\x03").expect("a key");
        judge(&case, ended(&mut child), 130);
        goes_on(&case, &["--yes"]);
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    for name in ["INT", "TERM"] {
        let tag = tag();
        let text = format!(
            "hosts: localhost\nsteps:\n- block:\n  - exec: 'echo up > up; sleep 3000'\n  always:\n  \
             - exec: {{argv: [bash, -c, 'echo up > last; exec -a {tag} sleep 3000']}}\n"
        );
        let case = case(&text);
        let mut child = case.start(&["apply", "play.yml"]);
        until("it begins", || case.path("up").exists());
        signal(child.id(), name);
        until("`always` begins", || case.path("last").exists());
        let begun = Instant::now();
        signal(child.id(), name);
        assert_eq!(ended(&mut child).code(), Some(if name == "INT" { 130 } else { 143 }));
        // Far less than the 60 s that `always` has.
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        for line in processes(&tag) {
            let pid = line.split_whitespace().next().and_then(|pid| pid.parse().ok()).expect("a pid");
            signal(pid, "KILL");
        }
        assert!(case.run(&["runs"]).stdout.contains("localhost") || case.run(&["show"]).status == 0);
    }
}
