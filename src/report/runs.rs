//! The list of runs.

use std::time::Duration;

use chrono::DateTime;

use super::outside;
use super::table::Table;
use crate::event::RunSummary;
use crate::text::human_duration;

/// The runs as a table, in the order given.
pub fn runs_table(runs: &[RunSummary]) -> String {
    if runs.is_empty() {
        return "no runs yet\n".to_owned();
    }
    let heading = ["run", "name", "started (UTC)", "took", "outcome", "hosts ok", "changed", "failed"];
    let mut table = Table::new(&heading, 5);
    for run in runs {
        let hosts = [run.hosts.ok, run.hosts.changed, run.hosts.bad].map(|n| n.to_string());
        let check = if run.check { " (check)" } else { "" };
        let words = [
            outside::line(&run.id.0),
            format!("{}{check}", outside::line(&run.name)),
            moment(run.started),
            took(run),
            run.state.word().to_owned(),
        ];
        table.row(words.into_iter().chain(hosts).collect());
    }
    table.render()
}

/// A time as people read it, in UTC.
pub(super) fn moment(at: i64) -> String {
    let time = DateTime::from_timestamp_millis(at).filter(|_| at > 0);
    time.map_or_else(|| "-".to_owned(), |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// How long a run took.
pub(super) fn took(run: &RunSummary) -> String {
    let span = run.ended.and_then(|ended| u64::try_from(ended - run.started).ok());
    span.map_or_else(|| "-".to_owned(), |span| human_duration(Duration::from_millis(span)))
}

/// A run as one JSON object.
pub fn run_json(run: &RunSummary) -> serde_json::Value {
    serde_json::json!({
        "run": run.id.0,
        "name": run.name,
        "started": run.started,
        "ended": run.ended,
        "check": run.check,
        "state": run.state.word(),
        "hosts": { "ok": run.hosts.ok, "changed": run.hosts.changed, "failed": run.hosts.bad },
    })
}
