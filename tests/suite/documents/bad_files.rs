//! Includes and vars files that cannot be used.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        what: "include that is missing",
        files: &[(
            "deploy.yml",
            "steps:
  - include: tasks/web.yml
",
        )],
        told: "error: `tasks/web.yml` does not exist
 --> deploy.yml:2:14
  |
2 |   - include: tasks/web.yml
  |              ^^^^^^^^^^^^^
",
    },
    Row {
        what: "include outside",
        files: &[(
            "deploy.yml",
            "steps:
  - include: ../web.yml
  - include: /etc/passwd
  - include: a/../../b.yml
",
        )],
        told: "error: `../web.yml` lies outside the project
 --> deploy.yml:2:14
  |
2 |   - include: ../web.yml
  |              ^^^^^^^^^^ name a file in the playbook's folder, relative to this one
error: `/etc/passwd` lies outside the project
 --> deploy.yml:3:14
  |
3 |   - include: /etc/passwd
  |              ^^^^^^^^^^^ name a file in the playbook's folder, relative to this one
error: `a/../../b.yml` lies outside the project
 --> deploy.yml:4:14
  |
4 |   - include: a/../../b.yml
  |              ^^^^^^^^^^^^^ name a file in the playbook's folder, relative to this one
",
    },
    Row {
        what: "include with a template",
        files: &[(
            "deploy.yml",
            "steps:
  - include: '{{ os }}.yml'
",
        )],
        told: "error: `include` cannot hold a template
 --> deploy.yml:2:14
  |
2 |   - include: '{{ os }}.yml'
  |              ^^^^^^^^^^^^^^ it is read before anything has a value
",
    },
    Row {
        what: "include in a circle",
        files: &[
            (
                "deploy.yml",
                "steps:
  - include: a/a.yml
",
            ),
            ("a/a.yml", "- include: b.yml\n"),
            (
                "a/b.yml",
                "steps:
  - include: ../deploy.yml
",
            ),
        ],
        told: "error: this include goes in a circle: deploy.yml -> a/a.yml -> a/b.yml -> deploy.yml
 --> a/b.yml:2:14
  |
2 |   - include: ../deploy.yml
  |              ^^^^^^^^^^^^^ take one of them out
",
    },
    Row {
        what: "include of itself",
        files: &[(
            "deploy.yml",
            "steps:
  - include: deploy.yml
",
        )],
        told: "error: this include goes in a circle: deploy.yml -> deploy.yml
 --> deploy.yml:2:14
  |
2 |   - include: deploy.yml
  |              ^^^^^^^^^^ take one of them out
",
    },
    Row {
        what: "include that is a folder",
        files: &[
            (
                "deploy.yml",
                "steps:
  - include: a
",
            ),
            ("a/x.yml", ""),
        ],
        told: "error: `a` is a directory, not a file
 --> deploy.yml:2:14
  |
2 |   - include: a
  |              ^ name a regular file
",
    },
    Row {
        what: "include that is empty",
        files: &[
            (
                "deploy.yml",
                "steps:
  - include: a.yml
",
            ),
            ("a.yml", ""),
        ],
        told: "error: `a.yml` is empty
 --> deploy.yml:2:14
  |
2 |   - include: a.yml
  |              ^^^^^ write steps into it
",
    },
    Row {
        what: "include with problems",
        files: &[
            (
                "deploy.yml",
                "steps:
  - include: a/a.yml
  - exec: a
    retires: 3
",
            ),
            (
                "a/a.yml",
                "- exec: b
  dealy: 3s
- include: c.yml
",
            ),
            ("a/c.yml", "step: []\n"),
        ],
        told: "error: unknown key `dealy` in step 1
 --> a/a.yml:2:3
  |
2 |   dealy: 3s
  |   ^^^^^ did you mean `delay`?
error: unknown key `step` in an included file
 --> a/c.yml:1:1
  |
1 | step: []
  | ^^^^ did you mean `steps`?
error: `c.yml` has no `steps`
 --> a/c.yml:1:1
  |
1 | step: []
  | ^^^^^^^^
 --> a/a.yml:3:12
  |
3 | - include: c.yml
  |            ^^^^^ included here
error: unknown key `retires` in step 2
 --> deploy.yml:4:5
  |
4 |     retires: 3
  |     ^^^^^^^ did you mean `retries`?
",
    },
    Row {
        what: "include whose inputs do not fit",
        files: &[
            (
                "deploy.yml",
                "steps:
  - include: a.yml
    vars: {prot: 80, name: {a: 1}}
",
            ),
            (
                "a.yml",
                "inputs:
  port: {type: integer, required: true}
  name: {}
steps:
  - exec: a
",
            ),
        ],
        told: "error: `a.yml` has no input `prot`
 --> deploy.yml:3:12
  |
3 |     vars: {prot: 80, name: {a: 1}}
  |            ^^^^ did you mean `port`?
error: `a.yml` needs the input `port`
 --> deploy.yml:2:14
  |
2 |   - include: a.yml
  |              ^^^^^ give it under `vars: { port: ... }`
 --> a.yml:2:3
  |
2 |   port: {type: integer, required: true}
  |   ^^^^ declared here
",
    },
    Row {
        what: "vars files",
        files: &[
            (
                "deploy.yml",
                "vars_files: [a.yml, b.yml, ../c.yml, d.yml]
steps:
  - exec: uptime
",
            ),
            ("a.yml", "- 1\n"),
            (
                "b.yml",
                "run: 1
x: [
",
            ),
        ],
        told: "error: `a.yml` must hold a mapping, found a list
 --> a.yml:1:1
  |
1 | - 1
  | ^^^
 --> deploy.yml:1:14
  |
1 | vars_files: [a.yml, b.yml, ../c.yml, d.yml]
  |              ^^^^^ named here
error: bracket `[` is not closed
 --> b.yml:2:4
  |
2 | x: [
  |    ^
error: `../c.yml` lies outside the project
 --> deploy.yml:1:28
  |
1 | vars_files: [a.yml, b.yml, ../c.yml, d.yml]
  |                            ^^^^^^^^ name a file in the playbook's folder, relative to this one
error: `d.yml` does not exist
 --> deploy.yml:1:38
  |
1 | vars_files: [a.yml, b.yml, ../c.yml, d.yml]
  |                                      ^^^^^
",
    },
];
