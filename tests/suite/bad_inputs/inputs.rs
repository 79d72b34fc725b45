//! Inputs: declared, given with `-e`, and fitting.

use super::{ROW, Row};

const DECLARED: (&str, &str) = (
    "play.yml",
    "hosts: web
inputs:
  version: { type: string, required: true, pattern: '^\\d+\\.\\d+$' }
  workers: { type: integer, default: 2, min: 1, max: 8 }
  colour: { type: string, default: red, enum: [red, blue] }
  names: { type: list, default: [] }
  dry: { type: boolean, default: false }
vars: { release: a }
steps:
- exec: a
",
);

pub const ROWS: &[Row] = &[
    Row {
        what: "a required input",
        files: &[DECLARED],
        told: r#"error: the input `version` is required
 --> play.yml:3:3
  |
3 |   version: { type: string, required: true, pattern: '^\d+\.\d+$' }
  |   ^^^^^^^ give it with -e version=...
"#,
        ..ROW
    },
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
        told: r#"error: the input `workers` must be a whole number, found `many`
 --> <-e>:1:1
  |
1 | workers=many
  | ^^^^^^^^^^^^
 --> play.yml:4:3
  |
4 |   workers: { type: integer, default: 2, min: 1, max: 8 }
  |   ^^^^^^^ declared here
error: the input `names` must be a list; on the command line, as JSON
 --> <-e>:1:1
  |
1 | names=a,b
  | ^^^^^^^^^
 --> play.yml:6:3
  |
6 |   names: { type: list, default: [] }
  |   ^^^^^ declared here
error: the input `dry` must be `true` or `false`, found `perhaps`
 --> <-e>:1:1
  |
1 | dry=perhaps
  | ^^^^^^^^^^^
 --> play.yml:7:3
  |
7 |   dry: { type: boolean, default: false }
  |   ^^^ declared here
"#,
    },
    Row {
        what: "inputs that do not fit",
        files: &[DECLARED],
        args: &["apply", "play.yml", "-i", "hosts", "-e", "version=latest", "-e", "workers=9", "-e", "colour=green"],
        told: r#"error: the input `version` does not match the pattern `^\d+\.\d+$`: `latest`
 --> <-e>:1:1
  |
1 | version=latest
  | ^^^^^^^^^^^^^^
 --> play.yml:3:3
  |
3 |   version: { type: string, required: true, pattern: '^\d+\.\d+$' }
  |   ^^^^^^^ declared here
error: the input `workers` must be at most 8, found 9
 --> <-e>:1:1
  |
1 | workers=9
  | ^^^^^^^^^
 --> play.yml:4:3
  |
4 |   workers: { type: integer, default: 2, min: 1, max: 8 }
  |   ^^^^^^^ declared here
error: the input `colour` must be one of "red", "blue", found "green"
 --> <-e>:1:1
  |
1 | colour=green
  | ^^^^^^^^^^^^
 --> play.yml:5:3
  |
5 |   colour: { type: string, default: red, enum: [red, blue] }
  |   ^^^^^^ declared here
"#,
    },
    Row {
        what: "inputs of a file that do not fit",
        files: &[DECLARED, ("values.yml", "version: 1.0\nworkers: 0\ncolour: [red]\n")],
        args: &["apply", "play.yml", "-i", "hosts", "-e", "@values.yml"],
        told: r#"error: the input `version` must be a text, found a number
 --> values.yml:1:1
  |
1 | version: 1.0
  | ^^^^^^^
 --> play.yml:3:3
  |
3 |   version: { type: string, required: true, pattern: '^\d+\.\d+$' }
  |   ^^^^^^^ declared here
error: the input `workers` must be at least 1, found 0
 --> values.yml:2:1
  |
2 | workers: 0
  | ^^^^^^^
 --> play.yml:4:3
  |
4 |   workers: { type: integer, default: 2, min: 1, max: 8 }
  |   ^^^^^^^ declared here
error: the input `colour` must be a text, found a list
 --> values.yml:3:1
  |
3 | colour: [red]
  | ^^^^^^
 --> play.yml:5:3
  |
5 |   colour: { type: string, default: red, enum: [red, blue] }
  |   ^^^^^^ declared here
"#,
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
        told: r#"error: `-e wokers`: no input or variable has this name
 --> <-e>:1:1
  |
1 | wokers=3
  | ^^^^^^^^ did you mean `workers`?
error: `-e zzz`: no input or variable has this name
 --> <-e>:1:1
  |
1 | zzz=1
  | ^^^^^ declare it under `inputs:` or `vars:`
error: `-e relaese`: no input or variable has this name
 --> <-e>:1:1
  |
1 | relaese=b
  | ^^^^^^^^^ did you mean `release`?
"#,
    },
    Row {
        what: "arguments that are neither names nor files",
        files: &[DECLARED],
        args: &["apply", "play.yml", "-i", "hosts", "-e", "version", "-e", "@none.yml", "-e", "{a: ", "-e", "[1]"],
        told: r#"error: `-e version` is neither `name=value` nor `@file`
error: `none.yml` does not exist
error: `-e [1]` is neither `name=value` nor `@file`
error: bracket `{` is not closed
 --> <-e>:1:1
  |
1 | {a:
  | ^
"#,
    },
    Row {
        what: "defaults that do not fit",
        files: &[(
            "play.yml",
            "hosts: web\ninputs:\n  version: { type: string, default: latest, pattern: '^\\d+$' }\n  workers: { type: integer, default: 9, max: 8 }\n  colour: { type: string, default: green, enum: [red, blue] }\n  \
             at: { type: string, default: '{{ nowhere }}' }\nsteps:\n- exec: a\n",
        )],
        told: r#"error: the input `version` does not match the pattern `^\d+$`: `latest`
 --> play.yml:3:37
  |
3 |   version: { type: string, default: latest, pattern: '^\d+$' }
  |                                     ^^^^^^
 --> play.yml:3:3
  |
3 |   version: { type: string, default: latest, pattern: '^\d+$' }
  |   ^^^^^^^ declared here
error: the input `workers` must be at most 8, found 9
 --> play.yml:4:38
  |
4 |   workers: { type: integer, default: 9, max: 8 }
  |                                      ^
 --> play.yml:4:3
  |
4 |   workers: { type: integer, default: 9, max: 8 }
  |   ^^^^^^^ declared here
error: the input `colour` must be one of "red", "blue", found "green"
 --> play.yml:5:36
  |
5 |   colour: { type: string, default: green, enum: [red, blue] }
  |                                    ^^^^^
 --> play.yml:5:3
  |
5 |   colour: { type: string, default: green, enum: [red, blue] }
  |   ^^^^^^ declared here
error: the input `at` has no default: `nowhere` is undefined
 --> play.yml:6:36
  |
6 |   at: { type: string, default: '{{ nowhere }}' }
  |                                    ^^^^^^^
"#,
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
        told: r#"error: `m.yml` needs the input `version`
 --> play.yml:4:12
  |
4 | - include: m.yml
  |            ^^^^^ give it under `vars: { version: ... }`
 --> m.yml:2:3
  |
2 |   version: { type: string, required: true }
  |   ^^^^^^^ declared here
error: the input `workers` must be a whole number, found `"many"`
 --> play.yml:5:19
  |
5 |   vars: {workers: many, extra: 1}
  |                   ^^^^
 --> m.yml:3:3
  |
3 |   workers: { type: integer, default: 1 }
  |   ^^^^^^^ declared here
error: `m.yml` has no input `extra`
 --> play.yml:5:25
  |
5 |   vars: {workers: many, extra: 1}
  |                         ^^^^^
"#,
        ..ROW
    },
];
