//! One event per line, for machines.

use chrono::DateTime;
use serde_json::{Value, json};

use super::names::Names;
use super::{Console, Reporter};
use crate::event::{Event, StepFinished, StepKey, What};
use crate::id::iso8601;

/// The JSON report. What the language promises stands first in each line; further keys follow.
pub struct Json {
    console: Console,
    names: Names,
    run: String,
}

impl Json {
    /// A JSON report on a console.
    pub fn new(console: Console) -> Self {
        Self { console, names: Names::default(), run: String::new() }
    }

    fn line(&self, what: &What) -> Option<Value> {
        let run = &self.run;
        Some(match what {
            What::RunStarted { name, check, .. } => {
                json!({"event": "run_started", "run": run, "name": name, "check": check})
            }
            What::RunResumed { .. } => json!({"event": "run_resumed", "run": run}),
            What::PlayStarted { name, hosts, .. } => {
                json!({"event": "play_started", "run": run, "play": name, "hosts": hosts})
            }
            What::BatchStarted { play, batch, hosts } => {
                json!({"event": "batch_started", "run": run, "play": self.names.play(*play), "batch": batch, "hosts": hosts})
            }
            What::StepStarted { key, name, kind, class } => {
                let mut line = self.step("step_started", key, name);
                line["kind"] = json!(kind);
                line["class"] = json!(class);
                line
            }
            What::StepSaid { key, text } => {
                let mut line = self.step("step_said", key, self.names.step(key));
                line["text"] = json!(text);
                line
            }
            What::AttemptFailed { key, error, left } => {
                let mut line = self.step("attempt_failed", key, self.names.step(key));
                line["error"] = json!(error);
                line["left"] = json!(left);
                line
            }
            What::StepFinished(end) => self.finished(end),
            What::HandlerNotified { play, handler, host, .. } => {
                let play = self.names.play(*play);
                json!({"event": "handler_notified", "run": run, "play": play, "handler": handler, "host": host})
            }
            What::HostLeft { host, outcome, step } => {
                json!({"event": "host_left", "run": run, "host": host, "outcome": outcome, "step": step})
            }
            What::RolloutHalted { play, step, hosts } => {
                let play = self.names.play(*play);
                json!({"event": "rollout_halted", "run": run, "play": play, "step": step, "hosts": hosts})
            }
            What::Warned { message } => json!({"event": "warned", "run": run, "message": message}),
            What::RunFinished { outcome, hosts, services, .. } => {
                json!({"event": "run_finished", "run": run, "outcome": outcome, "hosts": hosts, "services": services})
            }
            What::StepProgressed { .. } | What::StepCheckpointed { .. } => return None,
        })
    }

    fn step(&self, event: &str, key: &StepKey, name: &str) -> Value {
        let (play, host) = (self.names.play(key.play), key.target.host());
        json!({"event": event, "run": self.run, "play": play, "step": name, "host": host, "key": key})
    }

    /// A step with a loop finishes once; its items have an event of their own.
    fn finished(&self, end: &StepFinished) -> Value {
        let is_part = end.key.item.is_some() || end.key.attempt.is_some() || end.key.sub.is_some();
        let mut line = json!({
            "event": if is_part { "part_finished" } else { "step_finished" },
            "run": self.run, "play": end.play, "step": end.step, "host": end.host,
            "outcome": end.outcome, "result": end.result, "error": end.error,
            "key": end.key, "kind": end.kind, "duration_ms": end.duration, "ignored": end.ignored,
        });
        if let Some(diff) = &end.diff {
            line["diff"] = json!(diff);
        }
        line
    }
}

impl Reporter for Json {
    fn event(&mut self, event: &Event) {
        self.names.learn(&event.what);
        if let What::RunStarted { run, .. } | What::RunResumed { run } = &event.what {
            self.run.clone_from(&run.0);
        }
        if let Some(mut line) = self.line(&event.what) {
            line["at"] = DateTime::from_timestamp_millis(event.at).map(iso8601).into();
            self.console.write(&format!("{line}\n"));
        }
    }

    fn finish(&mut self) {}
}
