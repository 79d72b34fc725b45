//! Bytes and YAML that no playbook can be read from.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        what: "empty file",
        files: &[("deploy.yml", "")],
        told: "",
    },
    Row {
        what: "comments only",
        files: &[("deploy.yml", "# nothing\n")],
        told: "",
    },
    Row {
        what: "control characters",
        files: &[("deploy.yml", "name: \"a\u{7}b\"\nsteps:\n  - exec: \"x\u{1b}[31m\"\n")],
        told: "",
    },
    Row {
        what: "invisible characters",
        files: &[("deploy.yml", "name: a\u{200b}b\nsteps:\n  - exec: echo \u{202e}evil\u{2066}\n")],
        told: "",
    },
    Row {
        what: "carriage return alone",
        files: &[("deploy.yml", "name: a\rsteps: b\n")],
        told: "",
    },
    Row {
        what: "tab as indentation",
        files: &[("deploy.yml", "steps:\n  - exec: a\n\tname: b\n")],
        told: "",
    },
    Row {
        what: "tab before a key",
        files: &[("deploy.yml", "vars:\n\ta: 1\nsteps:\n  - exec: uptime\n")],
        told: "",
    },
    Row {
        what: "quote not closed",
        files: &[("deploy.yml", r#"name: "shop
steps:
  - exec: a
"#)],
        told: "",
    },
    Row {
        what: "quote closed by the next one",
        files: &[("deploy.yml", "steps:
  - exec: 'a
  - exec: 'b'
")],
        told: "",
    },
    Row {
        what: "bracket not closed",
        files: &[("deploy.yml", "vars: {a: [1, 2
steps:
  - exec: a
")],
        told: "",
    },
    Row {
        what: "wrong bracket",
        files: &[("deploy.yml", "vars: {a: [1, 2}
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "alias bomb",
        files: &[("deploy.yml", "vars:
  a: &a [x,x,x,x,x,x,x,x,x]
  b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]
  c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]
  d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]
  e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]
  f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]
  g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]
  h: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]
  i: &i [*h,*h,*h,*h,*h,*h,*h,*h,*h]
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "alias inside itself",
        files: &[("deploy.yml", "vars:
  a: &a [*a]
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "alias of nothing",
        files: &[("deploy.yml", "vars:
  a: *base
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "key given twice",
        files: &[("deploy.yml", "name: a
steps:
  - exec: a
    name: b
    name: c
name: d
")],
        told: "",
    },
    Row {
        what: "tags",
        files: &[("deploy.yml", "vars:
  a: !vault |
    $ANSIBLE_VAULT;1.1;AES256
  b: !!str 1
  c: !Ref {x: 1}
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "keys that are no texts",
        files: &[("deploy.yml", "vars:
  [a]: 1
  : 2
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "template without quotes",
        files: &[("deploy.yml", "steps:
  - log: {{ greeting }}
  - log: {{ greeting }} again
")],
        told: "",
    },
    Row {
        what: "several documents",
        files: &[("deploy.yml", "steps:
  - exec: uptime
---
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "colon in a text",
        files: &[("deploy.yml", "steps:
  - exec: echo a: b
")],
        told: "",
    },
    Row {
        what: "indentation",
        files: &[("deploy.yml", "steps:
  - exec: a
   name: b
")],
        told: "",
    },
    Row {
        what: "backtick",
        files: &[("deploy.yml", "steps:
  - exec: `date`
")],
        told: "",
    },
    Row {
        what: "escape",
        files: &[("deploy.yml", r#"steps:
  - exec: "C:\dir"
"#)],
        told: "",
    },
    Row {
        what: "merge of no mapping",
        files: &[("deploy.yml", "vars:
  <<: 3
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "nested too deeply",
        files: &[("deploy.yml", "vars: {a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}
steps:
  - exec: uptime
")],
        told: "",
    },
    Row {
        what: "password in a shown line",
        files: &[("deploy.yml", r#"connections:
  a: redis://:hunter22@h
  a: {url: "amqp://u:p@ss@h", password: hunter22}
  b: [amqp://u:{{ secrets.x }}@h]
  c: [amqp://u:hunter22@h]
steps:
  - exec: uptime
"#)],
        told: "",
    },
    Row {
        what: "not a mapping",
        files: &[("deploy.yml", "- hosts: web
  tasks: []
")],
        told: "",
    },
    Row {
        what: "a text alone",
        files: &[("deploy.yml", "deploy\n")],
        told: "",
    },
];
