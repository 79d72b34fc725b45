//! Bytes and YAML that no playbook can be read from.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        what: "empty file",
        files: &[("deploy.yml", "")],
        told: "error: `deploy.yml` is empty
 --> deploy.yml:1:1
  = a playbook has `steps` or `plays`
",
    },
    Row {
        what: "comments only",
        files: &[("deploy.yml", "# nothing\n")],
        told: "error: `deploy.yml` is empty
 --> deploy.yml:1:1
  |
1 | # nothing
  | ^ a playbook has `steps` or `plays`
",
    },
    Row {
        what: "control characters",
        files: &[("deploy.yml", "name: \"a\u{7}b\"\nsteps:\n  - exec: \"x\u{1b}[31m\"\n")],
        told: r#"error: a control character, U+0007, in the text
 --> deploy.yml:1:9
  |
1 | name: "a\u{7}b"
  |         ^^^^^ remove it, or write "\u0007"
error: a control character, U+001B, in the text
 --> deploy.yml:3:13
  |
3 |   - exec: "x\u{1b}[31m"
  |             ^^^^^^ remove it, or write "\u001b"
"#,
    },
    Row {
        what: "invisible characters",
        files: &[("deploy.yml", "name: a\u{200b}b\nsteps:\n  - exec: echo \u{202e}evil\u{2066}\n")],
        told: r#"error: an invisible character, U+200B, in the text
 --> deploy.yml:1:8
  |
1 | name: a\u{200b}b
  |        ^^^^^^^^ remove it, or write "\u200b"
error: an invisible character, U+202E, in the text
 --> deploy.yml:3:16
  |
3 |   - exec: echo \u{202e}evil\u{2066}
  |                ^^^^^^^^ remove it, or write "\u202e"
error: an invisible character, U+2066, in the text
 --> deploy.yml:3:21
  |
3 |   - exec: echo \u{202e}evil\u{2066}
  |                            ^^^^^^^^ remove it, or write "\u2066"
"#,
    },
    Row {
        what: "carriage return alone",
        files: &[("deploy.yml", "name: a\rsteps: b\n")],
        told: "error: a carriage return without a line feed, U+000D, in the text
 --> deploy.yml:1:8
  |
1 | name: a
  |        ^ end lines with a line feed
",
    },
    Row {
        what: "tab as indentation",
        files: &[("deploy.yml", "steps:\n  - exec: a\n\tname: b\n")],
        told: "error: a tab is used as indentation
 --> deploy.yml:3:1
  |
3 |     name: b
  | ^^^^ indent with spaces
",
    },
    Row {
        what: "tab before a key",
        files: &[("deploy.yml", "vars:\n\ta: 1\nsteps:\n  - exec: uptime\n")],
        told: "error: a tab is used as indentation
 --> deploy.yml:2:1
  |
2 |     a: 1
  | ^^^^ indent with spaces
",
    },
    Row {
        what: "quote not closed",
        files: &[("deploy.yml", r#"name: "shop
steps:
  - exec: a
"#)],
        told: r#"error: a quote is not closed
 --> deploy.yml:1:7
  |
1 | name: "shop
  |       ^ it is opened here
"#,
    },
    Row {
        what: "quote closed by the next one",
        files: &[("deploy.yml", "steps:
  - exec: 'a
  - exec: 'b'
")],
        told: "error: a quote is not closed on its line
 --> deploy.yml:2:11
  |
2 |   - exec: 'a
  |           ^ it is opened here
 --> deploy.yml:3:11
  |
3 |   - exec: 'b'
  |           ^ and goes on to here
",
    },
    Row {
        what: "bracket not closed",
        files: &[("deploy.yml", "vars: {a: [1, 2
steps:
  - exec: a
")],
        told: "error: bracket `[` is not closed
 --> deploy.yml:1:11
  |
1 | vars: {a: [1, 2
  |           ^ it is opened here
 --> deploy.yml:2:6
  |
2 | steps:
  |      ^ and this cannot stand in it
",
    },
    Row {
        what: "wrong bracket",
        files: &[("deploy.yml", "vars: {a: [1, 2}
steps:
  - exec: uptime
")],
        told: "error: bracket `[` is closed by `}`
 --> deploy.yml:1:11
  |
1 | vars: {a: [1, 2}
  |           ^
",
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
        told: "error: the aliases of this file stand for more than 200000 values
 --> deploy.yml:7:10
  |
7 |   f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]
  |          ^^ write less through aliases
",
    },
    Row {
        what: "alias inside itself",
        files: &[("deploy.yml", "vars:
  a: &a [*a]
steps:
  - exec: uptime
")],
        told: "error: an alias stands inside what it names
 --> deploy.yml:2:10
  |
2 |   a: &a [*a]
  |          ^^
",
    },
    Row {
        what: "alias of nothing",
        files: &[("deploy.yml", "vars:
  a: *base
steps:
  - exec: uptime
")],
        told: "error: no anchor `&base` stands before this alias
 --> deploy.yml:2:6
  |
2 |   a: *base
  |      ^^^^^ quote it if a text is meant
",
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
        told: "error: key `name` is given twice
 --> deploy.yml:5:5
  |
5 |     name: c
  |     ^^^^ keep one of them
 --> deploy.yml:4:5
  |
4 |     name: b
  |     ^^^^ first given here
error: key `name` is given twice
 --> deploy.yml:6:1
  |
6 | name: d
  | ^^^^ keep one of them
 --> deploy.yml:1:1
  |
1 | name: a
  | ^^^^ first given here
",
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
        told: "error: tag `!!str` is not allowed
 --> deploy.yml:4:6
  |
4 |   b: !!str 1
  |      ^^^^^ leave it out; quote what must be a text
error: tag `!Ref` is not allowed
 --> deploy.yml:5:6
  |
5 |   c: !Ref {x: 1}
  |      ^^^^ leave it out; quote what must be a text
",
    },
    Row {
        what: "keys that are no texts",
        files: &[("deploy.yml", "vars:
  [a]: 1
  : 2
steps:
  - exec: uptime
")],
        told: "error: a list stands as a key
 --> deploy.yml:2:3
  |
2 |   [a]: 1
  |   ^^^ a key must be a text
error: a key is missing before `:`
 --> deploy.yml:3:3
  |
3 |   : 2
  |   ^ a key must be a text
",
    },
    Row {
        what: "template without quotes",
        files: &[("deploy.yml", "steps:
  - log: {{ greeting }}
  - log: {{ greeting }} again
")],
        told: r#"error: a text that begins with `{{` must be quoted
 --> deploy.yml:2:10
  |
2 |   - log: {{ greeting }}
  |          ^^^^^^^^^^^^^^ write "{{ greeting }}"
error: a text that begins with `{{` must be quoted
 --> deploy.yml:3:10
  |
3 |   - log: {{ greeting }} again
  |          ^^^^^^^^^^^^^^ write "{{ greeting }}"
"#,
    },
    Row {
        what: "several documents",
        files: &[("deploy.yml", "steps:
  - exec: uptime
---
steps:
  - exec: uptime
")],
        told: "error: a second document begins here
 --> deploy.yml:3:1
  |
3 | ---
  | ^^^ put it into a file of its own
",
    },
    Row {
        what: "colon in a text",
        files: &[("deploy.yml", "steps:
  - exec: echo a: b
")],
        told: "error: a `:` is not allowed here
 --> deploy.yml:2:17
  |
2 |   - exec: echo a: b
  |                 ^ quote a text that holds `: `, or look at the indentation
",
    },
    Row {
        what: "indentation",
        files: &[("deploy.yml", "steps:
  - exec: a
   name: b
")],
        told: "error: an item with `-` is expected here
 --> deploy.yml:3:4
  |
3 |    name: b
  |    ^ look at the indentation
",
    },
    Row {
        what: "backtick",
        files: &[("deploy.yml", "steps:
  - exec: `date`
")],
        told: "error: a text cannot begin with '`'
 --> deploy.yml:2:11
  |
2 |   - exec: `date`
  |           ^ quote the text
",
    },
    Row {
        what: "escape",
        files: &[("deploy.yml", r#"steps:
  - exec: "C:\dir"
"#)],
        told: r#"error: an unknown escape in a double-quoted text
 --> deploy.yml:2:11
  |
2 |   - exec: "C:\dir"
  |           ^ write `\\`, or use single quotes
"#,
    },
    Row {
        what: "merge of no mapping",
        files: &[("deploy.yml", "vars:
  <<: 3
steps:
  - exec: uptime
")],
        told: "error: `<<` takes a mapping, or a list of them
 --> deploy.yml:2:7
  |
2 |   <<: 3
  |       ^
",
    },
    Row {
        what: "nested too deeply",
        files: &[("deploy.yml", "vars: {a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}
steps:
  - exec: uptime
")],
        told: "error: lists and mappings are nested too deeply
 --> deploy.yml:1:74
  |
1 | vars: {a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]...
  |                                                                          ^
",
    },
    Row {
        what: "password in a shown line",
        files: &[("deploy.yml", r#"connections:
  a: redis://:hunter22@h/0
  a: {url: "amqp://u:p@ss/word@h", password: hunter22}
steps:
  - exec: uptime
"#)],
        told: r#"error: key `a` is given twice
 --> deploy.yml:3:3
  |
3 |   a: {url: "amqp://u:********@h", password: ********}
  |   ^ keep one of them
 --> deploy.yml:2:3
  |
2 |   a: redis://:********@h/0
  |   ^ first given here
"#,
    },
    Row {
        what: "not a mapping",
        files: &[("deploy.yml", "- hosts: web
  tasks: []
")],
        told: "error: a playbook must be a mapping, found a list
 --> deploy.yml:1:1
  |
1 | - hosts: web
  | ^^^^^^^^^^^^ put the plays under `plays:`
",
    },
    Row {
        what: "a text alone",
        files: &[("deploy.yml", "deploy\n")],
        told: "error: a playbook must be a mapping, found a text
 --> deploy.yml:1:1
  |
1 | deploy
  | ^^^^^^ a playbook has `steps` or `plays`
",
    },
];
