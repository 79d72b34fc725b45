//! Runs that are killed and taken up again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::case::Case;
use crate::harness::sshd::Fleet;

const HOSTS: usize = 5;
const STEPS: usize = 20;

/// Each step of each host leaves a line; a step that runs twice leaves two.
fn case(inventory: &str) -> Case {
    let case = Case::new();
    let done = case.path("done").display().to_string();
    let steps: String = (0..STEPS)
        .map(|n| format!("- {{name: s{n}, exec: 'echo {{{{ inventory_hostname }}}} s{n} >> {done}'}}\n"))
        .collect();
    case.file("play.yml", &format!("hosts: all\nsteps:\n{steps}")).file("hosts.ini", inventory)
}

const APPLY: [&str; 6] = ["apply", "play.yml", "-i", "hosts.ini", "--output", "json"];

/// How often each (host, step) has run.
fn lines(case: &Case) -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(case.path("done")).unwrap_or_default();
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        *counts.entry(line.to_owned()).or_default() += 1;
    }
    counts
}

/// The (host, step) pairs that the journal holds with this event.
fn recorded(case: &Case, event: &str) -> BTreeSet<String> {
    let ran = case.run(&["show", "last", "--output", "json"]);
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let events = ran.events();
    let wanted = events.iter().filter(|found| found["event"] == event);
    wanted.map(|found| format!("{} {}", text(found, "host"), text(found, "step"))).collect()
}

/// Numbers that look random and are the same in every run (Knuth's MMIX).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

#[test]
fn a_killed_run_goes_on_and_repeats_nothing() {
    let inventory: String = (0..HOSTS).map(|n| format!("h{n} ansible_connection=local\n")).collect();
    kill_and_resume(&inventory, 40);
}

#[test]
fn a_killed_run_over_ssh_goes_on_and_repeats_nothing() {
    let fleet = Fleet::start(HOSTS);
    kill_and_resume(&fleet.inventory(), 10);
}

/// Kills so many runs at random moments, and takes each up again.
fn kill_and_resume(inventory: &str, rounds: u64) {
    let undisturbed = case(inventory);
    let begun = Instant::now();
    undisturbed.run(&APPLY).exits(0);
    let whole = u64::try_from(begun.elapsed().as_micros()).expect("a short run");
    assert_eq!(lines(&undisturbed).len(), HOSTS * STEPS);

    let mut seeded = Seeded(42);
    let mut cut_off: u64 = 0;
    for round in 0..rounds {
        let case = case(inventory);
        let mut child = case.start(&APPLY);
        std::thread::sleep(Duration::from_micros(whole * seeded.below(100) / 100));
        child.kill().expect("a kill");
        child.wait().expect("an end");
        if case.run(&["runs"]).stdout.contains("no runs yet") {
            continue;
        }
        let finished = recorded(&case, "step_finished");
        let begun = recorded(&case, "step_started");
        let open: BTreeSet<String> = begun.difference(&finished).cloned().collect();
        // A command that was running when runbook was killed may still write its line.
        std::thread::sleep(Duration::from_millis(50));
        let before = lines(&case);
        for step in &finished {
            assert_eq!(before.get(step), Some(&1), "round {round}: {step} is recorded done");
        }
        if finished.len() == HOSTS * STEPS {
            continue;
        }

        // What is unknown is told, and not repeated.
        let resumed = case.run(&["resume", "--output", "json"]);
        if resumed.stdout.contains("was cut off before it began") {
            assert!(before.is_empty(), "round {round}: {before:?}");
            continue;
        }
        cut_off += 1;
        let told: BTreeSet<String> =
            resumed.ends().iter().filter_map(|end| end.strip_suffix(" unknown")).map(str::to_owned).collect();
        assert_eq!(told, open, "round {round}: {}{}", resumed.stdout, resumed.stderr);
        assert_eq!(
            resumed.status,
            if open.is_empty() { 0 } else { 5 },
            "round {round}: {}{}",
            resumed.stdout,
            resumed.stderr
        );

        // With a decision the run ends, and only what was unknown may have run twice.
        if !open.is_empty() {
            case.run(&["resume", "--on-unknown", "retry", "--output", "json"]).exits(0);
        }
        let after = lines(&case);
        assert_eq!(after.len(), HOSTS * STEPS, "round {round}");
        for (step, count) in &after {
            let most = if open.contains(step) { 2 } else { 1 };
            assert!((1..=most).contains(count), "round {round}: {step} ran {count} times");
        }
    }
    assert!(cut_off * 5 >= rounds * 2, "only {cut_off} of {rounds} kills hit a run");
}

#[test]
fn what_changed_meanwhile_is_refused() {
    let case = Case::playbook("hosts: localhost\nsteps:\n- exec: 'true'\n- exec: test -e go\n");
    case.run(&["apply", "play.yml"]).exits(1);
    let case = case.file("play.yml", "hosts: localhost\nsteps:\n- exec: 'true'\n- exec: 'true'\n");
    let ran = case.run(&["resume"]).exits(4);
    assert!(ran.stderr.contains("the playbook changed since the run was started"), "{}", ran.stderr);
    case.run(&["resume", "--accept-changes"]).exits(0);
}

#[test]
fn a_failed_step_is_tried_again_and_what_was_done_is_not() {
    let case = Case::playbook(
        "hosts: localhost\nsteps:\n- {name: one, exec: echo x >> done, register: r}\n\
         - {name: two, exec: 'test -e go && echo {{ r.rc }} > rc'}\n",
    );
    case.run(&["apply", "play.yml"]).exits(1);
    let case = case.file("go", "");
    let ran = case.run(&["resume", "--output", "json"]).exits(0);
    assert_eq!(ran.ends_of("localhost"), "two changed");
    assert_eq!((case.read("done").as_str(), case.read("rc").as_str()), ("x\n", "0\n"));
    let again = case.run(&["resume"]).exits(2);
    assert!(again.stderr.contains("ended well"), "{}", again.stderr);
}

#[tokio::test]
async fn a_run_that_was_cut_off_before_its_first_record_has_nothing_to_resume() {
    let case = Case::playbook("hosts: localhost\nsteps:\n- exec: 'true'\n");
    let store = runbook::journal::Store::open(&case.path("state")).await.expect("a store");
    drop(store.begin(&runbook::id::RunId("20261126-120000-abcdef".into())).await.expect("a journal"));
    let ran = case.run(&["resume"]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: run 20261126-120000-abcdef was cut off before it began: nothing was done\n  \
         = `runbook apply` starts a new one\n\
         nothing was changed: no host, broker or database was contacted\n"
    );
}
