//! Bad inputs, given to the program: each gets one clear answer with its place and what to do, in exactly these words.
//! What is found before the run contacts nothing: every such row lies beside a port that must see no connection.

mod bytes;
mod hosts;
mod inputs;
mod inventory;
mod machine;
mod names;
mod parameters;
mod programs;
mod running;
mod secrets;
mod services;
mod steps;

use std::io::ErrorKind;
use std::net::TcpListener;

use crate::harness::case::{Case, Ran};

/// Files, arguments, and all that a person reads. `PROBE` stands for the port of the probe, `@` for the folder.
struct Row {
    what: &'static str,
    files: &'static [(&'static str, &'static str)],
    args: &'static [&'static str],
    told: &'static str,
}

/// Three hosts that are all the probe.
const HOSTS: &str = "[web]\na\nb\nc\n[db]\nd\n[all:vars]\nansible_host=127.0.0.1\nansible_port=PROBE\nansible_user=root\n[web:vars]\nrole=web\n";

/// `apply play.yml` on those hosts.
const ROW: Row = Row { what: "", files: &[], args: &["apply", "play.yml", "-i", "hosts"], told: "" };

/// A port at which nobody may knock.
struct Probe(TcpListener);

impl Probe {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener that does not wait");
        Self(listener)
    }

    fn port(&self) -> String {
        self.0.local_addr().expect("its address").port().to_string()
    }

    /// Whether nobody has connected.
    fn is_untouched(&self) -> bool {
        matches!(self.0.accept(), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }
}

/// The files of a row in a folder.
fn case(row: &Row, probe: &Probe) -> Case {
    let files = [("hosts", HOSTS)].into_iter().chain(row.files.iter().copied());
    let case = files.fold(Case::new(), |case, (path, text)| case.file(path, &text.replace("PROBE", &probe.port())));
    case.env("SHORT", "abc").env("EMPTY", "").env("TOKEN", "a-token-of-tests")
}

/// Runs a row; what it said, with `PROBE` and `@` put back.
fn run(case: &Case, probe: &Probe, args: &[&str]) -> Ran {
    let ran = case.run(args);
    let plain = |text: String| text.replace(&probe.port(), "PROBE").replace(&case.path("").display().to_string(), "@/");
    Ran { stdout: plain(ran.stdout), stderr: plain(ran.stderr), ..ran }
}

#[test]
fn what_is_wrong_is_told_before_anything_is_contacted() {
    let tables =
        [bytes::ROWS, steps::ROWS, parameters::ROWS, names::ROWS, secrets::ROWS, inputs::ROWS, inventory::ROWS];
    let mut wrong = Vec::new();
    for row in tables.into_iter().flatten() {
        let probe = Probe::new();
        let case = case(row, &probe);
        let ran = run(&case, &probe, row.args);
        let expected = format!("{}nothing was changed: no host, broker or database was contacted\n", row.told);
        let untouched = probe.is_untouched() && !case.path("state").exists();
        if (ran.status, ran.stdout.as_str(), untouched) != (2, "", true) || ran.stderr != expected {
            wrong.push(format!(
                "=== {} (exit {}, untouched: {untouched})\n{}{}--- expected\n{expected}",
                row.what, ran.status, ran.stdout, ran.stderr
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_probe_is_where_the_rows_point() {
    let probe = Probe::new();
    for connection in ["redis://127.0.0.1:PROBE", "amqp://127.0.0.1:PROBE", "mysql://root@127.0.0.1:PROBE/x"] {
        let play =
            "connections: {c: \"URL\"}\nsteps:\n- publish: {connection: c, channel: a, message: b}\n  timeout: 500ms\n";
        let play = match connection.split(':').next() {
            Some("redis") => play.to_owned(),
            Some("amqp") => play.replace("channel", "routing_key"),
            _ => play.replace("publish", "query").replace("channel: a, message: b", "sql: select 1"),
        };
        let files = Case::new().file("play.yml", &play.replace("URL", connection).replace("PROBE", &probe.port()));
        let ran = files.run(&["apply", "play.yml"]);
        assert!(!probe.is_untouched(), "{connection}: {ran:?}");
        while !probe.is_untouched() {}
    }
    let row = Row { files: &[("play.yml", "hosts: web\nsteps:\n- exec: 'true'\n  timeout: 500ms\n")], ..ROW };
    let ran = run(&case(&row, &probe), &probe, row.args);
    assert!(!probe.is_untouched(), "{ran:?}");
}
