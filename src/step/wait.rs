//! `wait`: until a port is open or closed, or for a while.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::{Context, Done, Failure, FailureKind, Field, Finding, Results, Runs, Shape, Step, StepType, Verdict};
use crate::cancel::Reason;
use crate::event::Class;
use crate::template::Sink;
use crate::text::human_duration;

/// The row of `wait`.
pub static TYPE: StepType = StepType {
    name: "wait",
    summary: "Waits until a port is open or closed, or for a while.",
    example: r"- wait: { port: 8080 }
  timeout: 30s
- wait: { duration: 500ms }
",
    runs: Runs::PerHost,
    shape: Shape::Record(&[
        Field::new("port", Shape::Integer { min: 1, max: 65535 }, "A TCP port; either this or `duration`."),
        Field::new("host", Shape::Text(Sink::Name), "Where the port is; by default the play's host."),
        Field { default: Some("open"), ..Field::new("state", Shape::Choice(&["open", "closed"]), "What to wait for.") },
        Field::new("duration", Shape::Duration, "How long to wait."),
    ]),
    results: &[Field::new("elapsed", Shape::Number, "How long it took, in seconds.")],
    waits: true,
    build,
    ..StepType::DEFAULT
};

/// Looks follow each other after this time at first, ...
const SOON: Duration = Duration::from_millis(250);
/// ... and after this time in the end.
const LATER: Duration = Duration::from_secs(1);
/// An attempt to connect that takes longer has found nobody.
const ATTEMPT: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Port {
    #[default]
    Open,
    Closed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    port: Option<u16>,
    host: Option<String>,
    state: Option<Port>,
    duration: Option<f64>,
}

enum Wait {
    Port { port: u16, host: Option<String>, state: Port },
    Time(Duration),
}

fn build(value: Value) -> Result<Box<dyn Step>, String> {
    let params: Params = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let wait = match (params.port, params.duration) {
        (Some(port), None) => Wait::Port { port, host: params.host, state: params.state.unwrap_or_default() },
        (None, Some(seconds)) if params.host.is_none() && params.state.is_none() => {
            Wait::Time(Duration::try_from_secs_f64(seconds).map_err(|_| "`duration` is out of range".to_owned())?)
        }
        (None, Some(_)) => return Err("`host` and `state` go with `port`, not with `duration`".to_owned()),
        (Some(_), Some(_)) => return Err("`port` and `duration` exclude each other".to_owned()),
        (None, None) => return Err("either `port` or `duration` must be given".to_owned()),
    };
    Ok(Box::new(wait))
}

/// What a look at a port has shown.
enum Seen {
    Open,
    Closed(String),
    Nothing(String),
}

async fn look(host: &str, port: u16) -> Seen {
    let addresses: Vec<_> = match tokio::net::lookup_host((host, port)).await {
        Ok(addresses) => addresses.collect(),
        Err(error) => return Seen::Nothing(error.to_string()),
    };
    match tokio::time::timeout(ATTEMPT, TcpStream::connect(&*addresses)).await {
        Ok(Ok(_)) => Seen::Open,
        Ok(Err(error)) => Seen::Closed(error.to_string()),
        Err(_) => Seen::Closed("no answer".to_owned()),
    }
}

/// What is not as it should be.
fn amiss(seen: Seen, state: Port) -> Option<String> {
    match (seen, state) {
        (Seen::Open, Port::Open) | (Seen::Closed(_), Port::Closed) => None,
        (Seen::Open, Port::Closed) => Some("it is open".to_owned()),
        (Seen::Closed(why) | Seen::Nothing(why), _) => Some(why),
    }
}

/// Looks until the port is as it should be; `last` says what was seen instead.
async fn until(host: &str, port: u16, state: Port, last: &mut String) {
    let mut pause = SOON;
    loop {
        match amiss(look(host, port).await, state) {
            None => return,
            Some(why) => *last = why,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LATER);
    }
}

fn stopped(reason: Reason, what: &str) -> Failure {
    let message = match reason {
        Reason::TimedOut(limit) => format!("{what} after {}", human_duration(limit)),
        Reason::Interrupted(_) | Reason::Abandoned => format!("stopped: {what}"),
    };
    Failure::new(FailureKind::Stopped(reason), message)
}

impl Wait {
    fn host(&self, cx: &Context) -> String {
        let own = match self {
            Self::Port { host, .. } => host.clone(),
            Self::Time(_) => None,
        };
        let play = || cx.host.as_ref().map(|host| host.address.clone());
        own.or_else(play).unwrap_or_else(|| "localhost".to_owned())
    }

    fn line(&self, host: &str) -> String {
        match self {
            Self::Port { port, state: Port::Open, .. } => format!("wait until port {port} of {host} is open"),
            Self::Port { port, state: Port::Closed, .. } => format!("wait until port {port} of {host} is closed"),
            Self::Time(duration) => format!("wait for {}", human_duration(*duration)),
        }
    }
}

#[async_trait]
impl Step for Wait {
    fn class(&self) -> Class {
        Class::Read
    }

    async fn check(&self, cx: &Context) -> Result<Finding, Failure> {
        let host = self.host(cx);
        let elapsed = Results::from_iter([("elapsed".to_owned(), 0.0.into())]);
        let Self::Port { port, state, .. } = self else { return Ok(Finding::same(self.line(&host), elapsed)) };
        let seen = cx.cancel.bound(look(&host, *port)).await.map_err(|reason| stopped(reason, "nothing was seen"))?;
        Ok(match amiss(seen, *state) {
            None => Finding::same(self.line(&host), elapsed),
            Some(why) => Finding::new(Verdict::Unknown(why), self.line(&host)),
        })
    }

    async fn apply(&self, cx: &Context, _: Option<Finding>) -> Result<Done, Failure> {
        let begun = Instant::now();
        match self {
            Self::Time(duration) => {
                let slept = cx.cancel.bound(tokio::time::sleep(*duration)).await;
                slept.map_err(|reason| stopped(reason, "the wait was not over"))?;
            }
            Self::Port { port, state, .. } => {
                let host = self.host(cx);
                let mut last = "nothing was seen yet".to_owned();
                let seen = cx.cancel.bound(until(&host, *port, *state, &mut last)).await;
                let word = if *state == Port::Open { "open" } else { "closed" };
                seen.map_err(|reason| stopped(reason, &format!("port {port} of {host} is not {word} ({last})")))?;
            }
        }
        let elapsed = (begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        Ok(Done { changed: false, result: Results::from_iter([("elapsed".to_owned(), elapsed.into())]) })
    }
}
