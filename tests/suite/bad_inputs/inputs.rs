//! Inputs: declared, given with `-e`, and fitting.

use super::{ROW, Row};

const DECLARED: (&str, &str) = (
    "play.yml",
    "hosts: web
inputs:
  version: { type: string, required: true, pattern: '^\\d+\\.\\d+$' }
  workers: { type: integer, default: 2, min: 1, max: 8 }
  colour: { type: string, default: red, choices: [red, blue] }
  names: { type: list, default: [] }
  dry: { type: boolean, default: false }
vars: { release: a }
steps:
- exec: a
",
);

pub const ROWS: &[Row] = &[
    Row { what: "a required input", files: &[DECLARED], told: "", ..ROW },
    Row {
        what: "inputs of the wrong type",
        files: &[DECLARED],
        args: &[
            "apply",
            "play.yml",
            "-i",
            "hosts",
            "-e",
            "version=1.0",
            "-e",
            "workers=many",
            "-e",
            "dry=perhaps",
            "-e",
            "names=a,b",
        ],
        told: "",
    },
    Row {
        what: "inputs that do not fit",
        files: &[DECLARED],
        args: &["apply", "play.yml", "-i", "hosts", "-e", "version=latest", "-e", "workers=9", "-e", "colour=green"],
        told: "",
    },
    Row {
        what: "inputs of a file that do not fit",
        files: &[DECLARED, ("values.yml", "version: 1.0\nworkers: 0\ncolour: [red]\n")],
        args: &["apply", "play.yml", "-i", "hosts", "-e", "@values.yml"],
        told: "",
    },
    Row {
        what: "names that are declared nowhere",
        files: &[DECLARED],
        args: &[
            "apply",
            "play.yml",
            "-i",
            "hosts",
            "-e",
            "version=1.0",
            "-e",
            "wokers=3",
            "-e",
            "zzz=1",
            "-e",
            "relaese=b",
        ],
        told: "",
    },
    Row {
        what: "arguments that are neither names nor files",
        files: &[DECLARED],
        args: &["apply", "play.yml", "-i", "hosts", "-e", "version", "-e", "@none.yml", "-e", "{a: ", "-e", "[1]"],
        told: "",
    },
    Row {
        what: "defaults that do not fit",
        files: &[(
            "play.yml",
            "hosts: web\ninputs:\n  version: { type: string, default: latest, pattern: '^\\d+$' }\n  workers: { type: integer, default: 9, max: 8 }\n  colour: { type: string, default: green, choices: [red, blue] }\n  \
             at: { type: string, default: '{{ nowhere }}' }\nsteps:\n- exec: a\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "a module's inputs",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- exec: a\n- include: m.yml\n  vars: {workers: many, extra: 1}\n"),
            (
                "m.yml",
                "inputs:\n  version: { type: string, required: true }\n  workers: { type: integer, default: 1 }\nsteps:\n- exec: 'echo {{ workers }} {{ version | quote }}'\n",
            ),
        ],
        told: "",
        ..ROW
    },
];
