//! What is refused, and in which words.

use runbook::step::FailureKind;
use runbook::step::Verdict::Change;

use super::world::{Row, World, play, read};

const ROW: Row = Row { before: "", step: "", verdict: Change, outcome: Err(""), result: "{}", after: "" };

#[tokio::test]
async fn worlds_that_do_not_fit() {
    let row = |before, step, told| Row { before, step, outcome: Err(told), ..ROW };
    play(&[
        row(
            "",
            "put: { src: none, dest: @/d }",
            "none does not exist (`src` is relative to the playbook; looked at @/none)",
        ),
        row("mkfifo p", "put: { src: p, dest: @/d }", "p is neither a file nor a folder"),
        row("mkdir s; mkfifo s/p", "put: { src: s, dest: @/d }", "s/p is neither a file nor a folder"),
        row("mkdir s; ln -s /etc/passwd s/p", "put: { src: s, dest: @/d }", "s/p is a link that leads out of s"),
        row("mkdir s s/a; ln -s a s/p", "put: { src: s, dest: @/d }", "s/p is a link to something that is no file"),
        row("mkdir s; ln -s none s/p", "put: { src: s, dest: @/d }", "s/p does not exist"),
        row("mkdir d", "put: { content: x, dest: @/d }", "@/d is a directory (end `dest` with `/`"),
        row("mkfifo d", "put: { content: x, dest: @/d }", "@/d is a device, socket or pipe, not a file"),
        row("", "put: { content: x, dest: @/no/d }", "the directory @/no does not exist (make it first: `file:"),
        row("touch no", "put: { content: x, dest: @/no/d }", "@/no is a file, not a directory"),
        row("", "put: { content: x, dest: /proc/runbook-d }", "/proc/runbook-d"),
        row("mkdir s; touch d", "put: { src: s, dest: @/d }", "@/d is a file, not a directory"),
        row("mkdir s; touch s/a; mkdir -p d/a", "put: { src: s, dest: @/d }", "@/d/a is a directory"),
        Row {
            before: "echo old > d",
            step: "put: { content: x, dest: @/d, validate: 'grep -q new %s' }",
            outcome: Err("@/d"),
            after: "test $(cat d) = old; test $(ls | wc -l) = 1",
            ..ROW
        },
        row("", "put: { content: x, dest: @/d, owner: no-such-user }", ""),
        row("", "get: { src: @/none, dest: kept }", "@/none does not exist"),
        row("mkdir d", "get: { src: @/d, dest: kept }", "@/d is a directory"),
        row("ln -s b a; ln -s a b", "get: { src: @/a, dest: kept }", "leads through more than 8 links"),
        row("touch s kept", "get: { src: @/s, dest: kept/d }", "cannot make the folder @/kept"),
        row("", "file: { path: @/none, mode: '0600' }", "@/none does not exist (make it with `put`"),
        row("mkdir d", "file: { path: @/d, mode: '0600' }", "@/d is a directory, not a file (write `state: directory`"),
        row("touch f", "file: { path: @/f, state: directory }", "@/f is a file, not a directory"),
        row("touch f", "file: { path: @/f/d, state: directory }", "cannot make the directory @/f/d"),
        row("ln -s none l", "file: { path: @/l, state: directory }", "@/l is a link to none, which does not exist"),
        row("mkdir d", "file: { path: @/d, state: link, target: x }", "@/d is a directory, not a link"),
        row("touch f", "file: { path: @/f, state: link, target: x }", "@/f is a file, not a link"),
        row("touch f", "file: { path: @/f, owner: no-such-user }", "cannot set the attributes of @/f"),
        row("", "file: { path: @/no/l, state: link, target: x }", "cannot link @/no/l"),
        row("", "file: { path: /proc/runbook-d, state: directory }", "cannot make the directory /proc/runbook-d"),
    ])
    .await;
}

#[test]
fn parameters_that_do_not_fit() {
    let rows = [
        ("exec: { chdir: /tmp }", "either `shell` or `argv`"),
        ("exec: { shell: a, argv: [b] }", "exclude each other"),
        ("exec: { argv: [] }", "names no program"),
        ("exec: { argv: [''] }", "names no program"),
        ("exec: { shell: a, creates: ~bob/x }", "`creates`: only one's own `~/`"),
        ("put: { dest: /d }", "either `src` or `content`"),
        ("put: { src: a, content: b, dest: /d }", "exclude each other"),
        ("put: { content: b, dest: /d/ }", "names a directory"),
        ("put: { content: b, dest: /d, template: true }", "`template` goes with `src`"),
        ("put: { src: b, dest: /d, validate: nginx -t }", "must hold `%s`"),
        ("put: { src: b, dest: /d, owner: 'a:b' }", "no name of a user"),
        ("put: { src: b, dest: /d, owner: -R }", "no name of a user"),
        ("put: { src: b, dest: /d, mode: 0644 }", "write it quoted: \"0644\""),
        ("get: { src: /, dest: b }", "does not name a file"),
        ("get: { src: /a/.., dest: b }", "does not name a file"),
        ("file: { path: /a, state: link }", "needs `target`"),
        ("file: { path: /a, state: link, target: b, mode: '0644' }", "no `mode` of its own"),
        ("file: { path: /a, target: b }", "`target` goes with"),
        ("file: { path: /a, state: absent, owner: b }", "has no attributes"),
        ("file: { path: /, state: absent }", "the system stands on it"),
        ("file: { path: ///, state: absent }", "the system stands on it"),
        ("file: { path: /./, state: absent }", "the system stands on it"),
        ("file: { path: /etc/, state: absent }", "the system stands on it"),
        ("file: { path: //usr//bin, state: absent }", "the system stands on it"),
        ("file: { path: /var, state: absent }", "the system stands on it"),
        ("file: { path: /tmp/../etc, state: absent }", "takes no `..`"),
        ("file: { path: .., state: absent }", "takes no `..`"),
        ("file: { path: ., state: absent }", "the system stands on it"),
        ("file: { path: '~', state: absent }", "the system stands on it"),
        ("file: { path: '', state: absent }", "a path must not be empty"),
        ("file: { path: /a, state: gone }", "expected one of `directory`, `file`, `absent`, `link`, found `gone`"),
        ("wait: { host: a }", "either `port` or `duration`"),
        ("wait: { port: 1, duration: 1s }", "exclude each other"),
        ("wait: { duration: 1s, state: open }", "go with `port`"),
        ("wait: { port: 0 }", "from 1 to 65535, found 0"),
        ("wait: { duration: 5 }", "a duration needs a unit"),
        ("set: {}", "gives no name"),
        ("confirm: ''", "asks nothing"),
        ("assert: { message: x }", "`that` is missing"),
        ("assert: { that: '{{ a }}' }", "leave out the `{{ }}`"),
    ];
    for (step, told) in rows {
        let error = read(step).err().unwrap_or_else(|| panic!("{step} was taken"));
        assert!(error.contains(told), "{step}: {error}");
    }
}

#[tokio::test]
async fn what_is_not_there_yet_is_unknown_to_a_plan() {
    for step in ["get: { src: @/none, dest: kept }", "file: { path: @/none, mode: '0600' }"] {
        let world = World::new();
        let found = read(&world.fill(step)).unwrap().check(&world.cx).await.unwrap();
        assert!(matches!(found.verdict, runbook::step::Verdict::Unknown(_)), "{step}");
    }
}

#[tokio::test]
async fn failures_keep_the_result() {
    let world = World::new();
    let failure = world.play(&*read("exec: echo out; echo err >&2; exit 3").unwrap()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Failed);
    let result = serde_json::Value::Object(failure.result);
    assert_eq!(result["rc"], 3);
    assert_eq!((&result["stdout"], &result["stderr"]), (&"out".into(), &"err".into()));
}
