//! Includes and vars files that cannot be used.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        what: "include that is missing",
        files: &[("deploy.yml", "steps:
  - include: tasks/web.yml
")],
        told: "",
    },
    Row {
        what: "include outside",
        files: &[("deploy.yml", "steps:
  - include: ../web.yml
  - include: /etc/passwd
  - include: a/../../b.yml
")],
        told: "",
    },
    Row {
        what: "include with a template",
        files: &[("deploy.yml", "steps:
  - include: '{{ os }}.yml'
")],
        told: "",
    },
    Row {
        what: "include in a circle",
        files: &[("deploy.yml", "steps:
  - include: a/a.yml
"), ("a/a.yml", "- include: b.yml\n"), ("a/b.yml", "steps:
  - include: ../deploy.yml
")],
        told: "",
    },
    Row {
        what: "include of itself",
        files: &[("deploy.yml", "steps:
  - include: deploy.yml
")],
        told: "",
    },
    Row {
        what: "include that is a folder",
        files: &[("deploy.yml", "steps:
  - include: a
"), ("a/x.yml", "")],
        told: "",
    },
    Row {
        what: "include that is empty",
        files: &[("deploy.yml", "steps:
  - include: a.yml
"), ("a.yml", "")],
        told: "",
    },
    Row {
        what: "include with problems",
        files: &[("deploy.yml", "steps:
  - include: a/a.yml
  - exec: a
    retires: 3
"), ("a/a.yml", "- exec: b
  dealy: 3s
- include: c.yml
"), ("a/c.yml", "step: []\n")],
        told: "",
    },
    Row {
        what: "include whose inputs do not fit",
        files: &[("deploy.yml", "steps:
  - include: a.yml
    vars: {prot: 80, name: {a: 1}}
"), ("a.yml", "inputs:
  port: {type: integer, required: true}
  name: {}
steps:
  - exec: a
")],
        told: "",
    },
    Row {
        what: "vars files",
        files: &[("deploy.yml", "vars_files: [a.yml, b.yml, ../c.yml, d.yml]
steps:
  - exec: uptime
"), ("a.yml", "- 1\n"), ("b.yml", "run: 1
x: [
")],
        told: "",
    },
];
