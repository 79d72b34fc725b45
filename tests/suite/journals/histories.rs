//! The fold: what follows from events, and which events cannot follow.

use super::*;
use runbook::event::{History, HostCounts, Past, RunState, RunSummary, RunVerdict, exit_code};

use Outcome::{Changed, Failed, Skipped, Unknown, Unreachable};

const STEP: &str = "0/0/1@web1";

fn resumed() -> What {
    What::RunResumed { run: run() }
}

fn withheld(at: &str) -> What {
    What::StepFinished(Box::new(StepFinished { withheld: true, ..end(at, Outcome::Ok, Value::Null) }))
}

fn ignored(at: &str) -> What {
    What::StepFinished(Box::new(StepFinished { ignored: true, ..end(at, Failed, Value::Null) }))
}

fn attempt(at: &str) -> What {
    What::AttemptFailed { key: key(at), error: error("no"), left: 1 }
}

fn checkpoint(at: &str) -> What {
    What::StepCheckpointed { key: key(at), data: json!(1) }
}

fn over() -> What {
    run_finished(RunOutcome::Failed, &[])
}

fn other_run() -> What {
    What::RunResumed { run: RunId("other".to_owned()) }
}

/// The tally of `web1` as `ok changed skipped failed unreachable unknown`, or the contradiction.
fn judge(what: Vec<What>) -> String {
    match History::of(&events(what)) {
        Ok(history) => {
            let tally = history.hosts.get("web1").copied().unwrap_or_default();
            let Tally { ok, changed, skipped, failed, unreachable, unknown } = tally;
            format!("{ok} {changed} {skipped} {failed} {unreachable} {unknown}")
        }
        Err(contradiction) => contradiction.to_string(),
    }
}

#[test]
fn the_fold_takes_what_can_happen_and_refuses_the_rest() {
    let refusal = |n: usize, what: &str| format!("record {n} of the journal contradicts those before it: {what}");
    let running = || refusal(2, &format!("step {STEP} was running already"));
    let idle = |n| refusal(n, &format!("step {STEP} was not running"));
    let done = |n| refusal(n, &format!("step {STEP} had ended already"));
    let begun = || vec![started(STEP)];
    let bad = |outcome| vec![started(STEP), finished(STEP, outcome), over(), resumed()];
    let rows: Vec<(Vec<What>, String)> = vec![
        (vec![], "0 0 0 0 0 0".into()),
        (vec![started(STEP), finished(STEP, Changed)], "0 1 0 0 0 0".into()),
        (vec![finished(STEP, Skipped)], "0 0 1 0 0 0".into()),
        (vec![finished(STEP, Unreachable)], "0 0 0 0 1 0".into()),
        // What changed something, or may have, had begun.
        (vec![finished(STEP, Changed)], idle(1)),
        (vec![finished(STEP, Unknown)], idle(1)),
        (vec![started(STEP), started(STEP)], running()),
        (vec![started(STEP), finished(STEP, Failed), started(STEP)], done(3)),
        (vec![started(STEP), finished(STEP, Failed), finished(STEP, Failed)], done(3)),
        (vec![checkpoint(STEP)], idle(1)),
        (
            vec![started(STEP), finished(STEP, Changed), checkpoint(STEP)],
            done(3).replace("had ended already", "was not running"),
        ),
        (vec![run_started()], refusal(1, "the run has started already")),
        (vec![over(), over()], refusal(2, "the run has ended already")),
        (vec![over(), started(STEP)], refusal(2, "the run has ended already")),
        (vec![over(), resumed(), over()], "0 0 0 0 0 0".into()),
        (vec![other_run()], refusal(1, "it belongs to run other")),
        // Attempts and loop items.
        (vec![started(STEP), attempt("0/0/1!1@web1"), finished(STEP, Changed)], "0 1 0 0 0 0".into()),
        (vec![started(STEP), finished(STEP, Changed), attempt("0/0/1!1@web1")], done(3)),
        (
            vec![started(STEP), started("0/0/1#0@web1"), finished("0/0/1#0@web1", Changed), finished(STEP, Changed)],
            "0 1 0 0 0 0".into(),
        ),
        (vec![started(STEP), finished(STEP, Changed), started("0/0/1#0@web1")], done(3)),
        // Taken up again.
        ([begun(), vec![resumed(), started(STEP), finished(STEP, Changed)]].concat(), "0 1 0 0 0 0".into()),
        ([begun(), vec![resumed(), finished(STEP, Unknown)]].concat(), "0 0 0 0 0 1".into()),
        ([begun(), vec![resumed(), checkpoint(STEP)]].concat(), idle(3)),
        ([bad(Failed), vec![started(STEP)]].concat(), "0 0 0 0 0 0".into()),
        ([bad(Failed), vec![started(STEP), finished(STEP, Changed)]].concat(), "0 1 0 0 0 0".into()),
        ([bad(Unreachable), vec![finished(STEP, Unreachable)]].concat(), "0 0 0 0 1 0".into()),
        ([bad(Unknown), vec![started(STEP), finished(STEP, Failed)]].concat(), "0 0 0 1 0 0".into()),
        (
            [bad(Failed), vec![started(STEP), started(STEP)]].concat(),
            refusal(6, &format!("step {STEP} was running already")),
        ),
        ([bad(Changed), vec![started(STEP)]].concat(), done(5)),
        (vec![started(STEP), withheld(STEP), resumed(), started(STEP), withheld(STEP)], "1 0 0 0 0 0".into()),
        (vec![started(STEP), ignored(STEP), resumed(), started(STEP)], done(4)),
    ];
    for (at, (what, expected)) in rows.into_iter().enumerate() {
        let all = std::iter::once(run_started()).chain(what).collect();
        assert_eq!(judge(all), expected, "row {at}");
    }
    assert_eq!(judge(vec![started(STEP)]), refusal(0, "the run has not started"));
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut history = History::of(&events([run_started(), started(STEP), finished(STEP, Changed)])).unwrap();
    let before = history.clone();
    assert!(history.apply(&Event { at: START + 9_000, what: started(STEP) }).is_err());
    assert_eq!(history, before);
}

#[test]
fn checkpoints_outlive_an_interruption() {
    let what = [run_started(), started(STEP), checkpoint(STEP), resumed(), started(STEP), checkpoint(STEP)];
    let history = History::of(&events(what)).unwrap();
    let expected = Past::Started { class: Class::Action, checkpoints: vec![json!(1), json!(1)] };
    assert_eq!(history.past(&key(STEP)), Some(&expected));
    assert_eq!(history.resumed, 1);
}

#[test]
fn the_summary_counts_each_host_once() {
    let what = [
        run_started(),
        started(STEP),
        finished(STEP, Changed),
        started("0/0/2@web1"),
        finished("0/0/2@web1", Failed),
        started("0/0/1@web2"),
        finished("0/0/1@web2", Changed),
        finished("0/0/1@web3", Skipped),
    ];
    let history = History::of(&events(what)).unwrap();
    let summary = RunSummary::of(run(), &history, None);
    assert_eq!(summary.hosts, HostCounts { ok: 1, changed: 1, bad: 1 });
    assert_eq!((summary.state, summary.ended), (RunState::Cut, None));
}

#[test]
fn the_exit_status_is_the_weightiest_of_all_ends() {
    type Row<'a> = (&'a [(Outcome, bool)], bool, Option<i32>, u8);
    let rows: [Row; 12] = [
        (&[], false, None, 0),
        (&[(Skipped, false), (Changed, false)], false, None, 0),
        (&[(Failed, false)], false, None, 1),
        (&[(Unreachable, false)], false, None, 3),
        (&[(Unreachable, false), (Failed, false)], false, None, 1),
        (&[(Unknown, false), (Failed, false), (Unreachable, false)], false, None, 5),
        (&[(Failed, true), (Unknown, false), (Failed, false)], false, None, 4),
        (&[(Unreachable, true)], false, None, 4),
        (&[(Failed, true), (Unknown, false)], true, Some(2), 130),
        (&[], true, Some(15), 143),
        (&[], true, Some(1), 143),
        (&[], true, None, 130),
    ];
    for (ends, interrupted, signal, expected) in rows {
        let mut verdict = RunVerdict::fold(ends.iter().copied());
        if interrupted {
            verdict.interrupt();
        }
        assert_eq!(exit_code(verdict.outcome(), signal), expected, "{ends:?} {signal:?}");
    }
}
