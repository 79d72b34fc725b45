//! What is reported of scripted events, to the letter.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::*;
use runbook::diagnostic::{Place, Problem, Source};
use runbook::event::{HostCounts, RunState, RunSummary};
use runbook::report::{Console, Json, Junit, Look, Plain, Reporter, problem_json, runs_table, show_run};

use Outcome::{Changed, Failed, Ok as Same, Skipped, Unknown, Unreachable};

/// A writer whose text can be read afterwards.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn console(&self) -> Console {
        Console::to(Box::new(self.clone()))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn told(reporter: &mut dyn Reporter, events: &[Event]) {
    for event in events {
        reporter.event(event);
    }
    reporter.finish();
}

fn plain_with(look: Look, events: &[Event]) -> String {
    let sink = Sink::default();
    told(&mut Plain::new(look, sink.console()), events);
    sink.text()
}

fn plain(events: &[Event]) -> String {
    plain_with(Look::bare(), events)
}

fn tally(ok: u64, changed: u64, failed: u64) -> Tally {
    Tally { ok, changed, failed, ..Tally::default() }
}

/// A failure with an output.
fn failure(at: &str, lines: usize) -> What {
    let stderr = (1..=lines).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
    let mut end = end(
        at,
        Failed,
        json!({"changed": false, "failed": true, "skipped": false, "rc": 3, "stdout": "", "stderr": stderr}),
    );
    end.error = Some(StepError { hint: Some("look there".to_owned()), ..error("exit status 3") });
    What::StepFinished(Box::new(end))
}

fn story() -> Vec<Event> {
    events([
        run_started(),
        play_started(&["web1", "web2"]),
        batch_started(0, &["web1", "web2"]),
        started("0/0/0@web1"),
        started("0/0/0@web2"),
        finished("0/0/0@web2", Changed),
        finished("0/0/0@web1", Changed),
        started("0/0/1@web1"),
        started("0/0/1@web2"),
        What::StepSaid { key: key("0/0/1@web1"), text: "half way".to_owned() },
        failure("0/0/1@web2", 22),
        What::HostLeft { host: "web2".to_owned(), outcome: Failed, step: "step 1".to_owned() },
        finished("0/0/1@web1", Same),
        What::Warned { message: "the rollout stops".to_owned() },
        run_finished(RunOutcome::Failed, &[("web1", tally(1, 1, 0)), ("web2", tally(0, 1, 1))]),
    ])
}

#[test]
fn the_plain_report() {
    let lines = (3..=22).map(|n| format!("    line {n}\n")).collect::<Vec<_>>().concat();
    let expected = format!(
        "Deploy the shop  (run 20261123-164012-3f9a1c)

play: Web tier  (2 hosts)
changed: step 0  [web1 web2]
failed: step 1  [web2]
  error: exit status 3
  at: deploy.yml:14:7
  hint: look there
  rc: 3
  stderr:
    ... 2 more lines
{lines}log: half way  [web1]
warning: the rollout stops

host  ok  changed  skipped  failed  unreachable  unknown
web1   1        1        0       0            0        0
web2   0        1        0       1            0        0

changed: step 0  [web1 web2]

failed: step 1  [web2]  at deploy.yml:14:7
  exit status 3

failed: 2 hosts, 14.0 s, run 20261123-164012-3f9a1c
go on with: runbook resume 20261123-164012-3f9a1c
"
    );
    assert_eq!(plain(&story()), expected);
}

#[test]
fn a_run_of_services_that_goes_well() {
    let what = [
        run_started(),
        play_started(&[]),
        started("0/0/0"),
        finished("0/0/0", Changed),
        finished("0/0/1", Skipped),
        What::RunFinished {
            run: run(),
            outcome: RunOutcome::Ok,
            hosts: BTreeMap::new(),
            services: Tally { changed: 1, skipped: 1, ..Tally::default() },
        },
    ];
    let expected = "Deploy the shop  (run 20261123-164012-3f9a1c)

play: Web tier
changed: step 0
skipped: step 1

host        ok  changed  skipped  failed  unreachable  unknown
(services)   0        1        1       0            0        0

changed: step 0

ok: 5.0 s, run 20261123-164012-3f9a1c
";
    assert_eq!(plain(&events(what)), expected);
}

#[test]
fn verbose_shows_each_host_with_its_result() {
    let look = Look { verbose: true, diff: true, ..Look::bare() };
    let result = json!({"changed": true, "failed": false, "skipped": false, "rc": 0, "stdout": "a\nb\n", "stdout_lines": ["a", "b"]});
    let mut end = end("0/0/0@web1", Changed, result);
    end.diff = Some("-old\n+new".to_owned());
    let what = [
        run_started(),
        play_started(&["web1", "web2"]),
        started("0/0/0@web1"),
        finished("0/0/0#1@web1", Same),
        What::StepFinished(Box::new(end)),
        What::HandlerNotified { play: 0, batch: 0, handler: "restart".to_owned(), host: Some("web1".to_owned()) },
    ];
    let text = plain_with(look, &events(what));
    let expected = "play: Web tier  (2 hosts)
ok: step 0 (item 2)  [web1]
changed: step 0  [web1]
  rc: 0
  stdout:
    a
    b
  -old
  +new
notified: restart  [web1]
";
    assert_eq!(text.split_once("\n\n").unwrap().1, expected);
}

fn fleet(n: usize) -> Vec<String> {
    (1..=n).map(|n| format!("web{n}")).collect()
}

#[test]
fn fifty_hosts_fold_into_a_line() {
    let hosts = fleet(50);
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let mut what = vec![run_started(), play_started(&names)];
    for (n, host) in hosts.iter().enumerate() {
        // Seven of one kind fail, two of another.
        what.push(match n {
            10..17 => failure(&format!("0/0/0@{host}"), 1),
            20..22 => failure(&format!("0/0/0@{host}"), 0),
            _ => finished(&format!("0/0/0@{host}"), Same),
        });
    }
    let mut hosts: Vec<(&str, Tally)> = names.iter().map(|name| (*name, tally(1, 0, 0))).collect();
    for n in (10..17).chain(20..22) {
        hosts[n].1 = tally(0, 0, 1);
    }
    what.push(run_finished(RunOutcome::Failed, &hosts));
    // All at the same moment, so that nothing is shown for being old.
    let events: Vec<Event> = what.into_iter().map(|what| Event { at: START, what }).collect();
    let expected = "play: Web tier  (50 hosts)
failed: step 0  [web11]
  error: exit status 3
  at: deploy.yml:14:7
  hint: look there
  rc: 3
  stderr:
    line 1
failed: step 0  [web21]
  error: exit status 3
  at: deploy.yml:14:7
  hint: look there
  rc: 3
ok: step 0  [web1 web2 ... 41 hosts]
failed: step 0: exit status 3  [web12 web13 ... 7 hosts]

host                     ok  changed  skipped  failed  unreachable  unknown
web1 web2 ... 41 hosts    1        0        0       0            0        0
web11 web12 ... 9 hosts   0        0        0       1            0        0

failed: step 0  [web11 web12 ... 9 hosts]  at deploy.yml:14:7
  exit status 3

failed: 50 hosts, 0 ms, run 20261123-164012-3f9a1c
go on with: runbook resume 20261123-164012-3f9a1c
";
    assert_eq!(plain(&events).split_once("\n\n").unwrap().1, expected);
}

#[test]
fn a_host_that_hangs_holds_back_nothing_for_long() {
    let sink = Sink::default();
    let mut report = Plain::new(Look::bare(), sink.console());
    let mut tell = |what: What| report.event(&Event { at: START, what });
    tell(play_started(&["web1", "web2", "web3"]));
    tell(finished("0/0/0@web1", Same));
    tell(finished("0/0/0@web2", Same));
    let shown = |sink: &Sink| sink.text().contains("ok: step 0  [web1 web2]\n");
    report.tick(START + 500);
    assert!(!shown(&sink));
    report.tick(START + 2_500);
    assert!(shown(&sink), "{}", sink.text());
    // A host that leaves is not waited for.
    let mut tell = |what: What| report.event(&Event { at: START + 3_000, what });
    tell(finished("0/0/1@web1", Same));
    tell(finished("0/0/1@web2", Same));
    tell(What::HostLeft { host: "web3".to_owned(), outcome: Unreachable, step: String::new() });
    assert!(sink.text().ends_with("ok: step 1  [web1 web2]\n"), "{}", sink.text());
}

#[test]
fn nothing_from_outside_reaches_the_terminal_as_it_is() {
    const EVIL: &str = "a\u{1b}[2J\u{7}\u{202e}b\r\nc\u{9b}31m";
    let mut bad = end("0/0/0@web1", Failed, json!({"rc": 1, "stdout": EVIL, "stderr": EVIL, EVIL: EVIL}));
    bad.step = EVIL.to_owned();
    bad.host = Some(EVIL.to_owned());
    bad.diff = Some(EVIL.to_owned());
    let all = || EVIL.to_owned();
    bad.error =
        Some(StepError { message: all(), hint: Some(all()), stage: Some(all()), place: Some(all()), refused: false });
    let mut fine = bad.clone();
    (fine.key, fine.outcome, fine.error) = (key("0/0/1@web1"), Changed, None);
    let recipe = Recipe { playbook: all(), inventories: vec![all()], extra: vec![all()], ..Recipe::default() };
    let started = |key| What::StepStarted { key, name: all(), kind: all(), class: Class::Read };
    let story = events([
        What::RunStarted { run: run(), name: all(), recipe, check: false },
        What::PlayStarted { play: 0, name: all(), hosts: vec![all(), all()] },
        What::BatchStarted { play: 0, batch: 0, hosts: vec![all()] },
        started(key("0/0/0@web1")),
        What::StepSaid { key: key("0/0/0@web1"), text: all() },
        What::AttemptFailed { key: key("0/0/0!1@web1"), error: error(EVIL), left: 2 },
        What::StepFinished(Box::new(bad)),
        started(key("0/0/1@web1")),
        What::StepFinished(Box::new(fine)),
        What::HandlerNotified { play: 0, batch: 0, handler: all(), host: Some(all()) },
        What::HostLeft { host: all(), outcome: Failed, step: all() },
        What::Warned { message: all() },
        run_finished(RunOutcome::Failed, &[(EVIL, tally(1, 1, 1))]),
    ]);
    let summary = summary("x", RunState::Damaged(all()));
    let look = Look { verbose: true, diff: true, colour: false };
    let texts = [
        plain(&story),
        plain_with(look, &story),
        show_run(&summary, &story, look),
        runs_table(&[RunSummary { name: all(), ..summary.clone() }]),
        junit(&story),
    ];
    for text in texts {
        assert!(text.contains("\\u{1b}[2J"), "{text}");
        let unsafe_ones = text.chars().filter(|c| *c != '\n' && runbook::text::is_unsafe(*c)).count();
        assert_eq!(unsafe_ones, 0, "{text:?}");
    }
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    type Row<'a> = (bool, &'a [(&'a str, &'a str)], (bool, bool));
    let rows: [Row; 6] = [
        (true, &[("TERM", "xterm")], (true, true)),
        (true, &[("TERM", "xterm"), ("NO_COLOR", "1")], (false, true)),
        (true, &[("TERM", "xterm"), ("NO_COLOR", "")], (true, true)),
        (true, &[("TERM", "dumb")], (false, false)),
        (true, &[], (false, false)),
        (false, &[("TERM", "xterm")], (false, false)),
    ];
    for (terminal, vars, expected) in rows {
        let env = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let (look, live) = Look::detect(terminal, env);
        assert_eq!((look.colour, live), expected, "{terminal} {vars:?}");
        assert_eq!(plain_with(look, &story()).contains("\u{1b}[31mfailed\u{1b}[0m"), look.colour);
    }
}

/// A pipe whose reader has gone, and how often it was written to.
struct Closed(Arc<Mutex<usize>>);

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        *self.0.lock().unwrap() += 1;
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_output_stops_nothing() {
    let writes = Arc::new(Mutex::new(0));
    let console = || Console::to(Box::new(Closed(Arc::clone(&writes))));
    let reporters: [Box<dyn Reporter>; 3] = [
        Box::new(Plain::new(Look::bare(), console())),
        Box::new(Json::new(console())),
        Box::new(Junit::new(console())),
    ];
    for (at, mut reporter) in reporters.into_iter().enumerate() {
        told(&mut *reporter, &story());
        assert_eq!(*writes.lock().unwrap(), at + 1);
    }
}

#[test]
fn the_json_report() {
    let what = [
        run_started(),
        play_started(&["web1"]),
        started("0/0/0@web1"),
        What::StepProgressed { key: key("0/0/0@web1"), done: 1, total: None },
        finished("0/0/0#0@web1", Changed),
        finished("0/0/0@web1", Changed),
        finished("0/0/1", Failed),
        run_finished(RunOutcome::Failed, &[("web1", tally(3, 1, 0))]),
    ];
    let sink = Sink::default();
    told(&mut Json::new(sink.console()), &events(what));
    let text = sink.text();
    let lines: Vec<&str> = text.lines().collect();
    let expected = [
        r#"{"event":"run_started","run":"20261123-164012-3f9a1c","name":"Deploy the shop","check":false,"at":"2026-11-18T11:06:40.000Z"}"#,
        r#"{"event":"play_started","run":"20261123-164012-3f9a1c","play":"Web tier","hosts":["web1"],"at":"2026-11-18T11:06:41.000Z"}"#,
        r#"{"event":"step_started","run":"20261123-164012-3f9a1c","play":"Web tier","step":"step 0","host":"web1","key":"0/0/0@web1","kind":"exec","class":"action","at":"2026-11-18T11:06:42.000Z"}"#,
        r#"{"event":"part_finished","run":"20261123-164012-3f9a1c","play":"Web tier","step":"step 0","host":"web1","outcome":"changed","result":{"changed":true,"failed":false,"skipped":false},"error":null,"key":"0/0/0#0@web1","kind":"exec","duration_ms":40,"ignored":false,"at":"2026-11-18T11:06:44.000Z"}"#,
        r#"{"event":"step_finished","run":"20261123-164012-3f9a1c","play":"Web tier","step":"step 0","host":"web1","outcome":"changed","result":{"changed":true,"failed":false,"skipped":false},"error":null,"key":"0/0/0@web1","kind":"exec","duration_ms":40,"ignored":false,"at":"2026-11-18T11:06:45.000Z"}"#,
        r#"{"event":"step_finished","run":"20261123-164012-3f9a1c","play":"Web tier","step":"step 1","host":null,"outcome":"failed","result":{"changed":false,"failed":true,"skipped":false},"error":{"message":"exit status 1","place":"deploy.yml:14:7"},"key":"0/0/1","kind":"exec","duration_ms":40,"ignored":false,"at":"2026-11-18T11:06:46.000Z"}"#,
        r#"{"event":"run_finished","run":"20261123-164012-3f9a1c","outcome":"failed","hosts":{"web1":{"ok":3,"changed":1,"skipped":0,"failed":0,"unreachable":0,"unknown":0}},"services":{"ok":0,"changed":0,"skipped":0,"failed":0,"unreachable":0,"unknown":0},"at":"2026-11-18T11:06:47.000Z"}"#,
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_problem_as_json() {
    let source = Arc::new(Source::new("deploy.yml", "plays:\n  retires: 3\n"));
    let problem =
        Problem::error("unknown key `retires`").at(Place::new(&source, 9..16)).hint("did you mean `retries`?");
    let expected = r#"{"event":"problem","severity":"error","message":"unknown key `retires`","file":"deploy.yml","line":2,"column":3,"hint":"did you mean `retries`?"}"#;
    assert_eq!(problem_json(&problem).to_string(), expected);
    let expected =
        r#"{"event":"problem","severity":"warning","message":"m","file":null,"line":null,"column":null,"hint":null}"#;
    assert_eq!(problem_json(&Problem::warning("m")).to_string(), expected);
}

fn junit(events: &[Event]) -> String {
    let sink = Sink::default();
    told(&mut Junit::new(sink.console()), events);
    sink.text()
}

#[test]
fn the_junit_report() {
    let mut bad = end("0/0/1@web1", Failed, json!({"stdout": "<&>\u{1b}[31m\u{ffff}", "stderr": ""}));
    bad.error = Some(StepError { hint: Some("look there".to_owned()), ..error("exit status 1") });
    let passed_over = StepFinished { ignored: true, ..end("0/0/4@web1", Failed, Value::Null) };
    let what = [
        run_started(),
        play_started(&["web1"]),
        started("0/0/0@web1"),
        finished("0/0/0@web1", Changed),
        What::StepFinished(Box::new(bad)),
        finished("0/0/2@web1", Skipped),
        finished("0/0/3", Unknown),
        What::StepFinished(Box::new(passed_over)),
        run_finished(RunOutcome::Unknown, &[]),
    ];
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="Deploy the shop" tests="5" failures="1" errors="1">
    <testsuite name="Web tier" tests="5" disabled="1" errors="1" failures="1">
        <testcase name="step 0 [web1]" classname="Web tier" time="0.040">
        </testcase>
        <testcase name="step 1 [web1]" classname="Web tier" time="0.040">
            <failure message="exit status 1" type="failed">at: deploy.yml:14:7
hint: look there</failure>
            <system-out>&lt;&amp;&gt;\u{1b}[31m\u{ffff}</system-out>
        </testcase>
        <testcase name="step 2 [web1]" classname="Web tier" time="0.040">
            <skipped/>
        </testcase>
        <testcase name="step 3" classname="Web tier" time="0.040">
            <error message="exit status 1" type="unknown">at: deploy.yml:14:7</error>
        </testcase>
        <testcase name="step 4 [web1]" classname="Web tier" time="0.040">
        </testcase>
    </testsuite>
</testsuites>
"#;
    let found = junit(&events(what));
    assert_eq!(found, expected, "\n{found}");
}

fn summary(id: &str, state: RunState) -> RunSummary {
    RunSummary {
        id: RunId(id.to_owned()),
        name: "Deploy the shop".to_owned(),
        check: false,
        started: START,
        ended: Some(START + 65_000),
        state,
        hosts: HostCounts { ok: 10, changed: 2, bad: 0 },
        services: Tally::default(),
    }
}

#[test]
fn the_list_of_runs() {
    let running =
        RunSummary { ended: None, check: true, ..summary("20261118-000000-bbbbbb", RunState::Running { pid: 7 }) };
    let ended = summary("20261118-000000-aaaaaa", RunState::Ended(RunOutcome::Ok));
    let expected = "\
run                     name                     started (UTC)        took     outcome  hosts ok  changed  failed
20261118-000000-bbbbbb  Deploy the shop (check)  2026-11-18 11:06:40  -        running        10        2       0
20261118-000000-aaaaaa  Deploy the shop          2026-11-18 11:06:40  1 m 5 s  ok             10        2       0
";
    assert_eq!(runs_table(&[running, ended]), expected);
    assert_eq!(runs_table(&[]), "no runs yet\n");
}

#[test]
fn one_run_in_detail() {
    let mut story = story();
    story.truncate(9);
    let text = show_run(&summary(&run().0, RunState::Cut), &story, Look::bare());
    let expected = "\
run        20261123-164012-3f9a1c
name       Deploy the shop
started    2026-11-18 11:06:40 UTC
took       1 m 5 s
outcome    interrupted
playbook   /srv/shop/deploy.yml

Deploy the shop  (run 20261123-164012-3f9a1c)

play: Web tier  (2 hosts)
changed: step 0  [web1 web2]

host  ok  changed  skipped  failed  unreachable  unknown
web1   0        1        0       0            0        0
web2   0        1        0       0            0        0

no end seen: 0/0/1@web1
no end seen: 0/0/1@web2

go on with: runbook resume 20261123-164012-3f9a1c
";
    assert_eq!(text, expected, "\n{text}");
}
