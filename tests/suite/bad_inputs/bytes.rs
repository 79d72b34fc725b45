//! Bytes and YAML: one row of each kind; the whole table stands with the loader's tests.

use super::{ROW, Row};

pub const ROWS: &[Row] = &[
    Row {
        what: "no such file",
        told: r#"error: `play.yml` does not exist
"#,
        ..ROW
    },
    Row {
        what: "an empty file",
        files: &[("play.yml", "")],
        told: r#"error: `play.yml` is empty
 --> play.yml:1:1
  = a playbook has `steps` or `plays`
"#,
        ..ROW
    },
    Row {
        what: "a folder",
        files: &[("play.yml/x", "")],
        told: r#"error: `play.yml` is a directory, not a file
  = name a regular file
"#,
        ..ROW
    },
    Row {
        what: "a device",
        args: &["apply", "/dev/zero"],
        told: r#"error: `/dev/zero` is a device, not a file
  = name a regular file
"#,
        ..ROW
    },
    Row {
        what: "bidirectional characters",
        files: &[("play.yml", "steps:\n- log: \"a\u{202e}b\"\n")],
        told: r#"error: an invisible character, U+202E, in the text
 --> play.yml:2:10
  |
2 | - log: "a\u{202e}b"
  |          ^^^^^^^^ remove it, or write "\u202e"
"#,
        ..ROW
    },
    Row {
        what: "an invisible character",
        files: &[("play.yml", "steps:\n- l\u{200b}og: a\n")],
        told: r#"error: an invisible character, U+200B, in the text
 --> play.yml:2:4
  |
2 | - l\u{200b}og: a
  |    ^^^^^^^^ remove it, or write "\u200b"
"#,
        ..ROW
    },
    Row {
        what: "a control character",
        files: &[("play.yml", "steps:\n- log: a\u{7}b\n")],
        told: r#"error: a control character, U+0007, in the text
 --> play.yml:2:9
  |
2 | - log: a\u{7}b
  |         ^^^^^ remove it, or write "\u0007"
"#,
        ..ROW
    },
    Row {
        what: "tabs",
        files: &[("play.yml", "steps:\n\t- log: a\n")],
        told: r#"error: a tab is used as indentation
 --> play.yml:2:1
  |
2 |     - log: a
  | ^^^^ indent with spaces
"#,
        ..ROW
    },
    Row {
        what: "an unclosed quote",
        files: &[("play.yml", "steps:\n- log: \"a\n- log: b\n")],
        told: r#"error: a quote is not closed
 --> play.yml:2:8
  |
2 | - log: "a
  |        ^ it is opened here
"#,
        ..ROW
    },
    Row {
        what: "an alias bomb",
        files: &[(
            "play.yml",
            "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
             d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
        )],
        told: r#"error: the aliases of this file stand for more than 200000 values
 --> play.yml:5:7
  |
5 | e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write less through aliases
"#,
        ..ROW
    },
    Row {
        what: "a key given twice",
        files: &[("play.yml", "steps:\n- log: a\n  name: b\n  log: c\n")],
        told: r#"error: key `log` is given twice
 --> play.yml:4:3
  |
4 |   log: c
  |   ^^^ keep one of them
 --> play.yml:2:3
  |
2 | - log: a
  |   ^^^ first given here
"#,
        ..ROW
    },
    Row {
        what: "a tag",
        files: &[("play.yml", "steps:\n- log: !!python/object:os.system a\n")],
        told: r#"error: tag `!!python/object:os.system` is not allowed
 --> play.yml:2:8
  |
2 | - log: !!python/object:os.system a
  |        ^^^^^^^^^^^^^^^^^^^^^^^^^ leave it out; quote what must be a text
"#,
        ..ROW
    },
    Row {
        what: "an octal number",
        files: &[("play.yml", "hosts: web\nsteps:\n- put: {content: a, dest: /tmp/a, mode: 0644}\n")],
        told: r#"error: a mode must be quoted
 --> play.yml:3:41
  |
3 | - put: {content: a, dest: /tmp/a, mode: 0644}
  |                                         ^^^^ write it quoted: "0644"
"#,
        ..ROW
    },
];
