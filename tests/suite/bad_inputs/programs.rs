//! Programs that print an inventory: those that fail, hang, or print something else.

use std::os::unix::fs::PermissionsExt as _;

use super::{Probe, ROW, Row, case, run};

const PLAY: (&str, &str) = ("play.yml", "hosts: web\nsteps:\n- exec: a\n");

const ROWS: &[Row] = &[
    Row {
        what: "a program that fails",
        files: &[PLAY, ("hosts", "#!/bin/sh\necho no network >&2\nexit 3\n")],
        told: r#"error: the inventory plug-in `hosts` failed with exit status 3
  = it said: no network
"#,
        ..ROW
    },
    Row {
        what: "a program that prints rubbish",
        files: &[PLAY, ("hosts", "#!/bin/sh\necho hello\n")],
        told: r#"error: the inventory plug-in `hosts` printed no JSON: line 1, column 1
"#,
        ..ROW
    },
    Row {
        what: "a program that prints nothing",
        files: &[PLAY, ("hosts", "#!/bin/sh\n")],
        told: r#"error: the inventory plug-in `hosts` printed no JSON: line 1, column 0
"#,
        ..ROW
    },
    Row {
        what: "a program that prints a list",
        files: &[PLAY, ("hosts", "#!/bin/sh\necho '[1]'\n")],
        told: r#"error: the inventory plug-in `hosts` printed a list, not a mapping
"#,
        ..ROW
    },
    Row {
        what: "a program without an interpreter",
        files: &[PLAY, ("hosts", "#!/no/such/shell\n")],
        told: r#"error: the inventory plug-in `hosts` cannot be run: No such file or directory (os error 2)
"#,
        ..ROW
    },
    Row {
        what: "a program that is killed",
        files: &[PLAY, ("hosts", "#!/bin/sh\nkill -KILL $$\n")],
        told: r#"error: the inventory plug-in `hosts` was killed by signal 9
"#,
        ..ROW
    },
    Row {
        what: "a host name that would be an option",
        files: &[
            PLAY,
            ("hosts", "#!/bin/sh\necho '{\"web\": {\"hosts\": [\"-x\"]}, \"_meta\": {\"hostvars\": {}}}'\n"),
        ],
        told: r#"error: the host name `-x` begins with `-`, which programs take for an option
 --> hosts:1:1
"#,
        ..ROW
    },
    Row {
        what: "what a program prints is never a template",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- exec: a\n- exec: 'echo {{ owner }}'\n"),
            (
                "hosts",
                "#!/bin/sh\necho '{\"web\": {\"hosts\": [\"a\"]}, \"_meta\": {\"hostvars\": {\"a\": {\"owner\": \"{{ env.HOME }}\"}}}}'\n",
            ),
        ],
        told: r#"error: outside data may not stand in a shell command as it is
 --> play.yml:4:17
  |
4 | - exec: 'echo {{ owner }}'
  |                 ^^^^^^^ add `| quote` as the last filter, or use `argv`
"#,
        ..ROW
    },
];

#[test]
fn inventories_that_programs_should_print() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let probe = Probe::new();
        let case = case(row, &probe);
        std::fs::set_permissions(case.path("hosts"), std::fs::Permissions::from_mode(0o755)).expect("a mode");
        let ran = run(&case, &probe, row.args);
        let expected = format!("{}nothing was changed: no host, broker or database was contacted\n", row.told);
        if (ran.status, probe.is_untouched()) != (2, true) || ran.stderr != expected {
            wrong.push(format!("=== {} (exit {})\n{}--- expected\n{expected}", row.what, ran.status, ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
