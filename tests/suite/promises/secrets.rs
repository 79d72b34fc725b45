//! Canaries: secrets that go through every place that takes them, are repeated by what they meet, and are found nowhere
//! but at the target.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::harness::case::Case;

const TOKEN: &str = "tokEn'\"$&/canary-8241";
const LINE: &str = "MIIEcanaryLineOne7712";
const COMMAND: &str = "commandCanary5530";
const HIDDEN: &str = "hiddenByNoLog3317";

fn pem() -> String {
    format!("-----BEGIN KEY-----\n{LINE}\nMIIEcanaryLineTwo7713\n-----END KEY-----")
}

const PLAY: &str = r#"hosts: a
secrets:
  token: { env: TOKEN }
  pem: { file: key.pem }
  given: { command: [sh, given.sh] }
connections:
  lite: sqlite:test.db
  locked: "redis://:urlCanary9981@127.0.0.1:REDIS/0"
  cache: redis://127.0.0.1:6379/0
vars: { made: "{{ secrets.token | upper | reverse }}" }
steps:
- { name: channels, exec: { shell: "cat > in.out; printenv T > env.out; sleep 0.4", stdin: "{{ secrets.pem }}" }, environment: { T: "{{ secrets.token }}" } }
- { name: echoes, exec: { shell: "python3 say.py", stdin: "{{ secrets.token }}" }, register: said }
- { name: again, log: "it said {{ said.stdout }}" }
- { name: lines, exec: { shell: "cat >&2; exit 3", stdin: "{{ secrets.pem }}" }, ignore_errors: true }
- { name: computed, exec: { shell: "tee made.out", stdin: "{{ made }}" } }
- { name: content, put: { content: "a={{ secrets.given }}\n", dest: "{{ env.HOME }}/content.out" } }
- { name: template, put: { src: t.conf, dest: "{{ env.HOME }}/template.out", template: true } }
- { name: table, query: { connection: lite, sql: create table if not exists t (x text unique) }, each_host: true }
- { name: row, query: { connection: lite, sql: "insert or ignore into t values (:x)", params: { x: "{{ secrets.token }}" } }, each_host: true }
- { name: twice, query: { connection: lite, sql: "insert into t values (:x)", params: { x: "{{ secrets.token }}" } }, each_host: true, ignore_errors: true }
- { name: rows, query: { connection: lite, sql: select x from t }, each_host: true, register: rows }
- { name: value, query: { connection: cache, command: [SET, KEY, "{{ secrets.given }}"] }, each_host: true }
- { name: message, publish: { connection: cache, channel: KEY, message: { p: "{{ secrets.pem }}" } }, each_host: true }
- { name: secretive, exec: { shell: "echo hiddenByNoLog3317 >&2; echo hiddenByNoLog3317; exit 4" }, no_log: true, ignore_errors: true }
- { exec: "echo hiddenByNoLog3317", no_log: true }
- block:
  - { name: url, query: { connection: locked, command: [PING] }, each_host: true }
  rescue:
  - { name: told, log: "{{ failed.error }}" }
- { name: last, exec: "echo {{ said.stdout | quote }} >&2; exit 5" }
"#;

const SAY: &str = "import sys, base64, urllib.parse, json, shlex\ns = sys.stdin.read()\n\
                   print(s, base64.b64encode(s.encode()).decode(), urllib.parse.quote(s), json.dumps(s), shlex.quote(s))\n\
                   print(base64.b64encode(('x' + s).encode()).decode(), base64.b64encode(('xy' + s).encode()).decode())\n";

/// Everything that must be found nowhere.
fn canaries() -> Vec<String> {
    let made: String = TOKEN.to_uppercase().chars().rev().collect();
    let encoded = |shift: &str| {
        let whole = STANDARD.encode(format!("{shift}{TOKEN}"));
        whole[4..whole.len() - 4].to_owned()
    };
    let mut all = vec![TOKEN.to_owned(), made, LINE.to_owned(), "LineTwo7713".to_owned()];
    all.extend([COMMAND, HIDDEN, "urlCanary9981", "canary-8241"].map(str::to_owned));
    all.extend([encoded(""), encoded("x"), encoded("xy"), STANDARD.encode(pem())]);
    all.push("tokEn%27%22%24%26".to_owned());
    all.push(serde_json::to_string(TOKEN).expect("JSON").trim_matches('"').to_owned());
    all
}

fn judge(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for canary in canaries() {
        if let Some(at) = text.find(&canary) {
            let around: String = text[..at].chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
            panic!("{what} holds {canary}: ...{around}");
        }
    }
}

fn case(key: &str) -> Case {
    let refused = crate::harness::sshd::free_port();
    Case::playbook(&PLAY.replace("KEY", key).replace("REDIS", &refused.to_string()))
        .file(
            "hosts.ini",
            "a ansible_connection=local ansible_password=inventoryCanary66 ansible_become_password=becomeCanary77\n",
        )
        .file("key.pem", &pem())
        .file("given.sh", &format!("echo {COMMAND}\n"))
        .file("t.conf", "t={{ secrets.token }}\nmade={{ made }}\n")
        .file("say.py", SAY)
        .env("TOKEN", TOKEN)
}

/// The command lines of all processes, and the environments of those that are not below the shell of a step.
fn watch(child: &mut Child) -> usize {
    let mut looks = 0;
    let inherited: BTreeSet<u32> = BTreeSet::from([child.id()]);
    while child.try_wait().expect("a child").is_none() {
        for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            if let Ok(line) = std::fs::read(entry.path().join("cmdline")) {
                let ours = String::from_utf8_lossy(&line).contains("hiddenByNoLog");
                // What `no_log` hides is no secret: the command itself runs with its own words.
                if !ours {
                    judge(&format!("the command line of {pid}"), &line);
                }
            }
            if let Ok(environment) = std::fs::read(entry.path().join("environ"))
                && !inherited.contains(&pid)
            {
                let text = String::from_utf8_lossy(&environment);
                assert!(!text.contains(LINE) && !text.contains(COMMAND), "the environment of {pid}");
            }
        }
        looks += 1;
        std::thread::sleep(Duration::from_millis(15));
    }
    looks
}

fn redis(args: &[&str]) -> String {
    let done = Command::new("redis-cli").args(args).output().expect("redis-cli");
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

#[test]
fn no_secret_is_found_anywhere_but_at_the_target() {
    for looks in
        [&["-v", "--diff"][..], &["--output", "json", "--diff"], &["--output", "junit"], &["--check", "--diff"]]
    {
        let key = format!("rb:{}", uuid::Uuid::new_v4().simple());
        let case = case(&key);
        let args: Vec<&str> = ["apply", "play.yml", "-i", "hosts.ini"].iter().chain(looks).copied().collect();
        let mut command = case.command(&args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let seen = watch(&mut child);
        let output = child.wait_with_output().expect("an end");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(seen > 2, "it was over at once: {said}");
        judge(&format!("{looks:?} on standard output"), &output.stdout);
        judge(&format!("{looks:?} on standard error"), &output.stderr);
        for args in [&["show", "last"][..], &["show", "last", "-v"], &["show", "last", "--output", "json"], &["runs"]] {
            let ran = case.run(args);
            judge(&format!("{args:?}"), format!("{}{}", ran.stdout, ran.stderr).as_bytes());
        }
        for file in std::fs::read_dir(case.path("state")).expect("the state").flatten() {
            judge(&file.path().display().to_string(), &std::fs::read(file.path()).unwrap_or_default());
        }
        if looks.contains(&"--check") {
            continue;
        }
        assert_eq!(output.status.code(), Some(1), "{said}");
        arrived(&case, &key);
    }
}

/// The real values are where they were sent.
fn arrived(case: &Case, key: &str) {
    let made: String = TOKEN.to_uppercase().chars().rev().collect();
    assert_eq!(case.read("in.out"), pem());
    assert_eq!(case.read("env.out"), format!("{TOKEN}\n"));
    assert_eq!(case.read("made.out"), made);
    assert_eq!(case.read("content.out"), format!("a={COMMAND}\n"));
    assert_eq!(case.read("template.out"), format!("t={TOKEN}\nmade={made}\n"));
    let row = Command::new("sqlite3").arg(case.path("test.db")).arg("select x from t").output().expect("sqlite3");
    assert_eq!(String::from_utf8_lossy(&row.stdout).trim(), TOKEN);
    assert_eq!(redis(&["GET", key]), COMMAND);
    redis(&["DEL", key]);
    assert!(Path::new(&case.path("state/runs.db")).exists());
}

#[test]
fn no_process_inherits_a_secret_of_the_environment() {
    let case = crate::harness::case::Case::playbook(
        "secrets: {token: {env: RB_TOKEN}}\nhosts: localhost\nsteps:\n- {exec: env, register: r}\n\
         - assert: {that: \"'RB_TOKEN' not in r.stdout and 'RB_OTHER' in r.stdout\", message: it was inherited}\n",
    );
    case.env("RB_TOKEN", "only for runbook").env("RB_OTHER", "for all").apply(&[]).exits(0);
}
