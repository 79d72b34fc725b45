//! Playbooks and plays with wrong keys and values.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        what: "no steps",
        files: &[(
            "deploy.yml",
            "name: a
hosts: web
",
        )],
        told: "error: a play without `steps`
 --> deploy.yml:1:1
  |
1 | name: a
  | ^^^^ add `steps`
",
    },
    Row {
        what: "Ansible's tasks",
        files: &[(
            "deploy.yml",
            "hosts: web
tasks:
  - exec: a
",
        )],
        told: "error: unknown key `tasks` in the playbook
 --> deploy.yml:2:1
  |
2 | tasks:
  | ^^^^^ here it is `steps`
",
    },
    Row {
        what: "unknown keys",
        files: &[(
            "deploy.yml",
            "nmae: a
hots: web
frobnicate: 1
steps:
  - exec: uptime
",
        )],
        told: "error: unknown key `nmae` in the playbook
 --> deploy.yml:1:1
  |
1 | nmae: a
  | ^^^^ did you mean `name`?
error: unknown key `hots` in the playbook
 --> deploy.yml:2:1
  |
2 | hots: web
  | ^^^^ did you mean `hosts`?
error: unknown key `frobnicate` in the playbook
 --> deploy.yml:3:1
  |
3 | frobnicate: 1
  | ^^^^^^^^^^
",
    },
    Row {
        what: "play keys beside plays",
        files: &[(
            "deploy.yml",
            "hosts: web
plays:
  - steps: []
",
        )],
        told: "error: `hosts` stands beside `plays`
 --> deploy.yml:1:1
  |
1 | hosts: web
  | ^^^^^ move it into a play
 --> deploy.yml:2:1
  |
2 | plays:
  | ^^^^^ the plays
",
    },
    Row {
        what: "plays of a wrong type",
        files: &[(
            "deploy.yml",
            "plays:
  - web
  - name: Web
    step: []
",
        )],
        told: r#"error: a play must be a mapping, found a text
 --> deploy.yml:2:5
  |
2 |   - web
  |     ^^^
error: unknown key `step` in play "Web"
 --> deploy.yml:4:5
  |
4 |     step: []
  |     ^^^^ did you mean `steps`?
"#,
    },
    Row {
        what: "empty values",
        files: &[(
            "deploy.yml",
            "name:
vars:
hosts:
serial: []
steps:
",
        )],
        told: "error: `name` has no value
 --> deploy.yml:1:5
  |
1 | name:
  |     ^ give it one, or remove the key
error: `vars` has no value
 --> deploy.yml:2:5
  |
2 | vars:
  |     ^ give it one, or remove the key
error: `steps` has no value
 --> deploy.yml:5:6
  |
5 | steps:
  |      ^ give it one, or remove the key
error: `hosts` has no value
 --> deploy.yml:3:6
  |
3 | hosts:
  |      ^ give it one, or remove the key
error: `serial` has no value
 --> deploy.yml:4:9
  |
4 | serial: []
  |         ^^ give it one, or remove the key
",
    },
    Row {
        what: "wrong types in a play",
        files: &[(
            "deploy.yml",
            "hosts: {a: 1}
serial: 0
max_fail_percentage: 120
become: yes
vars: [a]
vars_files: a.yml
timeout: 30
environment: {a-b: 1, PATH: [x]}
steps: uptime
handlers: {}
",
        )],
        told: "error: `vars` must be a mapping, found a list
 --> deploy.yml:5:7
  |
5 | vars: [a]
  |       ^^^
error: `vars_files` must be a list of paths, found a text
 --> deploy.yml:6:13
  |
6 | vars_files: a.yml
  |             ^^^^^
error: `become` must be `true` or `false`, found a text
 --> deploy.yml:4:9
  |
4 | become: yes
  |         ^^^ write `true`
error: `timeout` needs a unit
 --> deploy.yml:7:10
  |
7 | timeout: 30
  |          ^^ write `30s` for seconds, `30m` for minutes
error: `a-b` is no name for an environment variable
 --> deploy.yml:8:15
  |
8 | environment: {a-b: 1, PATH: [x]}
  |               ^^^ use letters, digits and `_`, and begin with a letter
error: `PATH` must be a text, found a list
 --> deploy.yml:8:29
  |
8 | environment: {a-b: 1, PATH: [x]}
  |                             ^^^
error: `steps` must be a list of steps, found a text
 --> deploy.yml:9:8
  |
9 | steps: uptime
  |        ^^^^^^
error: `handlers` must be a list of steps, found a mapping
  --> deploy.yml:10:11
   |
10 | handlers: {}
   |           ^^
error: `hosts` must be a text, or a list of texts, found a mapping
 --> deploy.yml:1:8
  |
1 | hosts: {a: 1}
  |        ^^^^^^
error: `serial` must be a number from 1 on or a percentage such as `25%`, found the number 0
 --> deploy.yml:2:9
  |
2 | serial: 0
  |         ^
error: `max_fail_percentage` must be a percentage from 0 to 100, found the number 120
 --> deploy.yml:3:22
  |
3 | max_fail_percentage: 120
  |                      ^^^
",
    },
];
