//! `exec`.

use runbook::step::Verdict::{Act, Change, Same};

use super::world::{Row, play};

const NOTHING: Row = Row { before: "", step: "", verdict: Act, outcome: Ok(true), result: "{}", after: "" };
const GUARDED: Row = Row { verdict: Change, ..NOTHING };

#[tokio::test]
async fn commands() {
    play(&[
        Row {
            step: "exec: echo hi; echo there",
            result: r#"{"rc":0,"stdout":"hi\nthere","stderr":"","stdout_lines":["hi","there"]}"#,
            ..NOTHING
        },
        Row {
            step: r#"exec: { argv: [printf, "%s|", "$(id)", "a b", "-n", "it's", "x\ny", ""] }"#,
            result: r#"{"stdout":"$(id)|a b|-n|it's|x\ny||"}"#,
            ..NOTHING
        },
        Row { step: r#"exec: { shell: cat, stdin: "a\nb\n" }"#, result: r#"{"stdout":"a\nb"}"#, ..NOTHING },
        Row { step: "exec: { shell: pwd, chdir: @ }", result: r#"{"stdout":"@"}"#, ..NOTHING },
        Row { step: r"exec: 'printf ''\377\n'''", result: r#"{"stdout":"\ufffd","stdout_base64":"/wo="}"#, ..NOTHING },
        Row { step: "exec: { shell: touch made, chdir: @ }", after: "test -f made", ..NOTHING },
        Row { step: "exec: exit 3", outcome: Err("exit status 3 ()"), ..NOTHING },
        Row { step: "exec: no-such-command-here", outcome: Err("exit status 127 (command not found)"), ..NOTHING },
        Row { step: "exec: { argv: [no-such-command-here] }", outcome: Err("command not found"), ..NOTHING },
        Row { before: "touch dull", step: "exec: '@/dull'", outcome: Err("126 (not executable)"), ..NOTHING },
        Row { step: "exec: kill -9 $$", outcome: Err("killed by signal KILL"), ..NOTHING },
        Row {
            step: "exec: { shell: echo x >> made, chdir: @, creates: @/made }",
            after: "test \"$(cat made)\" = x",
            ..GUARDED
        },
        Row {
            step: "exec: { shell: echo x >> made, chdir: @, creates: made }",
            after: "test \"$(cat made)\" = x",
            ..GUARDED
        },
        Row {
            before: "touch old",
            step: "exec: { shell: rm old, chdir: @, removes: @/old }",
            after: "test ! -e old",
            ..GUARDED
        },
        Row {
            step: "exec: { shell: echo x >> made, chdir: @, unless: test -s made }",
            after: "test \"$(cat made)\" = x",
            ..GUARDED
        },
        Row { step: "exec: { shell: exit 1, creates: '~' }", verdict: Same, outcome: Ok(false), ..NOTHING },
        Row {
            before: "touch made",
            step: "exec: { shell: exit 1, creates: @/made }",
            verdict: Same,
            outcome: Ok(false),
            result: r#"{"rc":0,"stdout":"","stdout_lines":[]}"#,
            ..NOTHING
        },
    ])
    .await;
}
