//! What is known of the messages of a step that is taken up again, from its checkpoints: which are done, which are
//! acknowledged, and under which number each was begun.

use std::collections::HashMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::connection::amqp::Delivered;
use crate::step::{Context, Failure, Results};

/// A message that may come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) number: u32,
    /// It only waits for its acknowledgement.
    pub(super) done: bool,
}

/// The record of a step.
#[derive(Default)]
pub(super) struct Record {
    /// Nothing is written down: the step cannot go on, only begin again.
    pub(super) silent: bool,
    /// How many messages are done.
    pub(super) done: u64,
    /// How many there were at the start, of `all`.
    pub(super) total: Option<u64>,
    /// The messages that are done, for the result.
    pub(super) messages: Vec<Value>,
    /// How long the file was.
    pub(super) saved: Option<u64>,
    next: u32,
    /// Begun and not acknowledged, by what they look like.
    open: HashMap<String, Vec<Begun>>,
}

impl Record {
    /// What earlier processes of the run have written down.
    pub(super) fn of(cx: &Context, silent: bool) -> Self {
        let mut record = Self { silent, ..Self::default() };
        for data in cx.checkpoints.iter().filter(|_| !silent) {
            record.take(data);
        }
        record
    }

    fn take(&mut self, data: &Value) {
        if let Some(state) = data.get("state") {
            self.restore(state);
        }
        let number = |value: &Value| value.as_u64().and_then(|n| u32::try_from(n).ok());
        self.total = data["total"].as_u64().or(self.total);
        self.saved = data["saved"].as_u64().or(self.saved);
        let digest = |value: &Value| value["digest"].as_str().unwrap_or_default().to_owned();
        if let Some(n) = number(&data["began"]) {
            self.add(digest(data), Begun { number: n, done: false });
        }
        for done in data["done"].as_array().into_iter().flatten() {
            let Some(n) = number(&done["number"]) else { continue };
            self.forget(|begun| begun.number == n);
            self.add(digest(done), Begun { number: n, done: true });
            self.done += 1;
            self.messages.extend(done.get("message").cloned());
        }
        if let Some(last) = number(&data["acked"]) {
            self.forget(|begun| begun.done && begun.number <= last);
        }
    }

    fn add(&mut self, digest: String, begun: Begun) {
        self.next = self.next.max(begun.number.saturating_add(1));
        self.open.entry(digest).or_default().push(begun);
    }

    fn forget(&mut self, is: impl Fn(&Begun) -> bool) {
        self.open.values_mut().for_each(|all| all.retain(|begun| !is(begun)));
        self.open.retain(|_, all| !all.is_empty());
    }

    /// Whether messages that are done wait for their acknowledgement.
    pub(super) fn owes(&self) -> bool {
        self.open.values().flatten().any(|begun| begun.done)
    }

    /// What is known of a message that comes; it is known once.
    pub(super) fn recognise(&mut self, message: &Delivered, digest: &str) -> Option<Begun> {
        if !message.redelivered {
            return None;
        }
        let all = self.open.get_mut(digest)?;
        let begun = all.remove(0);
        if all.is_empty() {
            self.open.remove(digest);
        }
        Some(begun)
    }

    /// A number for a message that is new.
    pub(super) fn number(&mut self) -> u32 {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        number
    }

    /// The step has begun, and may be taken up again: all that is known is written down anew.
    pub(super) fn begin(&self, cx: &Context, saved: Option<u64>) {
        if self.silent {
            return;
        }
        let open = self.open.iter().flat_map(|(digest, all)| all.iter().map(move |begun| (digest, begun)));
        let open: Vec<Value> = open.map(|(digest, begun)| json!([digest, begun.number, begun.done])).collect();
        let messages = if cx.progress.hides() { &[] } else { self.messages.as_slice() };
        let state = json!({ "done": self.done, "next": self.next, "messages": messages, "open": open });
        cx.progress.checkpoint(json!({ "state": state, "total": self.total, "saved": saved }));
    }

    fn restore(&mut self, state: &Value) {
        let number = |value: &Value| value.as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
        self.open.clear();
        for begun in state["open"].as_array().into_iter().flatten() {
            let digest = begun[0].as_str().unwrap_or_default().to_owned();
            self.add(digest, Begun { number: number(&begun[1]), done: begun[2] == true });
        }
        self.done = state["done"].as_u64().unwrap_or_default();
        self.next = number(&state["next"]);
        self.messages = state["messages"].as_array().cloned().unwrap_or_default();
    }

    /// The steps of a message begin.
    pub(super) fn began(&self, cx: &Context, number: u32, digest: &str) {
        if !self.silent {
            cx.progress.checkpoint(json!({ "began": number, "digest": digest }));
        }
    }

    /// Messages are done: returns once that is on disk. `content` goes with them where the result needs it.
    pub(super) async fn finish(
        &mut self,
        cx: &Context,
        batch: &[(u32, String, Option<Results>)],
        saved: Option<u64>,
    ) -> Result<(), Failure> {
        self.done += batch.len() as u64;
        if self.silent {
            return Ok(());
        }
        let entry = |(number, digest, content): &(u32, String, Option<Results>)| match content {
            Some(content) if !cx.progress.hides() => json!({ "number": number, "digest": digest, "message": content }),
            _ => json!({ "number": number, "digest": digest }),
        };
        let done: Vec<Value> = batch.iter().map(entry).collect();
        cx.progress.keep(json!({ "done": done, "saved": saved })).await?;
        for (number, digest, _) in batch {
            self.add(digest.clone(), Begun { number: *number, done: true });
        }
        Ok(())
    }

    /// Messages up to this one are acknowledged.
    pub(super) fn acknowledged(&mut self, cx: &Context, last: u32) {
        if !self.silent {
            self.forget(|begun| begun.done && begun.number <= last);
            cx.progress.checkpoint(json!({ "acked": last }));
        }
    }
}

/// What a message looks like: it comes again with the same bytes and properties.
pub(super) fn digest(message: &Delivered) -> String {
    let about = format!("{:?}", (&message.exchange, &message.routing_key, &message.properties));
    let mut hash = Sha256::new();
    hash.update((about.len() as u64).to_le_bytes());
    hash.update(about.as_bytes());
    hash.update(&message.body);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
