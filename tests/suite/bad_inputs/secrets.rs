//! Secrets: where they may not stand, and what is wrong with their sources.

use super::{ROW, Row};

pub const ROWS: &[Row] = &[
    Row {
        what: "a secret where it would be seen",
        files: &[(
            "play.yml",
            "hosts: web\nsecrets: {token: {env: TOKEN}}\nvars: {header: 'Bearer {{ secrets.token }}'}\nconnections: {db: 'mysql://root@127.0.0.1:PROBE/x'}\nsteps:\n- exec: a\n\
             - exec: 'curl -H {{ secrets.token }}'\n- exec: {argv: [curl, -H, '{{ header }}']}\n- put: {content: a, dest: '/srv/{{ secrets.token }}'}\n\
             - name: 'login {{ secrets.token }}'\n  exec: a\n- query: {connection: db, sql: \"select '{{ secrets.token }}'\"}\n- file: {path: '{{ secrets.token }}', state: absent}\n\
             - exec: {shell: a, chdir: '{{ secrets.token }}'}\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "a secret where it would be seen, which validate finds without reading it",
        files: &[(
            "play.yml",
            "hosts: web\nsecrets: {token: {env: NO_SUCH_VARIABLE}}\nsteps:\n- exec: 'curl -H {{ secrets.token }}'\n- exec: {argv: [curl, '{{ secrets.token }}']}\n",
        )],
        args: &["validate", "play.yml", "-i", "hosts"],
        told: "",
    },
    Row {
        what: "a secret in a host's name and address",
        files: &[
            (
                "play.yml",
                "hosts: web\nsecrets: {token: {env: TOKEN}}\nsteps:\n- exec: a\n- wait: {host: '{{ secrets.token }}', port: 1}\n- exec: a\n  delegate_to: '{{ secrets.token }}'\n",
            ),
            ("hosts", "[web]\na ansible_host='{{ secrets.token }}' ansible_port=PROBE\n"),
        ],
        told: "",
        ..ROW
    },
    Row {
        what: "secrets that cannot be read",
        files: &[
            (
                "play.yml",
                "hosts: web\nsecrets:\n  a: {env: NO_SUCH_VARIABLE}\n  b: {env: EMPTY}\n  c: {env: SHORT}\n  d: {file: none.txt}\n  e: {file: empty.txt}\n  f: {file: sub}\n  \
             g: {command: [no-such-program]}\n  h: {command: ['false']}\n  i: {command: ['true']}\n  j: {age: a.age}\n  k: {env: TOKEN}\nsteps:\n- exec: a\n",
            ),
            ("empty.txt", "\n"),
            ("sub/x", ""),
        ],
        told: "",
        ..ROW
    },
    Row {
        what: "a declaration without a source",
        files: &[(
            "play.yml",
            "hosts: web\nsecrets: {a: {evn: TOKEN}, b: plain, c: {env: A, file: b}}\nsteps:\n- exec: a\n",
        )],
        told: "",
        ..ROW
    },
];
