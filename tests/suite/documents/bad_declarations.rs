//! Inputs, secrets, connections, handlers and names that are declared wrongly.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        what: "handlers",
        files: &[(
            "deploy.yml",
            "steps:
  - exec: a
    notify: [restart ap, reload]
  - block:
      - exec: b
        notify: restart ip
handlers:
  - name: restart api
    exec: c
  - exec: d
  - name: restart api
    exec: e
",
        )],
        told: "error: a handler without `name`
  --> deploy.yml:10:5
   |
10 |   - exec: d
   |     ^^^^ `notify` calls it by its name
error: two handlers are named `restart api`
  --> deploy.yml:11:11
   |
11 |   - name: restart api
   |           ^^^^^^^^^^^ name one of them differently
  --> deploy.yml:8:11
   |
 8 |   - name: restart api
   |           ^^^^^^^^^^^ the first one
error: unknown handler `restart ap`
 --> deploy.yml:3:14
  |
3 |     notify: [restart ap, reload]
  |              ^^^^^^^^^^ did you mean `restart api`?
error: unknown handler `reload`
 --> deploy.yml:3:26
  |
3 |     notify: [restart ap, reload]
  |                          ^^^^^^
error: unknown handler `restart ip`
 --> deploy.yml:6:17
  |
6 |         notify: restart ip
  |                 ^^^^^^^^^^ did you mean `restart api`?
",
    },
    Row {
        what: "no handlers",
        files: &[(
            "deploy.yml",
            "steps:
  - exec: a
    notify: restart
",
        )],
        told: "error: unknown handler `restart`
 --> deploy.yml:3:13
  |
3 |     notify: restart
  |             ^^^^^^^ the play has no `handlers`
",
    },
    Row {
        what: "reserved names",
        files: &[(
            "deploy.yml",
            "vars: {item: 1, my-var: 2}
steps:
  - exec: a
    register: result
    vars: {hostvars: 1}
",
        )],
        told: "error: `item` is reserved and cannot name a variable
 --> deploy.yml:1:8
  |
1 | vars: {item: 1, my-var: 2}
  |        ^^^^ choose another name
error: `my-var` is no name for a variable
 --> deploy.yml:1:17
  |
1 | vars: {item: 1, my-var: 2}
  |                 ^^^^^^ use letters, digits and `_`, and begin with a letter
error: `result` is reserved and cannot name a variable
 --> deploy.yml:4:15
  |
4 |     register: result
  |               ^^^^^^ choose another name
error: `hostvars` is reserved and cannot name a variable
 --> deploy.yml:5:12
  |
5 |     vars: {hostvars: 1}
  |            ^^^^^^^^ choose another name
",
    },
    Row {
        what: "inputs",
        files: &[(
            "deploy.yml",
            "inputs:
  a: {type: int}
  b: {type: integer, default: x}
  c: {typ: string}
  d: string
  e-f: {required: yes}
  g: {pattern: '[', min: a}
steps:
  - exec: uptime
",
        )],
        told: "error: unknown input type `int`
 --> deploy.yml:2:13
  |
2 |   a: {type: int}
  |             ^^^ here it is `integer`
error: `b` must be a whole number, found a text
 --> deploy.yml:3:31
  |
3 |   b: {type: integer, default: x}
  |                               ^
error: unknown key `typ` in input `c`
 --> deploy.yml:4:7
  |
4 |   c: {typ: string}
  |       ^^^ did you mean `type`?
error: `d` must be a mapping, found a text
 --> deploy.yml:5:6
  |
5 |   d: string
  |      ^^^^^^
error: `e-f` is no name for an input
 --> deploy.yml:6:3
  |
6 |   e-f: {required: yes}
  |   ^^^ use letters, digits and `_`, and begin with a letter
error: `required` must be `true` or `false`, found a text
 --> deploy.yml:6:19
  |
6 |   e-f: {required: yes}
  |                   ^^^ write `true`
error: `pattern` is no regular expression
 --> deploy.yml:7:16
  |
7 |   g: {pattern: '[', min: a}
  |                ^^^ look at its brackets and backslashes; single quotes keep backslashes as they are
error: `min` must be a number, found a text
 --> deploy.yml:7:26
  |
7 |   g: {pattern: '[', min: a}
  |                          ^
",
    },
    Row {
        what: "secrets",
        files: &[(
            "deploy.yml",
            "secrets:
  a: hunter22
  b: {}
  c: {env: A, file: B}
  d: {command: ls}
  e: {command: []}
  f: {evn: A}
steps:
  - exec: uptime
",
        )],
        told: "error: secret `a` must say where it comes from
 --> deploy.yml:2:3
  |
2 |   a: ********
  |   ^ such as `{ env: NAME }` or `{ file: PATH }`
error: secret `b` must come from exactly one place
 --> deploy.yml:3:3
  |
3 |   b: {}
  |   ^ one of `env`, `file`, `command`, `age`
error: secret `c` must come from exactly one place
 --> deploy.yml:4:3
  |
4 |   c: {env: A, file: B}
  |   ^ one of `env`, `file`, `command`, `age`
error: `command` must be a list: the program and its arguments, found a text
 --> deploy.yml:5:16
  |
5 |   d: {command: ls}
  |                ^^
error: `command` must be a list of texts that begins with a program
 --> deploy.yml:6:16
  |
6 |   e: {command: []}
  |                ^^
error: unknown key `evn` in secret `f`
 --> deploy.yml:7:7
  |
7 |   f: {evn: A}
  |       ^^^ did you mean `env`?
error: secret `f` must come from exactly one place
 --> deploy.yml:7:3
  |
7 |   f: {evn: A}
  |   ^ one of `env`, `file`, `command`, `age`
",
    },
    Row {
        what: "connections",
        files: &[(
            "deploy.yml",
            "connections:
  a b: redis://h
  c: {host: h}
  d: 3
steps:
  - exec: uptime
",
        )],
        told: "error: `a b` is no name for a connection
 --> deploy.yml:2:3
  |
2 |   a b: redis://h
  |   ^^^ use letters, digits and `_`, and begin with a letter
error: connection `c` has neither `url` nor `kind`
 --> deploy.yml:3:3
  |
3 |   c: {host: h}
  |   ^ give one of them
error: `d` must be a URL, or a mapping, found the number 3
 --> deploy.yml:4:6
  |
4 |   d: 3
  |      ^
",
    },
    Row {
        what: "password in a list",
        files: &[(
            "deploy.yml",
            r#"connections:
  a: ["amqp://u:{{ secrets.x }}@h", "http://h:80/x@y"]
  b: [password, "postgres://u:hunter22@h/db"]
  c: [{ password: hunter22, port: 1 }, "{{ x }}"]
steps:
  - exec: uptime
"#,
        )],
        told: r#"error: `a` must be a URL, or a mapping, found a list
 --> deploy.yml:2:6
  |
2 |   a: ["amqp://u:{{ secrets.x }}@h", "http://h:80/x@y"]
  |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: `b` must be a URL, or a mapping, found a list
 --> deploy.yml:3:6
  |
3 |   b: [password, "postgres://u:********@h/db"]
  |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: `c` must be a URL, or a mapping, found a list
 --> deploy.yml:4:6
  |
4 |   c: [{ password: ********, port: 1 }, "{{ x }}"]
  |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#,
    },
];
