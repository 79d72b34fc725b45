//! The machine: the state folder, a closed output, an environment with little in it; and problems as events.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::case::{Case, Ran};

const PLAY: &str = "steps:\n- exec: echo ran >> log\n";

#[test]
fn state_folders_that_cannot_be_used() {
    let elsewhere = "  = name another with --state or RUNBOOK_STATE\n";
    let rows = [
        ("a file", "touch state", "state", "@/state: it is not a folder\n", elsewhere),
        ("no parent", "true", "none/state", "@/none/state: @/none does not exist\n", "  = mkdir -p @/none\n"),
        ("below a file", "touch file", "file/state", "@/file/state: a part of its path is not a folder\n", elsewhere),
        ("a device", "true", "/dev/full/state", "/dev/full/state: a part of its path is not a folder\n", elsewhere),
    ];
    let mut wrong = Vec::new();
    for (what, before, folder, why, hint) in rows {
        let case = Case::playbook(PLAY);
        let prepared = Command::new("sh").args(["-c", before]).current_dir(case.path("")).status();
        assert!(prepared.is_ok_and(|status| status.success()), "{what}");
        let ran = case.run(&["apply", "play.yml", "--state", folder]);
        let expected = format!(
            "error: cannot use the state folder {why}{hint}nothing was changed: no host, broker or database was contacted\n"
        );
        let told = ran.stderr.replace(&case.path("").display().to_string(), "@/");
        if ran.status != 2 || told != expected || case.path("log").exists() {
            wrong.push(format!("=== {what} (exit {})\n{told}--- expected\n{expected}", ran.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_closed_output_stops_nothing() {
    for output in ["human", "json", "junit"] {
        let case = Case::playbook("steps:\n- exec: echo one >> log\n- exec: echo two >> log\n");
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let errors = writer.try_clone().expect("a pipe");
        let status = case
            .command(&["apply", "play.yml", "--output", output])
            .stdout(writer)
            .stderr(errors)
            .status()
            .expect("the program runs");
        assert_eq!((status.code(), case.read("log").as_str()), (Some(0), "one\ntwo\n"), "{output}");
    }
    let case = Case::playbook(PLAY);
    case.run(&["apply", "play.yml"]).exits(0);
    for args in
        [&["runs"][..], &["show"], &["inventory"], &["validate", "play.yml"], &["--help"], &["completions", "bash"]]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = case.command(args).stdout(writer).stderr(Stdio::piped()).output().expect("the program runs");
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!((ended.status.code(), told.as_ref()), (Some(0), ""), "{args:?}");
    }
}

/// What it is, the variables and the arguments.
type Surroundings = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

#[test]
fn an_environment_with_little_in_it() {
    let rows: [Surroundings; 3] = [
        ("nothing but --state", &[], &["apply", "play.yml", "--state", "state"]),
        ("C", &[("LC_ALL", "C"), ("TERM", "dumb")], &["apply", "play.yml", "--state", "state"]),
        ("a home", &[("HOME", "."), ("XDG_STATE_HOME", "")], &["apply", "play.yml"]),
    ];
    for (what, env, args) in rows {
        let case = Case::new();
        let log = case.path("log");
        let case = case.file("play.yml", &format!("steps:\n- exec: echo ran >> '{}'\n", log.display()));
        let mut command = case.command(args);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(env.iter().copied());
        let ran = Ran::from(command.output().expect("the program runs")).exits(0);
        assert!(log.exists(), "{what}: {ran:?}");
        assert!(ran.stdout.is_ascii(), "{what}: {ran:?}");
    }
}

#[test]
fn files_of_the_state_are_for_their_owner_only() {
    let case = Case::playbook(PLAY);
    case.run(&["apply", "play.yml"]).exits(0);
    let mode = std::fs::metadata(case.path("state")).expect("the folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn problems_as_events() {
    let play = "name: Deploy\nhosts: localhost\nsteps:\n- name: restart api\n  exec: a\n  retires: 3\n";
    for args in [&["validate", "play.yml", "--output", "json"][..], &["apply", "play.yml", "--output", "json"]] {
        let ran = Case::playbook(play).run(args).exits(2);
        let expected = json!({"event": "problem", "severity": "error", "message": "unknown key `retires` in step \"restart api\"",
            "file": "play.yml", "line": 6, "column": 3, "hint": "did you mean `retries`?"});
        assert_eq!((ran.events(), ran.stderr.as_str()), (vec![expected], ""), "{args:?}");
        let keys: Vec<String> = ran.events()[0].as_object().expect("a mapping").keys().cloned().collect();
        assert_eq!(keys, ["event", "severity", "message", "file", "line", "column", "hint"]);
    }
}

#[test]
fn problems_as_a_sarif_log() {
    let files = [
        (
            "play.yml",
            "hosts: localhost\nsteps:\n- exec: a\n  retires: 3\n- log: 'ö {{ nope }}'\n- include: 'my steps.yml'\n",
        ),
        ("my steps.yml", "- exec: b\n  when: false\n"),
    ];
    let case = files.into_iter().fold(Case::new(), |case, (path, text)| case.file(path, text));
    let ran = case.run(&["validate", "play.yml", "--output", "sarif"]).exits(2);
    let log: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let result = |level: &str, text: &str, uri: &str, (line, column, end): (u32, u32, u32)| {
        let region = json!({"startLine": line, "startColumn": column, "endColumn": end});
        json!({"ruleId": level, "level": level, "message": {"text": text},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}]})
    };
    let expected = json!([
        result("error", "unknown key `retires` in step 1: did you mean `retries`?", "play.yml", (4, 3, 10)),
        result("error", "`nope` is undefined", "play.yml", (5, 14, 18)),
        result("warning", "this step never runs: its `when` is always false", "my%20steps.yml", (2, 9, 14)),
    ]);
    assert_eq!(log["runs"][0]["results"], expected);
    assert_eq!(
        (&log["version"], &log["runs"][0]["columnKind"], ran.stderr.as_str()),
        (&json!("2.1.0"), &json!("unicodeCodePoints"), "")
    );
    let good = Case::playbook("steps:\n- log: a\n").run(&["validate", "play.yml", "--output", "sarif"]).exits(0);
    let log: Value = serde_json::from_str(&good.stdout).expect("JSON");
    assert_eq!(log["runs"][0]["results"], json!([]));
}

#[test]
fn what_never_runs_is_told_and_forbids_nothing() {
    let play = "hosts: localhost\nsteps:\n- exec: a\n  when: 1 > 2\n- log: b\n  loop: []\n- block:\n  - assert: {that: [1 == 2]}\n  \
                - log: c\n  rescue:\n  - {exec: d, notify: used}\nhandlers:\n- {name: used, exec: e}\n- {name: idle, exec: e}\n";
    let ran = Case::playbook(play).run(&["validate", "play.yml", "-v"]).exits(0);
    assert_eq!(ran.stdout, "play.yml: ok (1 play, 5 steps)\n  play 1: 5 steps on 1 host\n");
    let told: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning") || line.trim_start().starts_with("--> "))
        .collect();
    let expected = [
        "warning: this step never runs: its `when` is always false",
        " --> play.yml:4:9",
        "warning: this step never runs: its `loop` is empty",
        " --> play.yml:6:9",
        "warning: this step is never reached: the one before it always fails",
        " --> play.yml:9:5",
        "warning: no step notifies the handler `idle`",
        " --> play.yml:14:10",
    ];
    let told: Vec<String> = told.into_iter().map(|line| line.replace("  --> ", " --> ")).collect();
    assert_eq!(told, expected);
}

#[test]
fn problems_as_events_hold_no_password() {
    let play = "inputs: {url: {type: string, pattern: '^https:'}}\nsteps:\n- log: a\n";
    let case = Case::playbook(play);
    for output in ["human", "json"] {
        let given = "url=redis://app:hunter2secret@127.0.0.1/0";
        let ran = case.run(&["validate", "play.yml", "-e", given, "--output", output]).exits(2);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(all.contains("redis://app:********@127.0.0.1/0") && !all.contains("hunter2secret"), "{all}");
    }
}
