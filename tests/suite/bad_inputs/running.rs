//! What can only be seen while a run goes on, on this machine: the step fails, and says why and where.

use super::Probe;
use crate::harness::case::Case;

/// A playbook, and how its last step ends: outcome, message, hint and place.
pub struct Ends {
    pub what: &'static str,
    pub steps: &'static str,
    pub status: i32,
    pub told: &'static str,
}

const ROWS: &[Ends] = &[
    Ends {
        what: "outside data in a shell text",
        steps: "- exec: echo 'a; b'\n  register: said\n- exec: 'echo {{ said.stdout_lines[0] }}'\n",
        status: 1,
        told: r#"failed: outside data may not stand in a shell command as it is
  add `| quote` as the last filter, or use `argv`
  play.yml:9:17
"#,
    },
    Ends {
        what: "an undefined part of a result that only a run gives",
        steps: "- set: {said: {stdout: '{{ 1 | string }}'}}\n- log: '{{ said.stdoot }}'\n",
        status: 1,
        told: r#"failed: `said.stdoot` is undefined
  did you mean `stdout`?
  play.yml:8:12
"#,
    },
    Ends {
        what: "a loop over a result that is not a list",
        steps: "- exec: echo a\n  register: said\n- log: '{{ item }}'\n  loop: said.stdout\n",
        status: 1,
        told: r#"failed: `loop` wants a list, found a string
  -
  play.yml:10:9
"#,
    },
    Ends {
        what: "a command that is not found",
        steps: "- exec: {argv: [no-such-program, -x]}\n",
        status: 1,
        told: r#"failed: exit status 127
  command not found
  play.yml:7:3
"#,
    },
    Ends {
        what: "a word that no shell finds",
        steps: "- exec: no-such-program -x\n",
        status: 1,
        told: r#"failed: exit status 127
  command not found
  play.yml:7:3
"#,
    },
    Ends {
        what: "a file that is not executable",
        steps: "- exec: {argv: [/etc/passwd]}\n",
        status: 1,
        told: r#"failed: exit status 126
  not executable
  play.yml:7:3
"#,
    },
    Ends {
        what: "a command that a signal kills",
        steps: "- exec: 'kill -KILL $$'\n",
        status: 1,
        told: r#"failed: killed by signal KILL
  -
  play.yml:7:3
"#,
    },
    Ends {
        what: "a folder that is missing",
        steps: "- exec: {shell: pwd, chdir: /no/such/folder}\n",
        status: 1,
        told: r#"failed: cannot change to the working directory: no such directory: /no/such/folder on localhost
  -
  play.yml:7:3
"#,
    },
    Ends {
        what: "a status that is not 0",
        steps: "- exec: 'echo out; echo why >&2; exit 3'\n",
        status: 1,
        told: r#"failed: exit status 3
  -
  play.yml:7:3
"#,
    },
    Ends {
        what: "a put onto a directory",
        steps: "- put: {content: a, dest: /tmp}\n",
        status: 1,
        told: r#"failed: /tmp is a directory
  end `dest` with `/` to put the file into the directory, under its own name
  play.yml:7:3
"#,
    },
    Ends {
        what: "a put where nothing can be written",
        steps: "- put: {content: a, dest: /proc/nope}\n",
        status: 1,
        told: r#"failed: cannot write /proc/nope: no such directory: /proc on localhost
  -
  play.yml:7:3
"#,
    },
    Ends {
        what: "a put into a folder that is missing",
        steps: "- put: {content: a, dest: /no/such/folder/a}\n",
        status: 1,
        told: r#"failed: the directory /no/such/folder does not exist
  make it first: `file: { path: /no/such/folder, state: directory }`
  play.yml:7:3
"#,
    },
    Ends {
        what: "a get of what is not there",
        steps: "- get: {src: /no/such/file, dest: a}\n",
        status: 1,
        told: r#"failed: /no/such/file does not exist
  `src` is a path on the host
  play.yml:7:3
"#,
    },
    Ends {
        what: "a wait for nobody",
        steps: "- wait: {host: 127.0.0.1, port: 1}\n  timeout: 300ms\n",
        status: 1,
        told: r#"failed: it did not end within 300 ms and was stopped
  -
  play.yml:7:3
"#,
    },
    Ends {
        what: "a step that takes too long",
        steps: "- exec: sleep 20\n  timeout: 300ms\n",
        status: 1,
        told: r#"failed: it did not end within 300 ms and was stopped
  -
  play.yml:7:3
"#,
    },
    Ends {
        what: "an assertion that does not hold",
        steps: "- assert: {that: [1 == 1, \"'a' in 'bcd'\"]}\n",
        status: 1,
        told: r#"failed: `'a' in 'bcd'` is false
  -
  play.yml:7:3
"#,
    },
    Ends {
        what: "a question nobody can answer",
        steps: "- confirm: Really?\n",
        status: 1,
        told: r#"failed: nobody can be asked: Really?
  there is no terminal; --yes agrees beforehand
  play.yml:7:3
"#,
    },
    Ends {
        what: "a Redis that is not there",
        steps: "- query: {connection: redis, command: [PING]}\n",
        status: 3,
        told: r#"unreachable: cannot connect to Redis at 127.0.0.1:1: connection refused
  is the server running, and the port right?
  play.yml:7:3
"#,
    },
    Ends {
        what: "a broker that is not there",
        steps: "- publish: {connection: amqp, routing_key: a, message: b}\n",
        status: 3,
        told: r#"unreachable: cannot connect to RabbitMQ at 127.0.0.1:1: connection refused
  is the broker running, and the port right?
  play.yml:7:3
"#,
    },
    Ends {
        what: "a database that is not there",
        steps: "- query: {connection: mysql, sql: select 1}\n",
        status: 3,
        told: r#"unreachable: cannot connect to `mysql` (MySQL at 127.0.0.1:1): Connection refused (os error 111)
  -
  play.yml:7:3
"#,
    },
    Ends {
        what: "a name that does not resolve",
        steps: "- query: {connection: lost, command: [PING]}\n",
        status: 3,
        told: r#"unreachable: the name `no-such-host.invalid` has no address (failed to lookup address information: Name or service not known)
  check the host in the connection's URL
  play.yml:7:3
"#,
    },
];

/// Connections that nobody answers; the password must never be seen.
const HEAD: &str = "connections:
  redis: redis://:hunter2secret@127.0.0.1:1
  amqp: amqp://guest:hunter2secret@127.0.0.1:1
  mysql: mysql://root:hunter2secret@127.0.0.1:1/x
  lost: redis://no-such-host.invalid
steps:
";

#[test]
fn what_fails_in_a_run_says_why_and_where() {
    judge(ROWS, HEAD);
}

/// Runs each row below `head`.
pub fn judge(rows: &[Ends], head: &str) {
    let mut wrong = Vec::new();
    for row in rows {
        let probe = Probe::new();
        let case = Case::playbook(&format!("{head}{}", row.steps));
        let ran = case.run(&["apply", "play.yml", "--output", "json"]);
        assert!(!format!("{ran:?}").contains("hunter2secret"), "{}: {ran:?}", row.what);
        let told = end(&ran.stdout).replace(&case.path("").display().to_string(), "@/").replace(&probe.port(), "PROBE");
        if ran.status != row.status || told != row.told {
            wrong.push(format!(
                "=== {} (exit {})\n{told}--- expected\n{}{}",
                row.what, ran.status, row.told, ran.stderr
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The last end of a step, as text.
pub fn end(stdout: &str) -> String {
    let mut events = stdout.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let Some(end) = events.rfind(|event| event["event"] == "step_finished") else {
        return "no step ended\n".to_owned();
    };
    let error = &end["error"];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    format!(
        "{}: {}\n  {}\n  {}\n",
        text(&end["outcome"]),
        text(&error["message"]),
        text(&error["hint"]),
        text(&error["place"])
    )
}
