//! Steps: types, keys and values, and what only the plan can judge.

use super::{ROW, Row};

pub const ROWS: &[Row] = &[
    Row {
        what: "several at once",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exce: a\n- exec: a\n  retires: 3\n- exec: b\n  put: {}\n- {}\n- name: x\n",
        )],
        told: r#"error: unknown step type `exce` in step 1
 --> play.yml:3:3
  |
3 | - exce: a
  |   ^^^^ did you mean `exec`?
error: unknown key `retires` in step 2
 --> play.yml:5:3
  |
5 |   retires: 3
  |   ^^^^^^^ did you mean `retries`?
error: two types in step 3: `exec` and `put`
 --> play.yml:7:3
  |
7 |   put: {}
  |   ^^^ make two steps of it
 --> play.yml:6:3
  |
6 | - exec: b
  |   ^^^^ the first type
error: step 4 has no type
 --> play.yml:8:3
  |
8 | - {}
  |   ^^ say what it does: `exec`, `put`, `block`, ...
error: step "x" has no type
 --> play.yml:9:3
  |
9 | - name: x
  |   ^^^^ say what it does: `exec`, `put`, `block`, ...
"#,
        ..ROW
    },
    Row {
        what: "a key that is missing",
        files: &[("play.yml", "hosts: web\nsteps:\n- put: {content: a}\n")],
        told: r#"error: `dest` is missing
 --> play.yml:3:8
  |
3 | - put: {content: a}
  |        ^^^^^^^^^^^^ `dest`: The path on the host; ending in `/`, the file's name is added.
"#,
        ..ROW
    },
    Row {
        what: "a wrong type",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: {argv: true}\n- wait: {port: http}\n- exec: [a]\n")],
        told: r#"error: expected a list, found a boolean
 --> play.yml:3:16
  |
3 | - exec: {argv: true}
  |                ^^^^ put it in brackets: `[...]`
error: expected a whole number, found a text
 --> play.yml:4:16
  |
4 | - wait: {port: http}
  |                ^^^^ write it without quotes, or as one whole `{{ expression }}`
error: expected a text or a mapping, found a list
 --> play.yml:5:9
  |
5 | - exec: [a]
  |         ^^^
"#,
        ..ROW
    },
    Row {
        what: "an empty value",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec:\n")],
        told: r#"error: `exec` in step 1 has no value
 --> play.yml:3:3
  |
3 | - exec:
  |   ^^^^ say what it does
"#,
        ..ROW
    },
    Row {
        what: "a duration without a unit",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n  timeout: 30\n")],
        told: r#"error: `timeout` needs a unit
 --> play.yml:4:12
  |
4 |   timeout: 30
  |            ^^ write `30s` for seconds, `30m` for minutes
"#,
        ..ROW
    },
    Row {
        what: "a duration without a unit from a template",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {n: 30}\nsteps:\n- exec: a\n- wait: {duration: '{{ n }}'}\n- exec: a\n  timeout: '{{ n }}'\n",
        )],
        told: r#"error: a duration needs a unit, such as `30s`
 --> play.yml:5:20
  |
5 | - wait: {duration: '{{ n }}'}
  |                    ^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "braces in an expression",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n  when: '{{ true }}'\n")],
        told: r#"error: `when` is an expression already: it takes no `{{ }}`
 --> play.yml:4:10
  |
4 |   when: '{{ true }}'
  |          ^^^^^^^^^^ drop the braces: `true`
"#,
        ..ROW
    },
    Row {
        what: "an include that is missing",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n- include: none.yml\n")],
        told: r#"error: `none.yml` does not exist
 --> play.yml:4:12
  |
4 | - include: none.yml
  |            ^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "an include of itself",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- include: more.yml\n"),
            ("more.yml", "- exec: a\n- include: more.yml\n"),
        ],
        told: r#"error: this include goes in a circle: more.yml -> more.yml
 --> more.yml:2:12
  |
2 | - include: more.yml
  |            ^^^^^^^^ take one of them out
"#,
        ..ROW
    },
    Row {
        what: "an include outside the project",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n- include: ../../etc/passwd\n")],
        told: r#"error: `../../etc/passwd` lies outside the project
 --> play.yml:4:12
  |
4 | - include: ../../etc/passwd
  |            ^^^^^^^^^^^^^^^^ name a file in the playbook's folder, relative to this one
"#,
        ..ROW
    },
    Row {
        what: "an unknown handler",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exec: a\n  notify: restrat\nhandlers:\n- name: restart\n  exec: b\n",
        )],
        told: r#"error: unknown handler `restrat`
 --> play.yml:4:11
  |
4 |   notify: restrat
  |           ^^^^^^^ did you mean `restart`?
"#,
        ..ROW
    },
    Row {
        what: "a tag that no step has",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n  tags: deploy\n")],
        args: &["apply", "play.yml", "-i", "hosts", "-t", "depoly"],
        told: r#"error: `--tags depoly`: no step has this tag
  = did you mean `deploy`?
"#,
    },
    Row {
        what: "an unknown connection",
        files: &[(
            "play.yml",
            "connections: {cache: 'redis://127.0.0.1:PROBE'}\nsteps:\n- publish: {connection: cache, channel: a, message: b}\n\
             - publish: {connection: cashe, channel: a, message: b}\n",
        )],
        told: r#"error: unknown connection `cashe`
 --> play.yml:4:25
  |
4 | - publish: {connection: cashe, channel: a, message: b}
  |                         ^^^^^ did you mean `cache`?
"#,
        ..ROW
    },
    Row {
        what: "no connections at all",
        files: &[("play.yml", "steps:\n- query: {connection: db, sql: select 1}\n")],
        told: r#"error: unknown connection `db`
 --> play.yml:2:23
  |
2 | - query: {connection: db, sql: select 1}
  |                       ^^ declare it under `connections:`
"#,
        ..ROW
    },
    Row {
        what: "a step that the connection cannot do",
        files: &[(
            "play.yml",
            "connections:\n  cache: redis://127.0.0.1:PROBE\n  broker: amqp://guest:guest@127.0.0.1:PROBE\n  db: mysql://root@127.0.0.1:PROBE/test\n\
             steps:\n- publish: {connection: cache, channel: a, message: b}\n\
             - publish: {connection: broker, channel: a, message: b}\n\
             - publish: {connection: cache, exchange: a, message: b}\n\
             - publish: {connection: db, channel: a, message: b}\n\
             - bind: {connection: cache, queues: [{name: a}]}\n\
             - query: {connection: broker, sql: select 1}\n\
             - query: {connection: cache, sql: select 1}\n\
             - query: {connection: db, command: [GET, a]}\n",
        )],
        told: r#"error: `channel` is Redis's, and the connection is RabbitMQ: `exchange` and `routing_key` say where to publish there
 --> play.yml:7:12
  |
7 | - publish: {connection: broker, channel: a, message: b}
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: `exchange` is RabbitMQ's, and the connection is Redis: `channel` says where to publish there
 --> play.yml:8:12
  |
8 | - publish: {connection: cache, exchange: a, message: b}
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: `publish` does not work on MySQL
 --> play.yml:9:25
  |
9 | - publish: {connection: db, channel: a, message: b}
  |                         ^^ it works on Redis, RabbitMQ
error: `bind` does not work on Redis
  --> play.yml:10:22
   |
10 | - bind: {connection: cache, queues: [{name: a}]}
   |                      ^^^^^ it works on RabbitMQ
error: `query` does not work on RabbitMQ
  --> play.yml:11:23
   |
11 | - query: {connection: broker, sql: select 1}
   |                       ^^^^^^ it works on PostgreSQL, MySQL, SQLite, Redis
error: `sql` is for databases, and the connection is Redis: it takes `command`
  --> play.yml:12:10
   |
12 | - query: {connection: cache, sql: select 1}
   |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: `command` is Redis's, and the connection is MySQL: it takes `sql`
  --> play.yml:13:10
   |
13 | - query: {connection: db, command: [GET, a]}
   |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "a loop over a literal that is not a list",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n- exec: b\n  loop: 3\n- exec: b\n  loop: {a: 1}\n")],
        told: r#"error: `loop` must be a list, or an expression that gives one, found the number 3
 --> play.yml:5:9
  |
5 |   loop: 3
  |         ^
error: `loop` must be a list, or an expression that gives one, found a mapping
 --> play.yml:7:9
  |
7 |   loop: {a: 1}
  |         ^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "hosts that are computed",
        files: &[("play.yml", "hosts: \"{{ target }}\"\nsteps:\n- log: a\n")],
        told: r#"error: `hosts` cannot hold a template
 --> play.yml:1:8
  |
1 | hosts: "{{ target }}"
  |        ^^^^^^^^^^^^^^ name a group here, and choose with `--limit` or another inventory (`-i`)
"#,
        ..ROW
    },
    Row {
        what: "keys that Ansible has and nothing stands for",
        files: &[(
            "play.yml",
            "hosts: web\ngather_facts: false\nroles: [common]\nsteps:\n- exec: a\n  loop_control: {label: x}\n- exec: b\n  async: 60\n",
        )],
        told: r#"error: unknown key `gather_facts` in the playbook
 --> play.yml:2:1
  |
2 | gather_facts: false
  | ^^^^^^^^^^^^ leave it out: facts are gathered where `host.facts` is used
error: unknown key `roles` in the playbook
 --> play.yml:3:1
  |
3 | roles: [common]
  | ^^^^^ include a file of steps, which may have `inputs`: `- include: FILE`
error: unknown key `loop_control` in step 1
 --> play.yml:6:3
  |
6 |   loop_control: {label: x}
  |   ^^^^^^^^^^^^ the item is `item`, its number `loop.index0`
error: unknown key `async` in step 2
 --> play.yml:8:3
  |
8 |   async: 60
  |   ^^^^^ `parallel` runs steps at the same time, `timeout` bounds them
"#,
        ..ROW
    },
];
