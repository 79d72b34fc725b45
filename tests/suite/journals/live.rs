//! The report on a terminal.

use std::time::{Duration, Instant};

use indicatif::ProgressDrawTarget;

use super::screen::Screen;
use super::*;
use runbook::report::{Live, Look, Reporter};

fn live(screen: &Screen) -> Live {
    Live::new(Look::bare(), ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 10))
}

#[test]
fn running_steps_are_below_and_ended_ones_above() {
    let screen = Screen::new(60);
    let mut live = live(&screen);
    let mut show = |what: What| {
        std::thread::sleep(Duration::from_millis(220));
        live.event(&Event { at: START, what });
        screen.text()
    };
    show(run_started());
    show(play_started(&["web1"]));
    let text = show(started("0/0/0@web1"));
    assert!(text.contains("0 steps done, 1 running") && text.contains("\n  step 0  web1"), "{text}");
    let text = show(What::StepProgressed { key: key("0/0/0@web1"), done: 2_500_000, total: Some(10_000_000) });
    assert!(text.contains("step 0  web1  25% of 10 M"), "{text}");
    let text = show(finished("0/0/0@web1", Outcome::Changed));
    let (above, below) = text.split_once("1 step done, 0 running").expect(&text);
    assert!(above.contains("changed: step 0  [web1]\n") && !below.contains("step 0"), "{text}");
    live.finish();
    let text = screen.text();
    let expected = format!("Deploy the shop  (run {})\n\nplay: Web tier  (1 host)\nchanged: step 0  [web1]", run());
    assert_eq!(text, expected);
}

#[test]
fn nothing_is_drawn_while_a_person_is_asked() {
    let screen = Screen::new(60);
    let mut live = live(&screen);
    live.event(&events([run_started()])[0]);
    live.pause(true);
    let before = (screen.text(), screen.drawings());
    std::thread::sleep(Duration::from_millis(220));
    live.event(&Event { at: START, what: started("0/0/0@web1") });
    live.tick(START + 500);
    assert_eq!((screen.text(), screen.drawings()), before);
    assert!(!before.0.contains("running"), "{}", before.0);
    live.pause(false);
    live.tick(START + 1_000);
    assert!(screen.text().contains("1 running"), "{}", screen.text());
}

#[test]
fn a_thousand_hosts_take_few_lines_and_few_drawings() {
    let hosts: Vec<String> = (0..1_000).map(|n| format!("web{n:04}")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let screen = Screen::new(80);
    let mut live = live(&screen);
    let begun = Instant::now();
    live.event(&Event { at: START, what: run_started() });
    live.event(&Event { at: START, what: play_started(&names) });
    for step in 0..12 {
        for (n, host) in hosts.iter().enumerate() {
            // Hosts are at different steps at the same time.
            if n % 12 >= step {
                live.event(&Event { at: START, what: started(&format!("0/0/{step}@{host}")) });
            }
            if n % 12 > step {
                live.event(&Event { at: START, what: finished(&format!("0/0/{step}@{host}"), Outcome::Changed) });
            }
        }
    }
    let shows = |text: &str| text.contains("1000 running") && text.contains("and 6 more steps");
    for _ in 0..100 {
        if shows(&screen.text()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(110));
        live.tick(START);
    }
    let text = screen.text();
    assert!(shows(&text), "{text}");
    assert!(screen.highest() <= 10, "{} lines were redrawn", screen.highest());
    // Ten a second, and what is forced by lines above.
    let frames = usize::try_from(begun.elapsed().as_millis() / 100).unwrap() + 2;
    assert!(screen.drawings() <= frames * 12, "{} drawings in {frames} frames", screen.drawings());
}
