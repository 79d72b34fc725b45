//! Results that the journal holds only masked, when a run is taken up again.

use crate::harness::case::{Case, Ran};

const SECRET: &str = "cAnary-0f3b9a";

struct Row {
    name: &'static str,
    /// Steps; the last one needs the file `go`.
    steps: &'static str,
    /// The exit status of `resume`.
    status: i32,
    /// The steps that `resume` runs.
    again: &'static str,
    /// What it says.
    says: &'static str,
    /// The lines of `done` in the end.
    done: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        name: "an action whose result nobody reads is not repeated",
        steps: "- {name: one, exec: {shell: 'cat >> done', stdin: '{{ secrets.s }}\n'}}\n\
                - {name: two, exec: {shell: 'cat >> done', stdin: '{{ secrets.s }}\n'}, register: r, failed_when: r.rc != 0}\n\
                - {name: go, exec: test -e go}\n",
        status: 0,
        again: "go changed",
        says: "",
        done: "cAnary-0f3b9a\ncAnary-0f3b9a\n",
    },
    Row {
        name: "an action whose result is wanted stops the run",
        steps: "- {name: one, exec: {shell: 'cat >> done; cat done', stdin: '{{ secrets.s }}\n'}, register: r}\n\
                - {name: go, exec: test -e go}\n\
                - {name: use, put: {content: '{{ r.stdout }}', dest: '{{ here }}/out'}}\n",
        status: 4,
        again: "",
        says: "the result of `one` on localhost was kept out of the journal",
        done: "cAnary-0f3b9a\n",
    },
    Row {
        name: "a step that is wanted and safe to repeat is repeated",
        steps: "- {name: one, exec: {shell: 'cat', stdin: '{{ secrets.s }}'}, class: read, register: r}\n\
                - {name: go, exec: test -e go}\n\
                - {name: use, exec: {shell: 'cat >> done', stdin: '{{ r.stdout }}'}}\n",
        status: 0,
        again: "one changed, go changed, use changed",
        says: "",
        done: "cAnary-0f3b9a",
    },
    Row {
        name: "names that are set are worked out again",
        steps: "- {name: one, set: {x: '{{ secrets.s }}'}}\n- {name: go, exec: test -e go}\n\
                - {name: use, exec: {shell: 'cat >> done', stdin: '{{ x }}'}}\n",
        status: 0,
        again: "one ok, go changed, use changed",
        says: "",
        done: "cAnary-0f3b9a",
    },
    Row {
        name: "`no_log` is withheld as a secret is",
        steps: "- {name: one, exec: 'echo x >> done; echo y', no_log: true, register: r}\n\
                - {name: go, exec: test -e go}\n- {name: use, exec: {argv: [test, '{{ r.stdout }}', '=', y]}}\n",
        status: 4,
        again: "",
        says: "the result of `one` on localhost",
        done: "x\n",
    },
    Row {
        name: "what was masked because a host happens to know the secret is not taken for a value",
        steps: "- {name: one, exec: 'cat known', class: read, register: r}\n- {name: go, exec: test -e go}\n\
                - {name: use, exec: {shell: 'cat >> done', stdin: '{{ r.stdout }}'}}\n",
        status: 0,
        again: "one changed, go changed, use changed",
        says: "",
        done: "cAnary-0f3b9a",
    },
    Row {
        name: "items of a loop that are done are not repeated",
        steps: "- {name: one, exec: 'echo {{ item }} >> done; test {{ item }} != 3 || test -e go', loop: [1, 2, 3], no_log: true}\n",
        status: 0,
        again: "one changed",
        says: "",
        done: "1\n2\n3\n3\n",
    },
    Row {
        name: "nor those of a loop whose result is wanted",
        steps: "- {name: one, exec: 'echo {{ item }} >> done; test {{ item }} != 3 || test -e go', loop: [1, 2, 3], no_log: true, register: r}\n\
                - {name: use, exec: {argv: [test, '{{ r.results | length }}', '=', '3']}}\n",
        status: 4,
        again: "",
        says: "the result of `one` on localhost",
        done: "1\n2\n3\n",
    },
    Row {
        name: "a step that has used it already does not want it",
        steps: "- {name: one, exec: {shell: 'cat >> done; cat done', stdin: '{{ secrets.s }}\n'}, register: r}\n\
                - {name: use, exec: {argv: [test, '{{ r.rc }}', '=', '0']}, when: r.stdout != ''}\n\
                - {name: go, exec: test -e go}\n",
        status: 0,
        again: "go changed",
        says: "",
        done: "cAnary-0f3b9a\n",
    },
];

#[test]
fn a_withheld_result_is_had_again_only_where_that_is_safe() {
    for row in ROWS {
        let head = "hosts: localhost\nsecrets: {s: {env: S}}\nvars: {here: \"{{ env.HERE }}\"}\nsteps:\n";
        let case = Case::playbook(&format!("{head}{}", row.steps)).env("S", SECRET).file("known", SECRET);
        let here = case.path("").display().to_string();
        let case = case.env("HERE", &here);
        case.apply(&[]).exits(1);
        let case = case.file("go", "");
        let ran: Ran = case.run(&["resume", "--output", "json"]);
        let said = format!("{}: {}{}", row.name, ran.stdout, ran.stderr);
        assert_eq!(ran.status, row.status, "{said}");
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains(row.says), "{said}");
        if row.status == 0 {
            assert_eq!(ran.ends_of("localhost"), row.again, "{said}");
        }
        assert_eq!(case.read("done"), row.done, "{said}");
        // A second try meets the same answer, and does nothing either.
        if row.status != 0 {
            case.run(&["resume", "--output", "json"]).exits(row.status);
            assert_eq!(case.read("done"), row.done, "{said}");
        }
    }
}

/// Secrets that are words of the journal's own must not break it.
#[test]
fn a_secret_may_be_a_word_that_runbook_uses() {
    for word in ["changed", "failed", "skipped", "localhost", "step_finished", "outcome"] {
        let case = Case::playbook(
            "hosts: localhost\nsecrets: {s: {env: S}}\nsteps:\n\
             - {name: one, exec: {shell: cat >> done, stdin: '{{ secrets.s }}'}}\n- {name: two, exec: test -e go}\n",
        )
        .env("S", word);
        case.apply(&[]).exits(1);
        let case = case.file("go", "");
        let ran = case.run(&["resume", "--output", "json"]).exits(0);
        assert_eq!(ran.ends_of("localhost"), "two changed", "{word}");
        assert_eq!(case.read("done"), word);
    }
}
