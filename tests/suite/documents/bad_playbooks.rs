//! Playbooks and plays with wrong keys and values.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        what: "no steps",
        files: &[("deploy.yml", "name: a
hosts: web
")],
        told: "",
    },
    Row {
        what: "Ansible's tasks",
        files: &[("deploy.yml", "hosts: web
tasks:
  - exec: a
")],
        told: "",
    },
    Row {
        what: "unknown keys",
        files: &[("deploy.yml", "nmae: a
hots: web
frobnicate: 1
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "play keys beside plays",
        files: &[("deploy.yml", "hosts: web
plays:
  - steps: []
")],
        told: "",
    },
    Row {
        what: "plays of a wrong type",
        files: &[("deploy.yml", "plays:
  - web
  - name: Web
    step: []
")],
        told: "",
    },
    Row {
        what: "empty values",
        files: &[("deploy.yml", "name:
vars:
hosts:
serial: []
steps:
")],
        told: "",
    },
    Row {
        what: "wrong types in a play",
        files: &[("deploy.yml", "hosts: {a: 1}
serial: 0
max_fail_percentage: 120
become: yes
vars: [a]
vars_files: a.yml
timeout: 30
environment: {a-b: 1, PATH: [x]}
steps: uptime
handlers: {}
")],
        told: "",
    },
];
