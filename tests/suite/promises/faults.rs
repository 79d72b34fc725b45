//! What becomes of a run in which something goes wrong on purpose.

use serde_json::Value;

use crate::harness::case::{Case, Ran, THREE};

const PLAY: &str = "hosts: web\nsecrets: { token: { env: TOKEN } }\nsteps:\n- name: first\n  exec: 'true'\n\
    - name: second\n  exec: 'echo {{ inventory_hostname }} >> DONE'\n  environment: { TOKEN: '{{ secrets.token }}' }\n- name: third\n  exec: 'true'\n";

fn case() -> Case {
    let case = Case::new().file("hosts", THREE).env("TOKEN", "canary-of-the-panic");
    let play = PLAY.replace("DONE", &case.path("done").display().to_string());
    case.file("play.yml", &play)
}

fn ends(ran: &Ran, host: &str) -> Vec<String> {
    let events = ran.events();
    let of = events.iter().filter(|event| event["event"] == "step_finished" && event["host"] == host);
    of.filter_map(|event| Some(event["outcome"].as_str()?.to_owned())).collect()
}

#[test]
fn a_panic_in_one_hosts_step_fails_that_host_only() {
    let case = case().env("RUNBOOK_FAULT", "step:b/second=panic");
    let ran = case.apply(&["-i", "hosts"]).exits(5);
    for host in ["a", "c"] {
        assert_eq!(ends(&ran, host), ["changed"; 3], "{host}");
    }
    assert_eq!(ends(&ran, "b"), ["changed", "unknown"]);
    let mut done: Vec<String> = case.read("done").lines().map(str::to_owned).collect();
    done.sort();
    assert_eq!(done, ["a", "c"]);
    let told = ran.stderr.lines().find(|line| line.starts_with("error: runbook ")).expect("a word about it");
    assert!(told.contains("failed in itself (a panic at src/execute/attempt.rs:"), "{told}");
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("canary-of-the-panic"));
    // The journal is whole: the run is taken up again, and says of the step that its end is not known.
    let resumed = case.env("RUNBOOK_FAULT", "").run(&["resume", "--on-unknown", "retry", "--output", "json"]).exits(0);
    assert_eq!(ends(&resumed, "b"), ["changed", "changed"]);
}

#[test]
fn a_journal_that_takes_no_more_stops_the_run_cleanly() {
    for (word, why) in [("io", "input/output error"), ("full", "no space left on the device")] {
        let mut stopped = 0;
        for n in 0..12 {
            let case = case().env("RUNBOOK_FAULT", &format!("append:{n}={word}"));
            let ran = case.apply(&["-i", "hosts", "-f", "1"]);
            if ran.status == 0 {
                continue;
            }
            stopped += 1;
            assert_eq!(ran.status, 1, "append {n}: {}{}", ran.stdout, ran.stderr);
            assert!(format!("{}{}", ran.stdout, ran.stderr).contains(why), "append {n}: {}", ran.stderr);
            shown_is_kept(&case, &ran, n);
        }
        assert!(stopped >= 5, "{word}: only {stopped} appends were reached");
    }
}

/// What was shown is in the journal, and what the journal does not say was begun has not been done.
fn shown_is_kept(case: &Case, ran: &Ran, n: u32) {
    let of = |ran: &Ran| -> Vec<(Value, Value, Value)> {
        let events = ran.events();
        let finished = events.iter().filter(|event| event["event"] == "step_finished");
        finished.map(|event| (event["host"].clone(), event["step"].clone(), event["outcome"].clone())).collect()
    };
    let kept = case.run(&["show", "last", "--output", "json"]);
    let kept_ends = if kept.status == 0 { of(&kept) } else { Vec::new() };
    for shown in of(ran) {
        assert!(kept_ends.contains(&shown), "append {n}: {shown:?} was shown and is not kept");
    }
    let done = std::fs::read_to_string(case.path("done")).unwrap_or_default();
    let begun = kept.stdout.lines().filter(|line| line.contains("\"second\"")).count();
    assert!(done.lines().count() <= begun, "append {n}: done without a record: {done} {}", kept.stdout);
}
