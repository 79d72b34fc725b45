//! Steps with wrong types, keys and values.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        what: "unknown key in a step",
        files: &[(
            "deploy.yml",
            "name: Deploy
hosts: web
steps:
  - name: one
    exec: uptime
  - name: two
    exec: uptime
  - exec: uptime
  - exec: uptime


  - name: restart api
    exec: systemctl restart api
    retires: 3
",
        )],
        told: r#"error: unknown key `retires` in step "restart api"
  --> deploy.yml:14:5
   |
14 |     retires: 3
   |     ^^^^^^^ did you mean `retries`?
"#,
    },
    Row {
        what: "wide characters and a long line",
        files: &[(
            "deploy.yml",
            "vars: {a: 日本語, b-c: é}\nsteps:\n  - {exec: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\", retires: 3, name: \"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\"}\n  - {retires:\t3, exec: a}\n",
        )],
        told: r#"error: `b-c` is no name for a variable
 --> deploy.yml:1:16
  |
1 | vars: {a: 日本語, b-c: é}
  |                   ^^^ use letters, digits and `_`, and begin with a letter
error: unknown key `retires` in step "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
 --> deploy.yml:3:166
  |
3 | ...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", retires: 3, name: "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
  |                                            ^^^^^^^ did you mean `retries`?
error: unknown key `retires` in step 2
 --> deploy.yml:4:6
  |
4 |   - {retires:    3, exec: a}
  |      ^^^^^^^ did you mean `retries`?
"#,
    },
    Row {
        what: "unknown type",
        files: &[(
            "deploy.yml",
            "steps:
  - name: a
    exce: uptime
  - ansible.builtin.copy: {src: a, dest: b}
    whn: true
  - frobnicate: 1
",
        )],
        told: r#"error: unknown step type `exce` in step "a"
 --> deploy.yml:3:5
  |
3 |     exce: uptime
  |     ^^^^ did you mean `exec`?
error: unknown step type `ansible.builtin.copy` in step 2
 --> deploy.yml:4:5
  |
4 |   - ansible.builtin.copy: {src: a, dest: b}
  |     ^^^^^^^^^^^^^^^^^^^^ here it is `put`
error: unknown key `whn` in step 2
 --> deploy.yml:5:5
  |
5 |     whn: true
  |     ^^^ did you mean `when`?
error: unknown step type `frobnicate` in step 3
 --> deploy.yml:6:5
  |
6 |   - frobnicate: 1
  |     ^^^^^^^^^^
"#,
    },
    Row {
        what: "no type",
        files: &[(
            "deploy.yml",
            "steps:
  - name: a
    when: true
  - {}
  - name: b
    retires: 3
",
        )],
        told: r#"error: step "a" has no type
 --> deploy.yml:2:5
  |
2 |   - name: a
  |     ^^^^ say what it does: `exec`, `put`, `block`, ...
error: step 2 has no type
 --> deploy.yml:4:5
  |
4 |   - {}
  |     ^^ say what it does: `exec`, `put`, `block`, ...
error: step "b" has no type
 --> deploy.yml:5:5
  |
5 |   - name: b
  |     ^^^^ say what it does: `exec`, `put`, `block`, ...
error: unknown key `retires` in step "b"
 --> deploy.yml:6:5
  |
6 |     retires: 3
  |     ^^^^^^^ did you mean `retries`?
"#,
    },
    Row {
        what: "two types",
        files: &[(
            "deploy.yml",
            "steps:
  - name: both
    exec: a
    put: {src: a, dest: b}
  - exec: a
    block: []
",
        )],
        told: r#"error: two types in step "both": `exec` and `put`
 --> deploy.yml:4:5
  |
4 |     put: {src: a, dest: b}
  |     ^^^ make two steps of it
 --> deploy.yml:3:5
  |
3 |     exec: a
  |     ^^^^ the first type
error: two types in step 2: `exec` and `block`
 --> deploy.yml:6:5
  |
6 |     block: []
  |     ^^^^^ make two steps of it
 --> deploy.yml:5:5
  |
5 |   - exec: a
  |     ^^^^ the first type
"#,
    },
    Row {
        what: "no mapping",
        files: &[(
            "deploy.yml",
            "steps:
  - uptime
  - exec
  - 3
  - flush_handler
  - [a]
  -
",
        )],
        told: "error: a step must be a mapping, found a text
 --> deploy.yml:2:5
  |
2 |   - uptime
  |     ^^^^^^
error: a step must be a mapping, found a text
 --> deploy.yml:3:5
  |
3 |   - exec
  |     ^^^^ write `exec: ...`
error: a step must be a mapping, found a number
 --> deploy.yml:4:5
  |
4 |   - 3
  |     ^
error: a step must be a mapping, found a text
 --> deploy.yml:5:5
  |
5 |   - flush_handler
  |     ^^^^^^^^^^^^^ did you mean `flush_handlers`?
error: a step must be a mapping, found a list
 --> deploy.yml:6:5
  |
6 |   - [a]
  |     ^^^
error: a step must be a mapping, found nothing
 --> deploy.yml:7:4
  |
7 |   -
  |    ^
",
    },
    Row {
        what: "type without a value",
        files: &[(
            "deploy.yml",
            "steps:
  - exec:
  - name: x
    log:
",
        )],
        told: r#"error: `exec` in step 1 has no value
 --> deploy.yml:2:5
  |
2 |   - exec:
  |     ^^^^ say what it does
error: `log` in step "x" has no value
 --> deploy.yml:4:5
  |
4 |     log:
  |     ^^^ say what it does
"#,
    },
    Row {
        what: "wrong types in a step",
        files: &[(
            "deploy.yml",
            r#"steps:
  - exec: a
    name: [a]
    register: 1x
    retries: many
    throttle: 0
    ignore_errors: "no"
    become: 1
    tags: {a: b}
    vars: 3
    environment: [A]
    notify: {a: 1}
    become_user:
    delegate_to: ""
    class: reed
"#,
        )],
        told: r#"error: `name` must be a text, found a list
 --> deploy.yml:3:11
  |
3 |     name: [a]
  |           ^^^
error: `1x` is no name for a variable
 --> deploy.yml:4:15
  |
4 |     register: 1x
  |               ^^ use letters, digits and `_`, and begin with a letter
error: `retries` must be a whole number from 0 on, found a text
 --> deploy.yml:5:14
  |
5 |     retries: many
  |              ^^^^
error: `throttle` must be a whole number from 1 on, found the number 0
 --> deploy.yml:6:15
  |
6 |     throttle: 0
  |               ^
error: `ignore_errors` must be `true` or `false`, found a text
 --> deploy.yml:7:20
  |
7 |     ignore_errors: "no"
  |                    ^^^^ write `false`
error: `become` must be `true` or `false`, found the number 1
 --> deploy.yml:8:13
  |
8 |     become: 1
  |             ^
error: `tags` must be a text, or a list of texts, found a mapping
 --> deploy.yml:9:11
  |
9 |     tags: {a: b}
  |           ^^^^^^
error: `vars` must be a mapping, found the number 3
  --> deploy.yml:10:11
   |
10 |     vars: 3
   |           ^
error: `environment` must be a mapping, found a list
  --> deploy.yml:11:18
   |
11 |     environment: [A]
   |                  ^^^
error: `notify` must be a text, or a list of texts, found a mapping
  --> deploy.yml:12:13
   |
12 |     notify: {a: 1}
   |             ^^^^^^
error: `become_user` has no value
  --> deploy.yml:13:16
   |
13 |     become_user:
   |                ^ give it one, or remove the key
error: `delegate_to` has no value
  --> deploy.yml:14:18
   |
14 |     delegate_to: ""
   |                  ^^ give it one, or remove the key
error: `class` must be `read` or `converge`, found `reed`
  --> deploy.yml:15:12
   |
15 |     class: reed
   |            ^^^^ did you mean `read`?
"#,
    },
    Row {
        what: "durations",
        files: &[(
            "deploy.yml",
            r#"steps:
  - exec: a
    timeout: 30
  - exec: a
    delay: "5"
    timeout: 5 minutes
  - exec: a
    timeout: true
"#,
        )],
        told: r#"error: `timeout` needs a unit
 --> deploy.yml:3:14
  |
3 |     timeout: 30
  |              ^^ write `30s` for seconds, `30m` for minutes
error: `delay` needs a unit
 --> deploy.yml:5:12
  |
5 |     delay: "5"
  |            ^^^ write `5s` for seconds, `5m` for minutes
error: `timeout` must be a duration such as `30s` or `5m`
 --> deploy.yml:6:14
  |
6 |     timeout: 5 minutes
  |              ^^^^^^^^^
error: `timeout` must be a duration such as `30s`, found a boolean
 --> deploy.yml:8:14
  |
8 |     timeout: true
  |              ^^^^
"#,
    },
    Row {
        what: "braces in expressions",
        files: &[(
            "deploy.yml",
            r#"steps:
  - exec: a
    when: "{{ ready }}"
    until: ["a", "x == {{ b }}"]
  - exec: a
    loop: "{{ hosts }}"
    changed_when: "{% if a %}true{% endif %}"
    failed_when: >
      result.rc
      == {{ code }}
"#,
        )],
        told: r#"error: `when` is an expression already: it takes no `{{ }}`
 --> deploy.yml:3:12
  |
3 |     when: "{{ ready }}"
  |            ^^^^^^^^^^^ drop the braces: `ready`
error: `until` is an expression already: it takes no `{{ }}`
 --> deploy.yml:4:24
  |
4 |     until: ["a", "x == {{ b }}"]
  |                        ^^^^^^^ drop the braces
error: `loop` is an expression already: it takes no `{{ }}`
 --> deploy.yml:6:12
  |
6 |     loop: "{{ hosts }}"
  |            ^^^^^^^^^^^ drop the braces: `hosts`
error: `changed_when` is an expression already: it takes no `{{ }}`
 --> deploy.yml:7:20
  |
7 |     changed_when: "{% if a %}true{% endif %}"
  |                    ^^ drop the braces
error: `failed_when` is an expression already: it takes no `{{ }}`
  --> deploy.yml:10:10
   |
10 |       == {{ code }}
   |          ^^^^^^^^^^ drop the braces
"#,
    },
    Row {
        what: "loop over no list",
        files: &[(
            "deploy.yml",
            r#"steps:
  - exec: a
    loop: {a: 1}
  - exec: a
    loop: 3
  - exec: a
    loop: ""
  - exec: a
    when: {a: 1}
"#,
        )],
        told: r#"error: `loop` must be a list, or an expression that gives one, found a mapping
 --> deploy.yml:3:11
  |
3 |     loop: {a: 1}
  |           ^^^^^^
error: `loop` must be a list, or an expression that gives one, found the number 3
 --> deploy.yml:5:11
  |
5 |     loop: 3
  |           ^
error: `loop` has no value
 --> deploy.yml:7:11
  |
7 |     loop: ""
  |           ^^ give it one, or remove the key
error: `when` must be an expression, found a mapping
 --> deploy.yml:9:11
  |
9 |     when: {a: 1}
  |           ^^^^^^
"#,
    },
    Row {
        what: "block and ends",
        files: &[(
            "deploy.yml",
            "steps:
  - rescue: []
  - exec: a
    always: []
  - block: a
    register: x
  - parallel: [{exec: a}, [exec: b]]
  - flush_handlers: 3
",
        )],
        told: "error: `rescue` without `block` in step 1
 --> deploy.yml:2:5
  |
2 |   - rescue: []
  |     ^^^^^^ put the steps it is for under `block`
error: `always` goes with `block`, not with `exec`
 --> deploy.yml:4:5
  |
4 |     always: []
  |     ^^^^^^
error: `register` cannot stand on `block`
 --> deploy.yml:6:15
  |
6 |     register: x
  |               ^ register the steps inside it
error: `block` must be a list of steps, found a text
 --> deploy.yml:5:12
  |
5 |   - block: a
  |            ^
error: a branch of `parallel` must be a list of steps, found a mapping
 --> deploy.yml:7:16
  |
7 |   - parallel: [{exec: a}, [exec: b]]
  |                ^^^^^^^^^ write `- - exec: ...`
error: `flush_handlers` must be without a value, found the number 3
 --> deploy.yml:8:21
  |
8 |   - flush_handlers: 3
  |                     ^
",
    },
];
