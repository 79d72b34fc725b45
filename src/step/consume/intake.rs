//! Taking messages: from the broker to their steps, the file or the result, and only then to their acknowledgement.

use std::time::Duration;

use serde_json::{Value, json};

use super::parameters::{Ack, Consume, Count};
use super::record::{Begun, Record, digest};
use super::saver::Saver;
use crate::cancel::{Cancel, Reason};
use crate::connection::amqp::{Consumption, Delivered, Source};
use crate::connection::{ConnectionError, Stage};
use crate::step::body::{Kept, body, json_of};
use crate::step::{Context, Done, Failure, Part, Results};
use crate::text::{count, human_duration};

/// So many messages are put on disk and acknowledged together, where they are there already.
const BATCH: usize = 100;

/// A queue that has given nothing for so long is asked whether it is empty; what must come again has come by then.
const IDLE: Duration = Duration::from_millis(250);
const RETURN: Duration = Duration::from_secs(2);

struct Intake<'a> {
    step: &'a Consume,
    cx: &'a Context,
    record: Record,
    kept: Kept,
    saver: Option<Saver>,
    wanted: Option<u64>,
    reconnects: u64,
    timed_out: bool,
}

/// A message with all that is known of it.
struct Taken {
    number: u32,
    digest: String,
    delivered: Delivered,
}

/// What waiting gave.
enum Came {
    Message(Box<Delivered>),
    /// Nothing for a while.
    Nothing,
    /// The step's time is over.
    Late,
}

/// Runs the step.
pub(super) async fn run(step: &Consume, cx: &Context) -> Result<Done, Failure> {
    // What is not in a queue of its own name, or is not acknowledged, cannot be gone on with.
    let silent = step.ack != Ack::Done || !matches!(step.source, Source::Queue(_));
    let record = Record::of(cx, silent);
    let mut kept = Kept::default();
    kept.messages.clone_from(&record.messages);
    let mut intake = Intake { step, cx, record, kept, saver: None, wanted: None, reconnects: 0, timed_out: false };
    let amqp = cx.amqp(&step.connection).await?;
    let opened = amqp.consume(&step.source, step.mode(), &cx.cancel).await;
    let mut consumption = opened.map_err(|error| cx.failure(error))?;
    let worked = intake.work(&mut consumption).await;
    // Given back in every case; a lost connection has given back already.
    let _ = consumption.close().await;
    let changed = step.ack != Ack::Peek && intake.record.done > 0;
    match worked {
        Ok(()) => Ok(Done { changed, result: intake.results() }),
        Err(failure) => Err(failure.result(intake.results())),
    }
}

impl Intake<'_> {
    fn results(self) -> Results {
        let keeps = !self.step.has_each && self.step.save.is_none();
        let messages = keeps.then(|| ("messages".to_owned(), Value::Array(self.kept.messages)));
        let rest = [
            ("count", json!(self.record.done)),
            ("timed_out", json!(self.timed_out)),
            ("reconnects", json!(self.reconnects)),
        ];
        messages.into_iter().chain(rest.map(|(key, value)| (key.to_owned(), value))).collect()
    }

    async fn work(&mut self, from: &mut Consumption<'_>) -> Result<(), Failure> {
        let cx = self.cx;
        self.wanted = match self.step.count {
            Count::These(n) => Some(n),
            Count::Open => None,
            Count::All if self.record.total.is_some() => self.record.total,
            Count::All => Some(from.held()),
        };
        self.record.total = self.wanted;
        if let Some(path) = &self.step.save {
            self.saver = Some(Saver::open(cx.folder.join(path), self.record.saved).await?);
        }
        self.record.begin(cx, self.saver.as_ref().map(|saver| saver.length));
        cx.inside(Part::Ready, None, &cx.cancel).await?;
        while self.left() > 0 {
            let limit = matches!(self.step.count, Count::All).then_some(IDLE);
            match self.next(from, limit).await? {
                Came::Message(message) => self.take(from, *message).await?,
                Came::Nothing if self.is_empty(from).await? => break,
                Came::Nothing => {}
                Came::Late => return self.late(),
            }
        }
        self.settle(from).await
    }

    async fn is_empty(&self, from: &Consumption<'_>) -> Result<bool, Failure> {
        match from.waiting(&self.cx.cancel).await {
            Ok(waiting) => Ok(waiting == 0),
            // The next wait tells what becomes of a lost connection.
            Err(error) if error.stage == Stage::Lost => Ok(false),
            Err(error) => Err(self.cx.failure(error)),
        }
    }

    fn left(&self) -> u64 {
        self.wanted.map_or(u64::MAX, |wanted| wanted.saturating_sub(self.record.done))
    }

    /// The next message, within a limit where there is one. A lost connection is made again, and told.
    async fn next(&mut self, from: &mut Consumption<'_>, limit: Option<Duration>) -> Result<Came, Failure> {
        let cx = self.cx;
        loop {
            let (cancel, _deadline) = cx.cancel.child_for(limit);
            match from.next(&cancel).await {
                Ok(message) => return Ok(Came::Message(message.into())),
                Err(_) if cx.is_late() => return Ok(Came::Late),
                Err(_) if cx.cancel.reason().is_none() && cancel.reason().is_some() => return Ok(Came::Nothing),
                Err(error) if error.stage == Stage::Lost => self.again(from, error).await?,
                Err(error) => return Err(cx.failure(error)),
            }
        }
    }

    async fn again(&mut self, from: &mut Consumption<'_>, lost: ConnectionError) -> Result<(), Failure> {
        let what = match (self.step.ack, &self.step.source) {
            (_, Source::Exchange { .. }) | (Ack::None, _) => "messages may have been missed",
            _ => "what was not acknowledged comes again",
        };
        self.cx.progress.say(format!("warning: {}: {what}", lost.message));
        self.reconnects += 1;
        if self.step.ack == Ack::Peek {
            // They have been given back, and would be seen twice.
            (self.kept, self.record.done) = (Kept::default(), 0);
        }
        from.again(&self.cx.cancel).await.map_err(|error| self.cx.failure(error))
    }

    /// Takes a message and those that are there behind it.
    async fn take(&mut self, from: &mut Consumption<'_>, first: Delivered) -> Result<(), Failure> {
        let Some(first) = self.known(from, first).await? else { return Ok(()) };
        if self.step.has_each {
            return self.each(from, first).await;
        }
        let (mut batch, mut again) = (vec![first], None);
        while batch.len() < BATCH && (batch.len() as u64) < self.left() && self.step.ack == Ack::Done {
            // Only what is here already.
            let ready = tokio::time::timeout(Duration::ZERO, from.next(&self.cx.cancel)).await;
            let Ok(Ok(message)) = ready else { break };
            let print = digest(&message);
            if let Some(begun) = self.record.recognise(&message, &print) {
                // It is done already; those before it are not yet, and one acknowledgement stands for all before.
                again = Some((message, begun.number));
                break;
            }
            batch.push(Taken { number: self.record.number(), digest: print, delivered: message });
        }
        self.keep(from, batch).await?;
        match again {
            Some((message, number)) => self.acknowledge(from, &message, number).await,
            None => Ok(()),
        }
    }

    /// A message that is new. What is done already is only acknowledged; what was begun goes on under its number.
    async fn known(&mut self, from: &Consumption<'_>, message: Delivered) -> Result<Option<Taken>, Failure> {
        let print = digest(&message);
        match self.record.recognise(&message, &print) {
            Some(Begun { number, done: true }) => {
                self.acknowledge(from, &message, number).await?;
                Ok(None)
            }
            Some(Begun { number, done: false }) => Ok(Some(Taken { number, digest: print, delivered: message })),
            None => Ok(Some(Taken { number: self.record.number(), digest: print, delivered: message })),
        }
    }

    async fn each(&mut self, from: &Consumption<'_>, taken: Taken) -> Result<(), Failure> {
        let cx = self.cx;
        let Taken { number, digest, delivered } = taken;
        self.record.began(cx, number, &digest);
        // Without `count` the timeout is the normal end: what is in hand is done first.
        let cancel: &Cancel = if self.wanted.is_some() { &cx.cancel } else { &cx.around };
        let content = message(&delivered);
        cx.inside(Part::Each(number), Some(content.clone()), cancel).await?;
        if let Some(saver) = &mut self.saver {
            saver.add(&[content]).await?;
        }
        let saved = self.saver.as_ref().map(|saver| saver.length);
        self.record.finish(cx, &[(number, digest, None)], saved).await?;
        cx.progress.moved(self.record.done, self.wanted);
        self.acknowledge(from, &delivered, number).await
    }

    /// Puts messages into the file or the result, on disk, and acknowledges them.
    async fn keep(&mut self, from: &Consumption<'_>, batch: Vec<Taken>) -> Result<(), Failure> {
        let contents: Vec<Results> = batch.iter().map(|taken| message(&taken.delivered)).collect();
        if let Some(saver) = &mut self.saver {
            saver.add(&contents).await?;
        } else {
            for (content, taken) in contents.iter().zip(&batch) {
                self.kept.push(content.clone(), taken.delivered.body.len())?;
            }
        }
        let in_result = self.saver.is_none();
        let entry =
            |(taken, content): (&Taken, Results)| (taken.number, taken.digest.clone(), in_result.then_some(content));
        let entries: Vec<_> = batch.iter().zip(contents).map(entry).collect();
        let saved = self.saver.as_ref().map(|saver| saver.length);
        self.record.finish(self.cx, &entries, saved).await?;
        self.cx.progress.moved(self.record.done, self.wanted);
        match batch.last() {
            Some(last) => self.acknowledge(from, &last.delivered, last.number).await,
            None => Ok(()),
        }
    }

    async fn acknowledge(&mut self, from: &Consumption<'_>, last: &Delivered, number: u32) -> Result<(), Failure> {
        if self.step.ack != Ack::Done {
            return Ok(());
        }
        match from.acknowledge(last).await {
            Ok(()) => self.record.acknowledged(self.cx, number),
            // It comes again, and is recognised.
            Err(error) if error.stage == Stage::Lost => {}
            Err(error) => return Err(self.cx.failure(error)),
        }
        Ok(())
    }

    /// What an earlier process has done and not acknowledged comes again first.
    async fn settle(&mut self, from: &mut Consumption<'_>) -> Result<(), Failure> {
        while self.record.owes() {
            let Came::Message(message) = self.next(from, Some(RETURN)).await? else { break };
            let print = digest(&message);
            match self.record.recognise(&message, &print) {
                Some(Begun { number, done: true }) => self.acknowledge(from, &message, number).await?,
                // Another one, which is given back.
                _ => break,
            }
        }
        Ok(())
    }

    /// Time is over: the end, or too early.
    fn late(&mut self) -> Result<(), Failure> {
        self.timed_out = true;
        let Some(wanted) = self.wanted else { return Ok(()) };
        let time = match self.cx.cancel.reason() {
            Some(Reason::TimedOut(limit)) => human_duration(limit),
            _ => "its time".to_owned(),
        };
        let came = count(usize::try_from(wanted).unwrap_or(usize::MAX), "message");
        let text = format!("{} of {came} came from {} within {time}", self.record.done, self.step.words());
        Err(Failure { is_late: true, ..Failure::failed(text) })
    }
}

fn message(delivered: &Delivered) -> Results {
    let mut message = Results::from_iter([("body".to_owned(), body(&delivered.body))]);
    message.extend(json_of(&delivered.body).map(|json| ("json".to_owned(), json)));
    let rest = [
        ("headers", Value::Object(delivered.properties.headers.clone())),
        ("properties", Value::Object(delivered.properties.to_map())),
        ("persistent", delivered.properties.persistent.into()),
        ("routing_key", delivered.routing_key.clone().into()),
        ("exchange", delivered.exchange.clone().into()),
        ("redelivered", delivered.redelivered.into()),
    ];
    message.extend(rest.map(|(key, value)| (key.to_owned(), value)));
    message
}
