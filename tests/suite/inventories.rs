//! Inventories: what Ansible makes of them (`inventories/make.sh` wrote it down), patterns, and bad inputs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runbook::cancel::{Cancel, Reason};
use runbook::diagnostic::{Problems, render};
use runbook::inventory::{Inventory, Reach};
use runbook::secret::Redactor;
use runbook::template::{Engine, TreeKind};
use serde_json::{Value, json};

use crate::harness::case::Case;

mod sql;

/// Case, folder of the playbook, sources.
const CASES: &[(&str, Option<&str>, &[&str])] = &[
    ("ini", None, &["hosts"]),
    ("ini_types", None, &["hosts.ini"]),
    ("ranges", None, &["hosts"]),
    ("yaml", None, &["hosts.yml"]),
    ("merge", None, &["one", "two.yml"]),
    ("precedence", None, &["hosts"]),
    ("dynamic", None, &["inv.sh"]),
    ("dynamic_old", None, &["inv.sh"]),
    ("folder", None, &["inv"]),
    ("beside", Some("play"), &["inv/hosts"]),
    ("nested", None, &["hosts"]),
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/inventories")
}

fn load(paths: &[PathBuf], vars_dirs: &[PathBuf]) -> Result<Inventory, Problems> {
    Inventory::load(paths, vars_dirs, &Engine::new(Redactor::default()), &Reach { cancel: &Cancel::root(), sql: None })
}

fn fixture(case: &str, play: Option<&str>, sources: &[&str]) -> Inventory {
    let folder = fixtures().join(case);
    let paths: Vec<_> = sources.iter().map(|source| folder.join(source)).collect();
    let vars_dirs: Vec<_> = play.iter().map(|play| folder.join(play)).collect();
    load(&paths, &vars_dirs).unwrap_or_else(|problems| panic!("{case}: {}", render(&problems)))
}

fn nested() -> Inventory {
    fixture("nested", None, &["hosts"])
}

/// Ansible's answer, without its own notes about encoding, and with passwords masked.
fn expected(case: &str) -> Value {
    let text = std::fs::read_to_string(fixtures().join(case).join("expected.json")).unwrap();
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value["_meta"].as_object_mut().unwrap().remove("profile");
    for host in value["_meta"]["hostvars"].as_object_mut().unwrap().values_mut() {
        for (name, value) in host.as_object_mut().unwrap() {
            if name.ends_with("_pass") || name.ends_with("_password") {
                *value = "********".into();
            } else if let Some(text) = value.get("__ansible_unsafe").cloned() {
                *value = text;
            }
        }
    }
    value
}

#[test]
fn listings_are_ansibles() {
    for (case, play, sources) in CASES {
        let inventory = fixture(case, *play, sources);
        let (found, expected) = (inventory.list_json(), expected(case));
        for (host, vars) in expected["_meta"]["hostvars"].as_object().unwrap() {
            for (name, value) in vars.as_object().unwrap() {
                assert_eq!(found["_meta"]["hostvars"][host].get(name), Some(value), "{case}: {host}.{name}");
            }
            assert_eq!(inventory.host_json(host).as_ref(), Some(vars), "{case}: {host}");
        }
        assert_eq!(found, expected, "{case}");
        let graph = std::fs::read_to_string(fixtures().join(case).join("graph.txt")).unwrap();
        assert_eq!(inventory.graph(), graph, "{case}");
    }
}

/// `ansible-inventory --list --limit w1` of the same; `--graph` there heeds no limit, and here it does.
#[test]
fn listings_may_be_limited() {
    let case = Case::new().file("hosts", "[web]\nw1 x=1\nw2\n[db]\nd1 y=2\n[site:children]\nweb\ndb\n");
    let limited = |form: &[&str]| case.run(&[&["inventory", "-i", "hosts", "-l", "w1"], form].concat()).exits(0).stdout;
    let expected = json!({
        "_meta": {"hostvars": {"w1": {"x": 1}}},
        "all": {"children": ["ungrouped", "site"]},
        "site": {"children": ["web", "db"]},
        "web": {"hosts": ["w1"]},
    });
    assert_eq!(serde_json::from_str::<Value>(&limited(&["--list"])).expect("JSON"), expected);
    assert_eq!(
        limited(&["--graph"]),
        "@all:\n  |--@ungrouped:\n  |--@site:\n  |  |--@web:\n  |  |  |--w1\n  |  |--@db:\n"
    );
    let ran = case.run(&["inventory", "-i", "hosts", "-l", "nope"]).exits(2);
    assert!(ran.stderr.starts_with("error: no host matches `nope`\n"), "{}", ran.stderr);
}

#[test]
fn patterns_select_what_ansible_selects() {
    let inventory = nested();
    let table = std::fs::read_to_string(fixtures().join("patterns.txt")).unwrap();
    assert!(table.lines().count() > 40);
    for line in table.lines() {
        let (pattern, hosts) = line.split_once(" =>").unwrap();
        let expected: Vec<&str> = hosts.split_whitespace().collect();
        let found = inventory.select(pattern).unwrap_or_default();
        assert_eq!(found.iter().map(|name| &**name).collect::<Vec<_>>(), expected, "{pattern}");
        assert_eq!(inventory.select(pattern).is_err(), expected.is_empty(), "{pattern}");
    }
}

#[test]
fn patterns_that_select_nothing_say_what_is_near() {
    let rows = [
        ("", "error: the host pattern is empty\n  = write `all`, a group or a host\n"),
        ("canery", "error: no host matches `canery`\n  = did you mean `canary`?\n"),
        ("web:&canery", "error: no host matches `web:&canery`\n  = did you mean `canary`?\n"),
        ("empty", "error: no host matches `empty`\n  = group `empty` is empty\n"),
        ("web:!", "error: `!` in the host pattern has no name behind it\n  = write `all`, a group or a host\n"),
        ("~(web", "error: `~(web` in the host pattern is malformed: unclosed group\n"),
        (
            "zzzzzzzz",
            "error: no host matches `zzzzzzzz`\n  = there are the groups all, top, mid1, mid2, leaf1, leaf2, web, canary; \
             `runbook inventory --graph` shows all\n",
        ),
    ];
    for (pattern, expected) in rows {
        let error = nested().select(pattern).unwrap_err();
        assert_eq!(render(&Problems::from(runbook::diagnostic::Problem::from(error))), expected, "{pattern}");
    }
}

#[test]
fn parts_that_name_nothing_are_warnings() {
    let rows = [("web:!nope", 1), ("web1:nope*", 1), ("web:!empty", 0), ("web", 0), ("all:!localhost", 0)];
    for (pattern, warnings) in rows {
        assert_eq!(nested().selection(pattern).unwrap().warnings.len(), warnings, "{pattern}");
    }
}

#[test]
fn limits_read_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("limit.retry");
    std::fs::write(&file, "web3\n\nl1a\n!web10\n").unwrap();
    let limit = format!("@{},web2", file.display());
    let names = |inventory: &Inventory, limit: &str| inventory.limit(limit).map(|selection| selection.hosts.join(" "));
    assert_eq!(names(&nested(), &limit), Ok("web3 l1a web2".to_owned()));
    assert!(names(&nested(), "@/nowhere/at/all").unwrap_err().to_string().contains("`/nowhere/at/all` does not exist"));
}

#[test]
fn localhost_is_there_by_its_name_only() {
    let inventory = nested();
    let all = inventory.select("all").unwrap();
    assert!(!all.iter().any(|name| &**name == "localhost"));
    assert_eq!(inventory.select("local*").unwrap_err().to_string(), "no host matches `local*`");
    assert_eq!(inventory.select("127.0.0.1").unwrap_err().to_string(), "no host matches `127.0.0.1`");
    assert_eq!(inventory.host_json("localhost"), Some(json!({"ansible_connection": "local"})));
    assert_eq!(inventory.host("localhost").map(|host| host.groups.len()), Some(0));
    let named = load(&[PathBuf::from("localhost,web1")], &[]).unwrap();
    assert_eq!(named.select("all").unwrap().join(" "), "localhost web1");
    assert_eq!(named.host_json("localhost"), Some(json!({})));
}

#[test]
fn members_and_groups_are_transitive() {
    let inventory = nested();
    assert_eq!(inventory.members("mid1").join(" "), "l1a l1b l2a l3a");
    assert_eq!(inventory.members("nope").len(), 0);
    assert_eq!(inventory.host("l1a").unwrap().groups.join(" "), "leaf1 leaf2 mid1 top");
    assert_eq!(fixture("ini", None, &["hosts"]).host("alone").unwrap().groups.join(" "), "ungrouped");
}

#[test]
fn values_know_where_they_stand_and_what_they_are() {
    let inventory = fixture("ini", None, &["hosts"]);
    let var = inventory.host("web2").unwrap().vars.get("note").unwrap().clone();
    assert!(var.place.to_string().ends_with("ini/hosts:8:11"), "{}", var.place);
    let taint = |inventory: &Inventory, host: &str, name: &str| match &inventory.host(host)?.vars.get(name)?.value.kind
    {
        TreeKind::Literal(data) => Some((data.taint.outside, data.taint.secret)),
        _ => None,
    };
    assert_eq!(taint(&inventory, "web1", "role"), Some((false, false)));
    assert_eq!(taint(&inventory, "web1", "ansible_password"), Some((false, true)));
    let mut secrets: Vec<String> = inventory.secrets().collect();
    secrets.sort();
    assert_eq!(secrets, ["123456789", "sw0rdfish"]);
    let printed = fixture("dynamic", None, &["inv.sh"]);
    assert_eq!(taint(&printed, "d1", "x"), Some((true, false)));
    assert_eq!(taint(&printed, "d1", "ansible_host"), Some((true, false)));
}

/// File name, text, what is told of it.
const BAD: &[(&str, &str, &str)] = &[
    (
        "hosts",
        "[web:chidlren]\nx\n[web:vars]\nnovalue\n[web]\n-oProxyCommand=x\nok a=1 b\n",
        "error: unknown kind of section `chidlren` for group `web`
 --> hosts:1:6
  |
1 | [web:chidlren]
  |      ^^^^^^^^ did you mean `children`?
error: expected `key=value`
 --> hosts:4:1
  |
4 | novalue
  | ^^^^^^^ quote a value that holds spaces: `key=\"a b\"`
error: the host name `-oProxyCommand=x` begins with `-`, which programs take for an option
 --> hosts:6:1
  |
6 | -oProxyCommand=x
  | ^^^^^^^^^^^^^^^^
error: expected `key=value`
 --> hosts:7:8
  |
7 | ok a=1 b
  |        ^ quote a value that holds spaces: `key=\"a b\"`
",
    ),
    (
        "hosts",
        "[a:children]\nb\n[b:children]\nc\n[c:children]\na\n[d:children]\nd\n",
        "error: groups hold one another: a > b > c > a
 --> hosts:2:1
  |
2 | b
  | ^ take one of them out of the other
 --> hosts:4:1
  |
4 | c
  | ^ `b` holds `c` here
 --> hosts:6:1
  |
6 | a
  | ^ `c` holds `a` here
error: groups hold one another: d > d
 --> hosts:8:1
  |
8 | d
  | ^ take one of them out of the other
",
    ),
    (
        "hosts",
        "[webs]\nh\n[p:children]\nweps\n[gone:vars]\na=1\n[two words]\n",
        "error: `[two words]` is no section
 --> hosts:7:1
  |
7 | [two words]
  | ^^^^^^^^^^^ write `[group]`, `[group:children]` or `[group:vars]`, without spaces
error: group `p` holds group `weps`, which is not declared
 --> hosts:4:1
  |
4 | weps
  | ^^^^ did you mean `webs`?
error: vars are given for group `gone`, which is not declared
 --> hosts:5:2
  |
5 | [gone:vars]
  |  ^^^^ declare it with a section `[gone]`
",
    ),
    (
        "hosts",
        "a b='open\nweb[3:1]\nweb[1:\nweb[01:100]\nx:70000\ny:\na/b\nn[1:9999999]\n",
        "error: the quote is not closed
 --> hosts:1:5
  |
1 | a b='open
  |     ^ this quote
error: `web[3:1]`: the first value of a range is not past the last
 --> hosts:2:1
  |
2 | web[3:1]
  | ^^^^^^^^
error: `web[1:`: the range is not closed
 --> hosts:3:1
  |
3 | web[1:
  | ^^^^^^
error: `web[01:100]`: both ends of a range with leading zeros have the same number of digits
 --> hosts:4:1
  |
4 | web[01:100]
  | ^^^^^^^^^^^
error: `x:70000` ends in no port
 --> hosts:5:1
  |
5 | x:70000
  | ^^^^^^^ 1 to 65535
error: `y:` ends in `:`, but no port follows
 --> hosts:6:1
  |
6 | y:
  | ^^ write `name:port`, or leave the `:` out
error: the host name `a/b` reads as a path
 --> hosts:7:1
  |
7 | a/b
  | ^^^
error: `n[1:9999999]`: the range stands for more than 100000 hosts
 --> hosts:8:1
  |
8 | n[1:9999999]
  | ^^^^^^^^^^^^
",
    ),
    (
        "hosts",
        "h ansible_password=abc\n",
        "error: the value of `ansible_password` is shorter than 6 bytes, too short to be masked as a secret
 --> hosts:1:20
  |
1 | h ansible_password=********
  |                    ^ use a longer one, or a key
",
    ),
    (
        "inv.yml",
        "all:\n  hosts: [a, b]\n  children:\n    web: 3\n    db:\n      host: {x: }\n      hosts: {'a b': {}, c: 5}\n",
        "error: `hosts` must be a mapping of hosts, found a list
 --> inv.yml:2:10
  |
2 |   hosts: [a, b]
  |          ^^^^^^ write each as a key with a `:` behind it
error: group `web` must be a mapping with `hosts`, `vars` or `children`, found a number
 --> inv.yml:4:10
  |
4 |     web: 3
  |          ^
warning: unknown key `host` in group `db` is not used
 --> inv.yml:6:7
  |
6 |       host: {x: }
  |       ^^^^ did you mean `hosts`?
error: the host name `a b` holds white space
 --> inv.yml:7:15
  |
7 |       hosts: {'a b': {}, c: 5}
  |               ^^^^^
error: the vars of host `c` must be a mapping, found a number
 --> inv.yml:7:29
  |
7 |       hosts: {'a b': {}, c: 5}
  |                             ^
",
    ),
    (
        "inv.yml",
        "plugin: aws_ec2\n",
        "error: configurations of Ansible's inventory plug-ins are not read
 --> inv.yml:1:1
  |
1 | plugin: aws_ec2
  | ^^^^^^ use an executable that prints Ansible's JSON
",
    ),
    (
        "inv",
        "#!/bin/sh\necho 'no credentials' >&2\necho more >&2\nexit 3\n",
        "error: the inventory plug-in `inv` failed with exit status 3\n  = it said: no credentials\n",
    ),
    ("inv", "#!/bin/sh\necho hello\n", "error: the inventory plug-in `inv` printed no JSON: line 1, column 1\n"),
    ("inv", "#!/bin/sh\necho '[1]'\n", "error: the inventory plug-in `inv` printed a list, not a mapping\n"),
    (
        "inv",
        "#!/bin/sh\necho '{\"web\": {\"hosts\": [\"-x\", 5], \"vars\": []}, \"_meta\": {\"hostvars\": 1}}'\n",
        "error: the host name `-x` begins with `-`, which programs take for an option
 --> inv:1:1
error: the inventory plug-in `inv` printed what is no inventory: `hosts` of group `web` must hold names, found a number
error: the inventory plug-in `inv` printed what is no inventory: `vars` of group `web` must be a mapping, found a list
error: the inventory plug-in `inv` printed what is no inventory: `_meta.hostvars` must be a mapping, found a number
",
    ),
    ("inv", "#!/bin/sh\nkill -9 $$\n", "error: the inventory plug-in `inv` was killed by signal 9\n"),
    (
        "inv",
        "#!/no/such/program\n",
        "error: the inventory plug-in `inv` cannot be run: No such file or directory (os error 2)\n",
    ),
    (
        "x.toml",
        "[a]\n",
        "error: `x.toml`: inventories in TOML are not read\n  = `ansible-inventory --list --yaml` turns it into YAML\n",
    ),
];

#[test]
fn bad_inventories_are_told_with_their_places() {
    for (name, text, expected) in BAD {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        if text.starts_with("#!") {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        // Another thread may have forked while the file was open for writing: then it cannot be run for a moment.
        let mut told = String::from("busy");
        for _ in 0..100 {
            told = load(std::slice::from_ref(&path), &[])
                .map_or_else(|problems| render(&problems), |_| "nothing".to_owned());
            if !told.contains("Text file busy") {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let told = told.replace(&format!("{}/", folder.path().display()), "");
        assert_eq!(told, *expected, "{text}");
    }
}

#[test]
fn what_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hosts.ini"), "h\n").unwrap();
    let told = render(&load(&[folder.path().join("host.ini")], &[]).unwrap_err());
    assert!(told.contains("host.ini` does not exist\n  = did you mean `hosts.ini`?"), "{told}");
    std::fs::create_dir(folder.path().join("group_vars")).unwrap();
    std::fs::write(folder.path().join("group_vars/all.yml"), "- a\n").unwrap();
    let told = render(&load(&[folder.path().join("hosts.ini")], &[]).unwrap_err());
    assert!(told.contains("a vars file must be a mapping, found a list"), "{told}");
}

#[test]
fn warnings_do_not_forbid_the_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    std::fs::write(&path, "[web]\nweb\nother\n").unwrap();
    let inventory = load(std::slice::from_ref(&path), &[]).unwrap();
    let told = render(&inventory.warnings);
    assert!(told.starts_with("warning: `web` is the name of a host and of a group\n"), "{told}");
    assert_eq!(inventory.select("web").unwrap().join(" "), "web");
    std::fs::write(&path, "# nothing\n").unwrap();
    let told = render(&load(&[path], &[]).unwrap().warnings);
    assert_eq!(told, "warning: the inventory names no host: only `localhost` is there\n");
}

#[test]
fn a_plugin_is_stopped_by_cancellation() {
    let cancel = Cancel::root();
    cancel.cancel(Reason::Interrupted(2));
    let paths = [fixtures().join("hanging.sh")];
    let problems =
        Inventory::load(&paths, &[], &Engine::new(Redactor::default()), &Reach { cancel: &cancel, sql: None })
            .unwrap_err();
    assert!(render(&problems).contains("was stopped before it had ended"), "{}", render(&problems));
}

#[test]
fn hosts_of_the_same_groups_share_their_vars() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    let mut text = "[web]\nw[1:10000]\n[own]\n".to_owned();
    text.extend((1..=10_000).map(|n| format!("o{n} ansible_host=10.0.{}.{} id={n}\n", n / 250, n % 250)));
    text += "[all:vars]\na=1\nb=2\n";
    std::fs::write(&path, text).unwrap();
    let inventory = load(&[path], &[]).unwrap();
    assert_eq!(inventory.hosts.len(), 20_000);
    let shared = |name: &str| Arc::clone(&inventory.host(name).unwrap().vars.shared);
    assert!(Arc::ptr_eq(&shared("w1"), &shared("w10000")));
    assert!(Arc::ptr_eq(&shared("o1"), &shared("o9999")));
    assert_eq!(inventory.select("w*:!w1*:own[0]").unwrap().len(), 8889);
}
