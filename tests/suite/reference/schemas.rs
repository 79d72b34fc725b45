//! The schemas themselves: valid, and of one mind with the program about what is right and wrong in shape.

use std::path::Path;
use std::sync::Arc;

use jsonschema::Validator;
use runbook::diagnostic::Source;
use serde_json::Value;

use crate::harness::case::{Case, root};

fn schema(of: &str) -> Value {
    let text = std::fs::read_to_string(root().join(format!("schemas/{of}.json"))).expect("the schema");
    serde_json::from_str(&text).expect("JSON")
}

fn validator(of: &str) -> Validator {
    let schema = schema(of);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{of}: {error}"));
    jsonschema::draft202012::new(&schema).expect("a schema that can be used")
}

fn json(text: &str) -> Value {
    let source = Arc::new(Source::new("x.yml", text));
    runbook::yaml::parse(&source).unwrap_or_else(|problems| panic!("{problems:?}")).to_json()
}

/// The YAML files below a folder.
fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn what_we_keep_is_valid() {
    let (playbook, inventory) = (validator("playbook"), validator("inventory"));
    let mut kept = Vec::new();
    files(&root().join("playbooks"), &mut kept);
    files(&root().join("tests/suite/inventories"), &mut kept);
    let mut judged = (0, 0);
    for path in kept {
        let value = json(&std::fs::read_to_string(&path).expect("a file"));
        let name = path.display().to_string();
        let is_playbook = value.get("steps").is_some() || value.get("plays").is_some();
        let is_inventory = value.get("all").is_some() && !name.contains("_vars");
        if is_playbook {
            judged.0 += usize::from(fits(&playbook, &value, &name));
        } else if is_inventory {
            judged.1 += usize::from(fits(&inventory, &value, &name));
        }
    }
    assert!(judged.0 >= 6 && judged.1 >= 2, "{judged:?}");
}

fn fits(validator: &Validator, value: &Value, name: &str) -> bool {
    if let Err(error) = validator.validate(value) {
        panic!("{name}: {error} at {}", error.instance_path());
    }
    true
}

/// Right and wrong in shape, by the schema and by the program.
const PLAYBOOKS: &[(bool, &str)] = &[
    (true, "steps: [{exec: uptime}]"),
    (true, "steps: [{exec: {argv: [a, 1]}, retries: 3, delay: 5s, until: result.rc == 0}]"),
    (true, "steps: [{wait: {duration: '{{ inputs.long }}'}}]\ninputs: {long: {default: 1s}}"),
    (true, "steps: [{put: {content: a, dest: /b, mode: '0644', backup: '{{ 1 == 1 }}'}}]"),
    (true, "steps: [{block: [{log: a}], rescue: [{log: b}], always: [flush_handlers]}]"),
    (true, "steps: [{parallel: [[{log: a}], [{log: b}]], throttle: 2}]"),
    (true, "hosts: localhost\nserial: [1, 25%]\nsteps: [{log: a, loop: [1, 2], when: [item > 1, true]}]"),
    (true, "secrets: {a: {age: x.age}}\nsteps: [{log: a}]"),
    (true, "connections: {c: 'redis://h', d: {kind: mysql, host: h, via: localhost}}\nsteps: [{log: a}]"),
    (
        true,
        "connections: {d: {kind: mysql, port: '3306', pool: '2', overflow: 0}}\nsteps: [{query: {connection: d, sql: select 1}}]",
    ),
    (false, "connections: {d: {kind: mysql, pool: many}}\nsteps: [{query: {connection: d, sql: select 1}}]"),
    (false, "connections: {d: {kind: mysql, pool: 0}}\nsteps: [{query: {connection: d, sql: select 1}}]"),
    (false, "steps: [{exce: a}]"),
    (false, "steps: [{exec: a, put: {content: a, dest: b}}]"),
    (false, "steps: [{exec: a, retires: 3}]"),
    (false, "steps: [{exec: a, retries: -1}]"),
    (false, "steps: [{exec: {shell: a, stdn: b}}]"),
    (false, "steps: [{put: {content: a}}]"),
    (false, "steps: [{file: {path: /a, state: there}}]"),
    (false, "steps: [{name: a}]"),
    (false, "steps: {exec: a}"),
    (false, "steps: [{log: a}]\nplays: []"),
    (false, "step: [{log: a}]"),
    (false, "steps: [{log: a}]\ninputs: {a: {type: str}}"),
    (false, "steps: [{log: a}]\nsecrets: {a: {evn: A}}"),
    (false, "steps: [{log: a}]\nsecrets: {a: {env: A, file: b}}"),
    (false, "steps: [{log: a}]\nconnections: {c: {port: 1}}"),
    (false, "steps: [{block: {log: a}}]"),
    (false, "steps: [{parallel: [{log: a}]}]"),
    (false, "steps: [{log: a, class: action}]"),
    (false, "steps: [{log: a, timeout: soon}]"),
    (false, "steps: [{log: a, throttle: 0}]"),
];

const INVENTORIES: &[(bool, &str)] = &[
    (true, "all: {hosts: {a: {ansible_host: h, ansible_port: 22}, b: }, vars: {x: [1]}}"),
    (true, "all: {children: {web: {hosts: {'w[01:20]': {ansible_port: '{{ base + 1 }}', base: 2200}}}, db: }}"),
    (true, "web: {hosts: {a: {ansible_connection: local, ansible_become: 'yes'}}}"),
    (true, "query: {connection: 'sqlite:hosts.db', hosts: select * from hosts, groups: select * from groups}"),
    (true, "query: {hosts: {a: }}"),
    (true, "all: {hosts: {a: {ansible_host: , ansible_port: , ansible_become: , ansible_connection: }}}"),
    (true, "all: {hosts: {a: {ansible_port: '2222'}}}"),
    (false, "all: {hosts: {a: {ansible_port: 0}}}"),
    (false, "all: {hosts: {a: {ansible_port: '0'}}}"),
    (false, "all: {hosts: [a, b]}"),
    (false, "all: [a]"),
    (false, "all: {vars: [a]}"),
    (false, "all: {children: [web]}"),
    (false, "all: {hosts: {a: {ansible_connection: telnet}}}"),
    (false, "all: {hosts: {a: {ansible_port: ssh}}}"),
    (false, "query: {connection: 'sqlite:x'}"),
    (false, "query: {connection: 'sqlite:x', hosts: select 1, group: select 2}"),
    (false, "plugin: aws_ec2"),
];

#[test]
fn they_agree_with_the_program() {
    let (playbook, inventory) = (validator("playbook"), validator("inventory"));
    let mut wrong = Vec::new();
    let mut row = |what: &str, good: bool, schema: Result<(), String>, ran: crate::harness::case::Ran| {
        if schema.is_ok() != good || (ran.status == 0) != good {
            wrong.push(format!("{what}\n  should be {good}; the schema: {schema:?}; the program: {}", ran.stderr));
        }
    };
    let said = |validator: &Validator, text: &str| {
        validator.validate(&json(text)).map_err(|error| format!("{error} at {}", error.instance_path()))
    };
    for (good, text) in PLAYBOOKS {
        row(text, *good, said(&playbook, text), Case::playbook(text).run(&["validate", "play.yml"]));
    }
    for (good, text) in INVENTORIES {
        let case = Case::playbook("hosts: all:query:web:localhost\nsteps: [{log: a}]\n").file("hosts.yml", text);
        row(text, *good, said(&inventory, text), case.run(&["validate", "play.yml", "-i", "hosts.yml"]));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
