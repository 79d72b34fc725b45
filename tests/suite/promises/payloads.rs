//! What comes from outside is data: a hundred hostile texts, printed by a host, at each place that takes outside data. At
//! the other end they are what they were, byte for byte, or the step that would have to change them is refused.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::case::{Case, Ran};

/// Templates, shells, SQL, paths, terminals, YAML and JSON, and alphabets.
const SEEDS: &[&str] = &[
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{%- for x in range(9) %}x{% endfor %}",
    "{# gone #}",
    "{{ secrets }}",
    "{{ lookup('env', 'HOME') }}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{",
    "}}",
    "{{ '{{' }}",
    "{{ item }}",
    "{{ 'a' | quote }}",
    "\\{{ x }}",
    "$(id)",
    "`id`",
    "; id",
    "&& id",
    "|| id",
    "| id",
    "& id",
    "> out",
    "< /etc/passwd",
    "$HOME",
    "${IFS}id",
    "~root",
    "*",
    "?",
    "[a-z]*",
    "{a,b}",
    "!!",
    "\nid",
    "a\nb",
    "'",
    "\"",
    "'\"'\"'",
    "\\'",
    "\\",
    "\\\\",
    "-rf",
    "--help",
    "-",
    "$'\\x41'",
    "<(id)",
    "# comment",
    "\r\n",
    "$((1+1))",
    "EOF\nid",
    "\t",
    "=a",
    "a=b",
    "if",
    "$0",
    "$$",
    "%s%n%d",
    "' or 1=1 --",
    "'; drop table t; --",
    "\" or \"\"=\"",
    "`",
    "``; x",
    ":name",
    "$1",
    "@@version",
    "/* x */",
    "-- x",
    "E'\\n'",
    "%",
    "_",
    "1; select 2",
    "\\g",
    "U&'\\0041'",
    "null",
    "CURRENT_USER",
    "x'41'",
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "./x",
    "~/.ssh/id",
    "a/b",
    "//x",
    "file:///etc/passwd",
    "C:\\x",
    "x%2e%2e%2f",
    "\u{1b}]0;title\u{7}",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}[31mred\u{1b}[0m",
    "\u{9b}31m",
    "\u{7}",
    "a\u{8}\u{8}b",
    "over\rwritten",
    "\u{7f}",
    "\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;eA==\u{7}",
    "\u{1b}P+q\u{1b}\\",
    "\u{202e}gnp.exe",
    "\u{200b}",
    "\u{2028}",
    "\u{feff}x",
    "!!python/object:os.system",
    "&a [*a]",
    "<<: *x",
    "{\"a\": 1}",
    "[1, 2]",
    "true",
    "0x10",
    "1e400",
    "NaN",
    " a",
    "a ",
    "",
    "---",
    "a: b",
    "- a",
    "\u{1f468}\u{200d}\u{1f469}",
    "e\u{301}",
    "\u{5d0}\u{5d1}",
    "\u{fffd}",
    "\u{10ffff}",
    "\u{1}\u{2}\u{3}",
];

/// Each gives, for every text, what was at the other end.
const PLACES: &[(&str, &str)] = &[
    ("argv", "exec: { argv: [printf, '%s', '{{ item }}'] }"),
    ("stdin", "exec: { argv: [cat], stdin: '{{ item }}' }"),
    ("shell", "exec: 'printf %s {{ item | quote }}'"),
    ("joined", "exec: \"printf %s {{ [item] | map('quote') | join(' ') }}\""),
    ("environment", "exec: 'printf %s \"$X\"'\n  environment: { X: '{{ item }}' }"),
    (
        "sqlite",
        "query: { connection: lite, sql: 'select :x as stdout', params: { x: '{{ item }}' } }\n  each_host: true",
    ),
    (
        "postgres",
        "query: { connection: pg, sql: 'select :x::text as stdout', params: { x: '{{ item }}' } }\n  each_host: true",
    ),
    (
        "mariadb",
        "query: { connection: my, sql: 'select :x as stdout', params: { x: '{{ item }}' } }\n  each_host: true",
    ),
    ("redis", "query: { connection: cache, command: [ECHO, '{{ item }}'] }\n  each_host: true"),
    ("set", "set: { stdout: '{{ item }}' }"),
];

fn playbook() -> String {
    let mut text = "hosts: a\nconnections:\n  lite: sqlite:x.db\n  pg: postgres://root@127.0.0.1/test\n  my: mysql://root@127.0.0.1/test\n  \
                    cache: redis://127.0.0.1:6379\nsteps:\n- { exec: \"cat '{{ env.HOME }}/payloads'\", register: printed, class: read }\n"
        .to_owned();
    for (name, step) in PLACES {
        let _ = write!(text, "- name: {name}\n  {step}\n  loop: printed.stdout | from_json\n");
    }
    text.push_str(
        "- name: content\n  put: { content: '{{ item }}', dest: '{{ env.HOME }}/content-{{ loop.index0 }}' }\n  loop: printed.stdout | from_json\n\
         - name: template\n  put: { src: t.j2, template: true, dest: '{{ env.HOME }}/template-{{ loop.index0 }}' }\n  loop: printed.stdout | from_json\n\
         - name: log\n  log: '{{ item }}'\n  loop: printed.stdout | from_json\n- name: all\n  log: '{{ printed.stdout }}'\n",
    );
    text
}

fn case() -> Case {
    let payloads = serde_json::to_string(SEEDS).expect("JSON");
    Case::playbook(&playbook())
        .file("hosts", "a ansible_connection=local\n")
        .file("payloads", &payloads)
        .file("t.j2", "{{ item }}")
}

/// The results of a step's items.
fn results(ran: &Ran, step: &str) -> Vec<Value> {
    let event = ran.events().into_iter().find(|event| event["event"] == "step_finished" && event["step"] == step);
    let event = event.unwrap_or_else(|| panic!("{step} has no end"));
    event["result"]["results"].as_array().unwrap_or_else(|| panic!("{step}: {event}")).clone()
}

#[test]
fn a_thousand_payloads_arrive_as_they_were() {
    let case = case();
    let ran = case.apply(&["-i", "hosts"]).exits(0);
    let mut judged = 0;
    for (place, _) in PLACES {
        let results = results(&ran, place);
        assert_eq!(results.len(), SEEDS.len(), "{place}");
        for (seed, result) in SEEDS.iter().zip(&results) {
            let value = result.get("stdout").or_else(|| result["row"].get("stdout")).or_else(|| result.get("value"));
            // A command's output is told without the line break at its end.
            let is_output = result.get("rc").is_some();
            let expected = if is_output { seed.strip_suffix('\n').unwrap_or(seed) } else { seed };
            let expected = if is_output { expected.strip_suffix('\r').unwrap_or(expected) } else { expected };
            assert_eq!(value, Some(&json!(expected)), "{place}: {seed:?}");
            judged += 1;
        }
    }
    for (n, seed) in SEEDS.iter().enumerate() {
        for place in ["content", "template"] {
            let arrived = case.read(&format!("{place}-{n}"));
            assert_eq!(&arrived, seed, "{place}: {seed:?}");
            judged += 1;
        }
    }
    assert!(judged >= 1000, "{judged}");
    // Nothing that was printed has run.
    assert!(!case.path("out").exists() && !case.path("x").exists());
}

#[test]
fn no_payload_reaches_the_terminal_as_it_is() {
    let case = case();
    for args in [&["-v", "--diff"][..], &[]] {
        let ran = case.run(&[&["apply", "play.yml", "-i", "hosts"], args].concat()).exits(0);
        let shown = case.run(&["show", "last", "-v"]).exits(0);
        for text in [ran.stdout, ran.stderr, shown.stdout] {
            let bad =
                |c: char| (c.is_control() && !"\n\t".contains(c)) || "\u{202e}\u{200b}\u{2028}\u{feff}".contains(c);
            assert_eq!(text.find(bad), None, "{:?}", text.chars().find(|c| bad(*c)));
        }
    }
    // The same on a real terminal, but for the colours and the redrawing of our own.
    let command = format!("{} apply play.yml -i hosts -v", env!("CARGO_BIN_EXE_runbook"));
    let output = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .current_dir(case.path(""))
        .env("HOME", case.path(""))
        .env("RUNBOOK_STATE", case.path("state"))
        .env("TERM", "xterm")
        .output()
        .expect("script");
    let text = String::from_utf8_lossy(&output.stdout);
    for sequence in ["\u{1b}]", "\u{1b}P", "\u{1b}[H", "\u{9b}", "\u{202e}", "\u{8}\u{8}b"] {
        assert!(!text.contains(sequence), "{sequence:?} reached the terminal");
    }
}

#[test]
fn an_identifier_is_quoted_or_refused() {
    let rows = ["lite", "pg", "my"];
    let bare = |c: char| c.is_control() || c.is_whitespace();
    for connection in rows {
        let step = format!(
            "- name: names\n  query: {{ connection: {connection}, sql: 'select 1 as {{{{ item }}}}' }}\n  each_host: true\n  \
             loop: printed.stdout | from_json\n  ignore_errors: true\n"
        );
        let head = playbook();
        let head = &head[..head.find("- name: argv").expect("the first place")];
        let case = case().file("play.yml", &format!("{head}{step}"));
        let ran = case.apply(&["-i", "hosts"]).exits(0);
        let results = results(&ran, "names");
        assert_eq!(results.len(), SEEDS.len(), "{connection}");
        let mut kept = 0;
        for (seed, result) in SEEDS.iter().zip(&results) {
            match result["row"].as_object() {
                // Servers cut or trim a name; they do not read it.
                Some(row) => {
                    let (name, value) = row.iter().next().expect("a column");
                    assert_eq!(
                        (name.trim_matches(bare), value),
                        (seed.trim_matches(bare), &json!(1)),
                        "{connection}: {seed:?}"
                    );
                    kept += 1;
                }
                None => assert_eq!(result["failed"], true, "{connection}: {seed:?} {result}"),
            }
        }
        assert!(kept > 100, "{connection}: {kept}");
    }
}
