//! Bytes and YAML: one row of each kind; the whole table stands with the loader's tests.

use super::{ROW, Row};

pub const ROWS: &[Row] = &[
    Row { what: "no such file", told: "", ..ROW },
    Row { what: "an empty file", files: &[("play.yml", "")], told: "", ..ROW },
    Row { what: "a folder", files: &[("play.yml/x", "")], told: "", ..ROW },
    Row { what: "a device", args: &["apply", "/dev/zero"], told: "", ..ROW },
    Row {
        what: "bidirectional characters",
        files: &[("play.yml", "steps:\n- log: \"a\u{202e}b\"\n")],
        told: "",
        ..ROW
    },
    Row { what: "an invisible character", files: &[("play.yml", "steps:\n- l\u{200b}og: a\n")], told: "", ..ROW },
    Row { what: "a control character", files: &[("play.yml", "steps:\n- log: a\u{7}b\n")], told: "", ..ROW },
    Row { what: "tabs", files: &[("play.yml", "steps:\n\t- log: a\n")], told: "", ..ROW },
    Row { what: "an unclosed quote", files: &[("play.yml", "steps:\n- log: \"a\n- log: b\n")], told: "", ..ROW },
    Row {
        what: "an alias bomb",
        files: &[(
            "play.yml",
            "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
             d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "a key given twice",
        files: &[("play.yml", "steps:\n- log: a\n  name: b\n  log: c\n")],
        told: "",
        ..ROW
    },
    Row { what: "a tag", files: &[("play.yml", "steps:\n- log: !!python/object:os.system a\n")], told: "", ..ROW },
    Row {
        what: "an octal number",
        files: &[("play.yml", "hosts: web\nsteps:\n- put: {content: a, dest: /tmp/a, mode: 0644}\n")],
        told: "",
        ..ROW
    },
];
