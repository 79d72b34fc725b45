//! Inputs, secrets, connections, handlers and names that are declared wrongly.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        what: "handlers",
        files: &[("deploy.yml", "steps:
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
")],
        told: "",
    },
    Row {
        what: "no handlers",
        files: &[("deploy.yml", "steps:
  - exec: a
    notify: restart
")],
        told: "",
    },
    Row {
        what: "reserved names",
        files: &[("deploy.yml", "vars: {item: 1, my-var: 2}
steps:
  - exec: a
    register: result
    vars: {hostvars: 1}
")],
        told: "",
    },
    Row {
        what: "inputs",
        files: &[("deploy.yml", "inputs:
  a: {type: int}
  b: {type: integer, default: x}
  c: {typ: string}
  d: string
  e-f: {required: yes}
  g: {pattern: '[', min: a}
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "secrets",
        files: &[("deploy.yml", "secrets:
  a: hunter22
  b: {}
  c: {env: A, file: B}
  d: {command: ls}
  e: {command: []}
  f: {evn: A}
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "connections",
        files: &[("deploy.yml", "connections:
  a b: redis://h
  c: {host: h}
  d: 3
steps:
  - exec: uptime
")],
        told: "",
    },
];
