//! Values that are encrypted where they lie: by Ansible Vault (fixtures that Ansible made) and by age (made by `age`).

use std::path::{Path, PathBuf};
use std::process::Command;

use runbook::secret::Secret;
use runbook::secret::vault::{Key, Keyring, Locked};

use crate::harness::case::Case;

pub fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/sealed").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the fixtures hold, with the key of one label and of none.
const PLAY: &str = r#"hosts: web
vars_files: [vars.yml, labelled.yml, inline.yml]
vars: {db_host: db1}
steps:
- put:
    dest: "{{ env.OUT }}"
    content: "{{ db_url }}|{{ db_port + 1 }}|{{ db_tls }}|{{ keys[0].text }}|{{ keys | length }}|{{ api_token }}|{{ inline_token }}|{{ nested.list[1] }}|{{ region }}"
- exec: {shell: cat, stdin: "{{ db_url }} {{ api_token }} {{ inline_token }} {{ keys[1].text }} {{ nested.list }}"}
  register: said
- log: "{{ said.stdout }} {{ said.stdout | b64encode }}"
"#;

const HELD: &str = "postgres://orders:p4ss%3A%20%7Bword%7D@db1/shop|5433|True|fir\u{df} key|2|t0ken-of-prod|inl{{ne}}-t0ken|deep-t0ken|north";

const SECRETS: &[&str] = &["p4ss", "fir\u{df}", "t0ken", "line one", "line two", "orders:"];

fn case(play: &str) -> Case {
    let files = ["vars.yml", "labelled.yml", "inline.yml", "password", "other-password"];
    let case = Case::playbook(play).file("hosts", "[web]\nlocalhost ansible_connection=local\n");
    let case = files.iter().fold(case, |case, name| case.file(name, &fixture(name)));
    let out = case.path("out").display().to_string();
    case.env("OUT", &out)
}

const KEYS: &[&str] = &["-i", "hosts", "--vault-password-file", "password", "--vault-id", "prod@other-password"];

#[test]
fn what_ansible_vault_has_encrypted_is_used_and_not_shown() {
    for looks in [&["-v", "--diff"][..], &["--output", "json"], &["--output", "junit", "-v"]] {
        let case = case(PLAY);
        let ran = case.run(&[&["apply", "play.yml"], KEYS, looks].concat()).exits(0);
        assert_eq!(case.read("out"), HELD);
        let mut said = vec![ran.stdout, ran.stderr, case.run(&["show", "last", "-v"]).exits(0).stdout];
        for file in std::fs::read_dir(case.path("state")).expect("the state").flatten() {
            said.push(String::from_utf8_lossy(&std::fs::read(file.path()).unwrap_or_default()).into_owned());
        }
        for secret in SECRETS {
            assert!(said.iter().all(|text| !text.contains(secret)), "{looks:?} shows {secret}");
        }
    }
}

#[test]
fn values_of_groups_and_hosts_may_be_encrypted() {
    let play = "hosts: web\nsteps:\n- put: {dest: '{{ env.OUT }}', content: '{{ api_token }} {{ db_port }} {{ inline_token }}'}\n";
    let case = case(play).file("group_vars/web/vault.yml", &fixture("labelled.yml"));
    let case =
        case.file("group_vars/all.yml", &fixture("inline.yml")).file("host_vars/localhost", &fixture("vars.yml"));
    case.run(&[&["apply", "play.yml"], KEYS].concat()).exits(0);
    assert_eq!(case.read("out"), "t0ken-of-prod 5432 inl{{ne}}-t0ken");
    let listed = case.run(&[&["inventory", "--list"], KEYS].concat()).exits(0).stdout;
    assert!(
        SECRETS.iter().all(|secret| !listed.contains(secret)) && listed.contains("\"region\": \"north\""),
        "{listed}"
    );
    // What is encrypted as a whole needs the password to be judged; single values do not.
    let without = case.run(&["validate", "play.yml", "-i", "hosts"]).exits(2);
    assert!(without.stderr.contains("no password was given"), "{}", without.stderr);
    for path in ["group_vars/web/vault.yml", "host_vars/localhost"] {
        std::fs::write(case.path(path), "api_token: x\ndb_port: 1\n").expect("a file");
    }
    case.run(&["validate", "play.yml", "-i", "hosts"]).exits(0);
    case.run(&["inventory", "--list", "-i", "hosts"]).exits(0);
}

#[test]
fn a_program_may_print_the_password_and_is_asked_again_on_resume() {
    use std::os::unix::fs::PermissionsExt;
    let play = "vars_files: [labelled.yml]\nsteps:\n- exec: test -e go\n  register: x\n- put: {dest: '{{ env.OUT }}', content: '{{ api_token }}'}\n";
    let case = case(play).file(
        "my-client",
        "#!/bin/sh\nset -eu\ntest \"$1 $2\" = '--vault-id prod'\necho >> asked\ncat other-password\n",
    );
    std::fs::set_permissions(case.path("my-client"), PermissionsExt::from_mode(0o755)).expect("a program");
    case.run(&["apply", "play.yml", "--vault-id", "prod@my-client"]).exits(1);
    std::fs::write(case.path("go"), "").expect("a file");
    case.run(&["resume", "last"]).exits(0);
    assert_eq!((case.read("out").as_str(), case.read("asked").as_str()), ("t0ken-of-prod", "\n\n"));
}

#[test]
fn an_encrypted_value_is_refused_where_secrets_are() {
    let rows = [
        ("exec: {argv: [echo, '{{ api_token }}']}", "a secret"),
        ("exec: 'echo {{ db_port }}'", "a secret"),
        ("exec: 'true'\n  name: 'with {{ keys[0].text }}'", "a secret"),
        ("put: {dest: '/tmp/{{ inline_token }}', content: x}", "a secret"),
        ("exec: {shell: !vault '$ANSIBLE_VAULT;1.1;AES256'}", "a secret"),
    ];
    for (step, part) in rows {
        let play = format!("vars_files: [vars.yml, labelled.yml, inline.yml]\nsteps:\n- {step}\n");
        let ran = case(&play).run(&[&["validate", "play.yml"], KEYS].concat()).exits(2);
        assert!(ran.stderr.contains(part) && ran.stderr.contains("play.yml:"), "{step}: {}", ran.stderr);
        assert!(SECRETS.iter().all(|secret| !ran.stderr.contains(secret)), "{step}: {}", ran.stderr);
    }
}

#[test]
fn what_is_wrong_inside_is_told_without_showing_it() {
    let case = case("vars_files: [vars.yml]\nsteps:\n- log: '{{ db_url }}'\n");
    let ran = case.run(&[&["validate", "play.yml"], KEYS].concat()).exits(2);
    assert!(ran.stderr.contains("`db_host` is undefined") && ran.stderr.contains("vars.yml:5:"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("postgres"), "{}", ran.stderr);
}

fn keyring(passwords: &[&str]) -> Keyring {
    let key = |password: &&str| Key { label: None, password: Secret::new(*password) };
    Keyring { keys: passwords.iter().map(key).collect(), may_wait: false }
}

#[test]
fn vaults_that_cannot_be_opened() {
    let (good, password) = (fixture("labelled.yml"), "staple");
    assert_eq!(keyring(&["no", password]).open(&good).expect("it opens").reveal(), "api_token: t0ken-of-prod\n");
    let carriage = good.replace('\n', "\r\n");
    assert!(keyring(&[password]).open(&carriage).is_ok(), "a file from Windows");
    let (header, body) = good.split_once('\n').expect("a header");
    let flipped = |at: usize| {
        let digit = if body.as_bytes()[at] == b'3' { "4" } else { "3" };
        format!("{header}\n{}{digit}{}", &body[..at], &body[at + 1..])
    };
    let rows = [
        (good.clone(), vec![], Locked::NoPassword),
        (good.clone(), vec!["a", "b"], Locked::WrongPassword(2)),
        // The salt, the HMAC, the ciphertext: nothing of a text that was changed is used.
        (flipped(9), vec![password], Locked::WrongPassword(1)),
        (flipped(201), vec![password], Locked::WrongPassword(1)),
        (flipped(body.len() - 10), vec![password], Locked::WrongPassword(1)),
        (good[..good.len() / 3].to_owned(), vec![password], Locked::Damaged),
        (format!("{header}\nxyz\n"), vec![password], Locked::Damaged),
        (header.to_owned(), vec![password], Locked::Damaged),
        (good.replace("1.2", "2.0"), vec![password], Locked::OtherFormat),
        (good.replace("AES256", "AES"), vec![password], Locked::OtherFormat),
    ];
    for (n, (text, passwords, why)) in rows.into_iter().enumerate() {
        assert_eq!(keyring(&passwords).open(&text).map(|_| ()), Err(why), "row {n}");
    }
}

/// A pair of keys of age: the identity file, and the recipient.
pub fn identity(case: &Case, name: &str) -> (PathBuf, String) {
    let path = case.path(name);
    let made = Command::new("age-keygen").arg("-o").arg(&path).output().expect("age-keygen");
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    (path, said.trim().rsplit(' ').next().expect("a recipient").to_owned())
}

pub fn encrypted(case: &Case, to: &[&str], name: &str, text: &str) {
    std::fs::write(case.path("plain"), text).expect("a file");
    let done = Command::new("age").args(to).arg("-o").arg(case.path(name)).arg(case.path("plain")).status();
    assert!(done.expect("age").success());
    std::fs::remove_file(case.path("plain")).expect("removed");
}

#[test]
fn secrets_come_from_age_files() {
    let play = "secrets: {a: {age: a.age}, b: {age: b.age}}\nsteps:\n- put: {dest: '{{ env.OUT }}', content: '{{ secrets.a }}|{{ secrets.b }}'}\n- log: '{{ secrets.a }} {{ secrets.b }}'\n";
    let case = case(play);
    let ((mine, me), (other, _)) = (identity(&case, "mine"), identity(&case, "other"));
    encrypted(&case, &["-r", &me], "a.age", "first s3cret\n");
    encrypted(&case, &["-a", "-r", &me], "b.age", "second s3cret \u{df}\n\n");
    let (mine, other) = (mine.display().to_string(), other.display().to_string());
    let ran = case.run(&["apply", "play.yml", "--age-identity", &other, "--age-identity", &mine, "-v"]).exits(0);
    assert_eq!(case.read("out"), "first s3cret|second s3cret \u{df}\n");
    assert!(!ran.stdout.contains("s3cret"), "{}", ran.stdout);
    // Without the flag, those of the user's configuration.
    let home = case.path("config");
    std::fs::create_dir_all(home.join("age")).expect("a folder");
    std::fs::copy(&mine, home.join("age/keys.txt")).expect("a file");
    let mut command = case.command(&["apply", "play.yml"]);
    assert!(command.env("XDG_CONFIG_HOME", &home).output().expect("it runs").status.success());
    // And nothing of it is read to validate.
    case.run(&["validate", "play.yml"]).exits(0);
}
