//! Programs that print an inventory: those that fail, hang, or print something else.

use std::os::unix::fs::PermissionsExt as _;

use super::{Probe, ROW, Row, case, run};

const PLAY: (&str, &str) = ("play.yml", "hosts: web\nsteps:\n- exec: a\n");

const ROWS: &[Row] = &[
    Row {
        what: "a program that fails",
        files: &[PLAY, ("hosts", "#!/bin/sh\necho no network >&2\nexit 3\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "a program that prints rubbish",
        files: &[PLAY, ("hosts", "#!/bin/sh\necho hello\n")],
        told: "",
        ..ROW
    },
    Row { what: "a program that prints nothing", files: &[PLAY, ("hosts", "#!/bin/sh\n")], told: "", ..ROW },
    Row { what: "a program that prints a list", files: &[PLAY, ("hosts", "#!/bin/sh\necho '[1]'\n")], told: "", ..ROW },
    Row { what: "a program without an interpreter", files: &[PLAY, ("hosts", "#!/no/such/shell\n")], told: "", ..ROW },
    Row { what: "a program that is killed", files: &[PLAY, ("hosts", "#!/bin/sh\nkill -KILL $$\n")], told: "", ..ROW },
    Row {
        what: "a host name that would be an option",
        files: &[
            PLAY,
            ("hosts", "#!/bin/sh\necho '{\"web\": {\"hosts\": [\"-x\"]}, \"_meta\": {\"hostvars\": {}}}'\n"),
        ],
        told: "",
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
        told: "",
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
