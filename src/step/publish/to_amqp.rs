//! `publish` on RabbitMQ.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::{Context, Done, Failure, Publish, Source, done_before, results};
use crate::connection::amqp::{Ended, Published, Route, Watch};
use crate::step::FailureKind;
use crate::text::count;

/// A checkpoint is told once so many more messages are confirmed.
const STRIDE: u64 = 1_000;

/// Publishes to an exchange, each message confirmed.
pub(super) async fn publish(
    step: &Publish,
    cx: &Context,
    route: &Route,
    source: &mut Source<'_>,
) -> Result<Done, Failure> {
    let amqp = cx.amqp(&step.connection).await?;
    let before = done_before(cx);
    let teller =
        Teller { cx, before, total: step.bodies.total(), confirmed: AtomicU64::new(0), told: AtomicU64::new(0) };
    let done = amqp.publish(route, source, &teller, &cx.cancel).await;
    teller.checkpoint();
    let result =
        results([("published", (before + done.published).into()), ("confirmed", (before + done.confirmed).into())]);
    match done.ended {
        Ended::Well => Ok(Done { changed: before + done.confirmed > 0, result }),
        _ => Err(failure(done, route, cx).result(result)),
    }
}

fn failure(done: Published, route: &Route, cx: &Context) -> Failure {
    let of = |n: u64| {
        let all = count(usize::try_from(done.published).unwrap_or(usize::MAX), "message");
        format!("{n} of {all} published to {}", route.words())
    };
    match done.ended {
        Ended::Unroutable => Failure::failed(format!("{} reached no queue and came back", of(done.returned)))
            .hint("bind a queue to it with a `bind` step, or say `mandatory: false`"),
        Ended::Refused => Failure::failed(format!("{} were refused by the broker", of(done.refused)))
            .hint("a queue that is full and rejects, or a broker in trouble: see its log"),
        Ended::Unread(text) => Failure::failed(text),
        Ended::Stopped(reason) => {
            Failure::new(FailureKind::Stopped(reason), format!("stopped: {} are confirmed", of(done.confirmed)))
        }
        Ended::Broken(error) => cx.failure(error),
        Ended::Well => Failure::failed(of(done.confirmed)),
    }
}

/// Tells progress, checkpoints, and that the broker blocks.
struct Teller<'a> {
    cx: &'a Context,
    before: u64,
    total: Option<u64>,
    confirmed: AtomicU64,
    told: AtomicU64,
}

impl Teller<'_> {
    fn checkpoint(&self) {
        let confirmed = self.confirmed.load(Ordering::Relaxed);
        if confirmed > self.told.swap(confirmed, Ordering::Relaxed) {
            self.cx.progress.checkpoint(json!({ "confirmed": self.before + confirmed }));
            self.cx.progress.moved(self.before + confirmed, self.total);
        }
    }
}

impl Watch for Teller<'_> {
    fn confirmed(&self, n: u64) {
        self.confirmed.store(n, Ordering::Relaxed);
        if n >= self.told.load(Ordering::Relaxed) + STRIDE {
            self.checkpoint();
        }
    }

    fn blocked(&self, reason: &str) {
        self.cx.progress.say(format!("the broker blocks publishers: {reason}"));
    }
}
