//! `publish` on Redis.

use bytes::Bytes;
use serde_json::json;

use super::{Context, Done, Failure, Publish, Results, Source, done_before, results};
use crate::connection::amqp::Messages;

/// At most so many messages, and about so many bytes, are on their way at once.
const PART: usize = 1_000;
const BYTES: usize = 8 << 20;

/// Publishes on a channel; fewer receivers of a message than the least asked for are a failure.
pub(super) async fn publish(
    step: &Publish,
    cx: &Context,
    (channel, least): (&str, u64),
    source: &mut Source<'_>,
) -> Result<Done, Failure> {
    let redis = cx.redis(&step.connection).await?;
    let mut tally = Tally { published: done_before(cx), receivers: None };
    loop {
        let part = match next_part(source).await {
            Ok(part) if part.is_empty() => break,
            Ok(part) => part,
            Err(text) => return Err(Failure::failed(text).result(tally.results())),
        };
        let answer = redis.publish(channel, &part, &cx.cancel).await;
        let counts = answer.map_err(|error| cx.failure(error).result(tally.results()))?;
        tally.published += part.len() as u64;
        let fewest = counts.iter().copied().min().unwrap_or(0);
        tally.receivers = Some(tally.receivers.map_or(fewest, |old| old.min(fewest)));
        cx.progress.checkpoint(json!({ "confirmed": tally.published }));
        cx.progress.moved(tally.published, step.bodies.total());
        if u64::try_from(fewest).unwrap_or(0) < least {
            let text = format!(
                "the message reached {} of channel `{channel}`, and `min_receivers` is {least}",
                crate::text::count(usize::try_from(fewest).unwrap_or(0), "subscriber"),
            );
            return Err(Failure::failed(text)
                .hint("is the subscriber running, and on this channel?")
                .result(tally.results()));
        }
    }
    Ok(Done { changed: tally.published > 0, result: tally.results() })
}

struct Tally {
    published: u64,
    receivers: Option<i64>,
}

impl Tally {
    fn results(&self) -> Results {
        results([("receivers", self.receivers.unwrap_or(0).into()), ("published", self.published.into())])
    }
}

async fn next_part(source: &mut Source<'_>) -> Result<Vec<Bytes>, String> {
    let (mut part, mut size) = (Vec::new(), 0);
    while part.len() < PART && size < BYTES {
        let Some(message) = source.next().await? else { break };
        size += message.body.len();
        part.push(message.body);
    }
    Ok(part)
}
