//! Steps with wrong types, keys and values.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        what: "unknown key in a step",
        files: &[("deploy.yml", "name: Deploy
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
")],
        told: "",
    },
    Row {
        what: "unknown type",
        files: &[("deploy.yml", "steps:
  - name: a
    exce: uptime
  - ansible.builtin.copy: {src: a, dest: b}
    whn: true
  - frobnicate: 1
")],
        told: "",
    },
    Row {
        what: "no type",
        files: &[("deploy.yml", "steps:
  - name: a
    when: true
  - {}
  - name: b
    retires: 3
")],
        told: "",
    },
    Row {
        what: "two types",
        files: &[("deploy.yml", "steps:
  - name: both
    exec: a
    put: {src: a, dest: b}
  - exec: a
    block: []
")],
        told: "",
    },
    Row {
        what: "no mapping",
        files: &[("deploy.yml", "steps:
  - uptime
  - exec
  - 3
  - flush_handler
  - [a]
  -
")],
        told: "",
    },
    Row {
        what: "type without a value",
        files: &[("deploy.yml", "steps:
  - exec:
  - name: x
    log:
")],
        told: "",
    },
    Row {
        what: "wrong types in a step",
        files: &[("deploy.yml", r#"steps:
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
"#)],
        told: "",
    },
    Row {
        what: "durations",
        files: &[("deploy.yml", r#"steps:
  - exec: a
    timeout: 30
  - exec: a
    delay: "5"
    timeout: 5 minutes
  - exec: a
    timeout: true
"#)],
        told: "",
    },
    Row {
        what: "braces in expressions",
        files: &[("deploy.yml", r#"steps:
  - exec: a
    when: "{{ ready }}"
    until: ["a", "x == {{ b }}"]
  - exec: a
    loop: "{{ hosts }}"
    changed_when: "{% if a %}true{% endif %}"
    failed_when: >
      result.rc
      == {{ code }}
"#)],
        told: "",
    },
    Row {
        what: "loop over no list",
        files: &[("deploy.yml", r#"steps:
  - exec: a
    loop: {a: 1}
  - exec: a
    loop: 3
  - exec: a
    loop: ""
  - exec: a
    when: {a: 1}
"#)],
        told: "",
    },
    Row {
        what: "block and ends",
        files: &[("deploy.yml", "steps:
  - rescue: []
  - exec: a
    always: []
  - block: a
    register: x
  - parallel: [{exec: a}, [exec: b]]
  - flush_handlers: 3
")],
        told: "",
    },
];
