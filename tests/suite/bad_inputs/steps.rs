//! Steps: types, keys and values, and what only the plan can judge.

use super::{ROW, Row};

pub const ROWS: &[Row] = &[
    Row {
        what: "several at once",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exce: a\n- exec: a\n  retires: 3\n- exec: b\n  put: {}\n- {}\n- name: x\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "a key that is missing",
        files: &[("play.yml", "hosts: web\nsteps:\n- put: {content: a}\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "a wrong type",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: {argv: true}\n- wait: {port: http}\n- exec: [a]\n")],
        told: "",
        ..ROW
    },
    Row { what: "an empty value", files: &[("play.yml", "hosts: web\nsteps:\n- exec:\n")], told: "", ..ROW },
    Row {
        what: "a duration without a unit",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n  timeout: 30\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "a duration without a unit from a template",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {n: 30}\nsteps:\n- exec: a\n- wait: {duration: '{{ n }}'}\n- exec: a\n  timeout: '{{ n }}'\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "braces in an expression",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n  when: '{{ true }}'\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "an include that is missing",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n- include: none.yml\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "an include of itself",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- include: more.yml\n"),
            ("more.yml", "- exec: a\n- include: more.yml\n"),
        ],
        told: "",
        ..ROW
    },
    Row {
        what: "an include outside the project",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n- include: ../../etc/passwd\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "an unknown handler",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exec: a\n  notify: restrat\nhandlers:\n- name: restart\n  exec: b\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "a tag that no step has",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n  tags: deploy\n")],
        args: &["apply", "play.yml", "-i", "hosts", "-t", "depoly"],
        told: "",
    },
    Row {
        what: "an unknown connection",
        files: &[(
            "play.yml",
            "connections: {cache: 'redis://127.0.0.1:PROBE'}\nsteps:\n- publish: {connection: cache, channel: a, message: b}\n\
             - publish: {connection: cashe, channel: a, message: b}\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "no connections at all",
        files: &[("play.yml", "steps:\n- query: {connection: db, sql: select 1}\n")],
        told: "",
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
        told: "",
        ..ROW
    },
    Row {
        what: "a loop over a literal that is not a list",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n- exec: b\n  loop: 3\n- exec: b\n  loop: {a: 1}\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "a loop over what is not a list",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {port: 80, text: abc, map: {a: 1}}\nsteps:\n- exec: a\n- exec: 'echo {{ item }}'\n  loop: port\n- exec: 'echo {{ item }}'\n  loop: text\n\
             - exec: 'echo {{ item }}'\n  loop: map\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "two branches that register one name",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exec: a\n- parallel:\n  - - exec: a\n      register: found\n  - - exec: b\n    - exec: c\n      register: found\n\
             - parallel:\n  - - set: {colour: red}\n  - - block:\n      - set: {colour: blue, shape: round}\n\
             - parallel:\n  - - exec: a\n      register: one\n    - exec: a\n      register: one\n  - - exec: b\n      register: two\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "a service step that uses the host's name",
        files: &[(
            "play.yml",
            "hosts: web\nconnections: {cache: 'redis://127.0.0.1:PROBE'}\nsteps:\n- exec: a\n\
             - publish: {connection: cache, channel: up, message: '{{ inventory_hostname }} is up'}\n\
             - publish: {connection: cache, channel: up, message: '{{ host.name }} {{ role }}'}\n  name: announce\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "a service step that uses a host's result",
        files: &[(
            "play.yml",
            "hosts: web\nconnections: {cache: 'redis://127.0.0.1:PROBE'}\nsteps:\n- exec: a\n  register: found\n\
             - publish: {connection: cache, channel: up, message: '{{ found.stdout }}'}\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "a connection per host in a step without one",
        files: &[(
            "play.yml",
            "hosts: web\nconnections: {cache: 'redis://{{ host.address }}:PROBE'}\nsteps:\n- exec: a\n\
             - publish: {connection: cache, channel: up, message: a}\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "hosts that get to one path",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {into: logs/app.log}\nsteps:\n- exec: a\n- get: {src: /a, dest: '{{ into }}'}\n- get: {src: /a, dest: 'logs/{{ host.name }}'}\n\
             - get: {src: '/{{ item }}', dest: 'logs/{{ host.name }}'}\n  loop: [a, b]\n- get: {src: /a, dest: one}\n  run_once: true\n\
             - get: {src: /a, dest: two}\n  when: inventory_hostname == 'a'\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "a put whose source is missing",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {version: 7}\nsteps:\n- exec: a\n- put: {src: files/app.conf, dest: /tmp/a}\n- put: {src: 'files/{{ version }}.conf', dest: /tmp/a}\n\
             - put: {src: app.j2, dest: /tmp/a, template: true}\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "parameters that exclude each other",
        files: &[
            (
                "play.yml",
                "hosts: web\nsteps:\n- put: {content: a, src: b, dest: /c}\n- exec: {shell: a, argv: [b]}\n- file: {path: /, state: absent}\n",
            ),
            ("b", ""),
        ],
        told: "",
        ..ROW
    },
    Row {
        what: "an unknown URL scheme",
        files: &[(
            "play.yml",
            "connections:\n  cache: reddis://127.0.0.1:PROBE\n  db: {kind: oracle, host: 127.0.0.1}\n  t: {url: 'redis://127.0.0.1', pol: 3}\n\
             steps:\n- query: {connection: cache, command: [PING]}\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "connections that are none",
        files: &[(
            "play.yml",
            "connections:\n  web: {host: 127.0.0.1}\n  n: 5\nsteps:\n- query: {connection: web, command: [PING]}\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "parameters of SQL that are missing or left over",
        files: &[
            (
                "play.yml",
                "connections: {db: 'mysql://root@127.0.0.1:PROBE/test'}\nsteps:\n- query: {connection: db, sql: select 1}\n\
             - query: {connection: db, sql: 'select :low'}\n- query: {connection: db, sql: 'select :low', params: {low: 1, hihg: 2}}\n\
             - query: {connection: db, sql: select 1, file: a.sql}\n- query: {connection: db, file: none.sql}\n",
            ),
            ("a.sql", "select 2\n"),
        ],
        told: "",
        ..ROW
    },
];
