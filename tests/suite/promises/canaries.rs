//! Forty-five secrets of every shape and from every source, through everything that may repeat them: none is found in what
//! people, machines or the journal see.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::harness::case::{Case, Ran};
use crate::harness::sshd::{Fleet, User, free_port};
use crate::sealed::{encrypted, fixture, identity};

const KEYS: &[&str] = &["--vault-password-file", "password", "--age-identity", "identity"];

/// The part of each secret that is looked for: no encoding for URLs, JSON or shells changes it.
fn core(n: usize) -> String {
    format!("canary{n:02}Kx{:04}", 7919 * (n + 1) % 10_000)
}

/// Quotes, percent signs, other alphabets, line breaks, spaces, backslashes, and much of it.
fn secret(n: usize) -> String {
    let core = core(n);
    match n % 8 {
        0 => core,
        1 => format!("{core}'\"$&;`{core}"),
        2 => format!("{core}%/?#+=@{core}"),
        3 => format!("\u{e4}\u{df}\u{2713}{core}\u{1f511}"),
        4 => format!("{core}\n{core}-second line"),
        5 => format!("two words {core}"),
        6 => format!("{core}\\n\t\u{7f}{core}"),
        _ => format!("{core}{}", "x".repeat(3000)),
    }
}

/// Looked for as it is, and in base64 at each of the three offsets.
fn judge(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for n in 0..45 {
        let core = core(n);
        assert!(!text.contains(&core), "{what} holds {core}: {}", around(&text, &core));
        for shift in ["", "x", "xy"] {
            let whole = STANDARD.encode(format!("{shift}{}", secret(n)));
            let middle = &whole[4..(whole.len() - 4).min(44)];
            assert!(!text.contains(middle), "{what} holds {core} in base64 ({shift}): {}", around(&text, middle));
        }
    }
}

fn around(text: &str, found: &str) -> String {
    let at = text.find(found).unwrap_or(0);
    let from = text.floor_char_boundary(at.saturating_sub(200));
    text[from..text.ceil_char_boundary((at + 100).min(text.len()))].to_owned()
}

/// 0 to 15 from the environment, 16 to 19 from files, 20 to 23 from age files, 24 to 31 from commands; 32 and 33 in the
/// inventory, 34 to 37 in URLs, 38 and 39 computed or hidden; 40 to 44 encrypted by Ansible Vault.
const STEPS: &str = r#"
- { name: out, exec: { shell: cat, stdin: "{{ item }}" }, loop: ALL, register: said }
- { name: err, exec: { shell: "cat >&2; exit 3", stdin: "{{ item }}" }, loop: ALL, ignore_errors: true }
- { name: bytes, exec: { shell: "python3 drip.py", stdin: "{{ item }}" }, loop: ALL }
- { name: encoded, exec: { shell: "python3 say.py", stdin: "{{ item }}" }, loop: ALL, register: all }
- { name: repeated, log: "{{ all.results | map(attribute='stdout') | join(' ') }}" }
- { name: environment, exec: { shell: "env; exit 1" }, environment: { T: "{{ item }}" }, loop: ALL, ignore_errors: true }
- { name: file, put: { content: "{{ item }}", dest: "{{ env.HOME }}/out", backup: true }, loop: ALL }
- { name: no number, query: { connection: pg, sql: "select cast(:x as text)::integer", params: { x: "{{ item }}" } }, loop: ALL, each_host: true, ignore_errors: true }
- { name: twice, query: { connection: my, sql: "select json_extract(:x, :x)", params: { x: "{{ item }}" } }, loop: ALL, each_host: true, ignore_errors: true }
- { name: value, query: { connection: cache, command: [INCRBY, "rb:none", "{{ item }}"] }, loop: ALL, each_host: true, ignore_errors: true }
- { name: unroutable, publish: { connection: broker, routing_key: no-such-queue-of-tests, message: "{{ item }}", headers: { h: "{{ item }}" } }, loop: ALL, each_host: true, ignore_errors: true }
- { name: assertion, assert: { that: ["secrets.c00 == 'other'"], message: "it is {{ secrets.c01 }}" }, ignore_errors: true }
- { name: COMPUTED, log: "{{ (secrets.c38 | upper | lower) ~ secrets.c38 }}", vars: { x: "{{ secrets.c38 }}" } }
- { name: hidden, exec: "cat hidden", no_log: true }
- { name: sudo, exec: whoami, become: true, ignore_errors: true }
- { name: kept, set: { kept: "{{ secrets.c05 }}" } }
- { name: told, log: "{{ kept }} {{ said }}" }
"#;

const SAY: &str = "import sys, base64, urllib.parse, json, shlex\ns = sys.stdin.buffer.read()\nt = s.decode()\n\
                   b = lambda x: base64.b64encode(x).decode()\n\
                   print(b(s), b(b'x' + s), b(b'xy' + s), urllib.parse.quote(t), urllib.parse.quote_plus(t), json.dumps(t), shlex.quote(t))\n";

/// Writes byte by byte, so that no chunk holds a secret whole.
const DRIP: &str = "import sys, time\nfor n, b in enumerate(sys.stdin.buffer.read()):\n    sys.stdout.buffer.write(bytes([b]))\n    \
                    sys.stdout.flush()\n    if n % 40 == 0: time.sleep(0.001)\n";

fn playbook() -> String {
    let mut text = "hosts: all\nvars_files: [canaries.yml, canaries-inline.yml]\nsecrets:\n".to_owned();
    for n in (0..32).chain([38]) {
        let _ = match n {
            16..20 => writeln!(text, "  c{n:02}: {{ file: c{n:02} }}"),
            20..24 => writeln!(text, "  c{n:02}: {{ age: c{n:02} }}"),
            24..32 => writeln!(text, "  c{n:02}: {{ command: [cat, c{n:02}] }}"),
            _ => writeln!(text, "  c{n:02}: {{ env: C{n:02} }}"),
        };
    }
    text.push_str("connections:\n  cache: redis://127.0.0.1:6379\n  broker: amqp://127.0.0.1\n  pg: postgres://root@127.0.0.1/test\n  my: mysql://root@127.0.0.1/test\n");
    let wrong =
        |n: usize| percent_encoding::utf8_percent_encode(&secret(n), percent_encoding::NON_ALPHANUMERIC).to_string();
    let refused = free_port();
    let urls = [
        format!("redis://:{}@127.0.0.1:6379", wrong(34)),
        format!("amqp://nobody:{}@127.0.0.1", wrong(35)),
        format!("postgres://root:{}@127.0.0.1:{refused}/test", wrong(36)),
        format!("mysql://nobody:{}@127.0.0.1/test", wrong(37)),
    ];
    for (n, url) in urls.iter().enumerate() {
        let _ = writeln!(text, "  wrong{n}: \"{url}\"");
    }
    let declared = (0..32).map(|n| format!("secrets.c{n:02}"));
    let all: Vec<String> = (40..45).map(|n| format!("v{n}")).chain(declared).collect();
    let _ = write!(
        text,
        "steps:{}",
        STEPS.replace("ALL", &format!("\"[{}]\"", all.join(", "))).replace("COMPUTED", "computed")
    );
    for (n, step) in [
        "query: { connection: C, command: [PING] }",
        "publish: { connection: C, routing_key: x, message: y }",
        "query: { connection: C, sql: select 1 }",
        "query: { connection: C, sql: select 1 }",
    ]
    .iter()
    .enumerate()
    {
        let step = step.replace('C', &format!("wrong{n}"));
        let _ = writeln!(
            text,
            "- block: [{{ name: login {n}, {step}, each_host: true }}]\n  rescue: [{{ log: \"{{{{ failed.error }}}}\" }}]"
        );
    }
    text
}

fn case(fleet: &Fleet, user: &User) -> Case {
    let quoted = |n: usize| serde_json::to_string(&secret(n)).expect("JSON");
    let inventory = format!(
        "all:\n  hosts:\n    h:\n      ansible_host: 127.0.0.1\n      ansible_port: {}\n      ansible_user: {}\n      \
         ansible_ssh_private_key_file: {}\n      ansible_ssh_common_args: \"-F {}\"\n      ansible_password: {}\n      \
         ansible_become_password: {}\n",
        fleet.server(0).port,
        user.name,
        fleet.key().display(),
        fleet.ssh_config().display(),
        quoted(32),
        quoted(33)
    );
    let case = Case::playbook(&playbook()).file("hosts.yml", &inventory);
    let case = (16..32).fold(case, |case, n| case.file(&format!("c{n:02}"), &secret(n)));
    let (_, recipient) = identity(&case, "identity");
    (20..24).for_each(|n| encrypted(&case, &["-r", &recipient], &format!("c{n:02}"), &secret(n)));
    let sealed = ["canaries.yml", "canaries-inline.yml", "password"];
    let case = sealed.iter().fold(case, |case, name| case.file(name, &fixture(name)));
    (0..16).chain([38]).fold(case, |case, n| case.env(&format!("C{n:02}"), &secret(n)))
}

#[test]
fn secrets_are_found_in_no_output() {
    let (fleet, user) = (Fleet::start(1), User::new(Some("")));
    for looks in [&["-v", "--diff"][..], &["--output", "json"], &["--output", "junit", "-v"]] {
        let case = case(&fleet, &user);
        for (name, text) in [("say.py", SAY), ("drip.py", DRIP), ("hidden", secret(39).as_str())] {
            std::fs::write(user.home().join(name), text).expect("a file");
        }
        let play = case.read("play.yml").replace("{{ env.HOME }}", &user.home().display().to_string());
        let case = case.file("play.yml", &play);
        let ran = case.run(&[&["apply", "play.yml", "-i", "hosts.yml"], KEYS, looks].concat());
        assert!([0, 1].contains(&ran.status), "{looks:?}: {}\n{}", ran.stdout, ran.stderr);
        let whole = |ran: &Ran| format!("{}\n{}", ran.stdout, ran.stderr).into_bytes();
        judge(&format!("{looks:?}"), &whole(&ran));
        for args in [&["show", "last", "-v"][..], &["show", "last", "--output", "json"], &["runs"]] {
            judge(&format!("{args:?}"), &whole(&case.run(args)));
        }
        for file in std::fs::read_dir(case.path("state")).expect("the state").flatten() {
            judge(&file.path().display().to_string(), &std::fs::read(file.path()).unwrap_or_default());
        }
        // They have arrived all the same.
        let arrived = std::fs::read_to_string(user.home().join("out")).expect("the file");
        assert_eq!(arrived, secret(31));
    }
}
