//! `subscribe`: listens to Redis channels and patterns.
//!
//! In: what to listen to, how many messages, and steps: `ready` runs once the server has confirmed every subscription,
//! `each` for every message in order. Out: the messages (where there is no `each`) and how many they were.

mod parameters;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::body::{Kept, body, json_of};
use super::{
    Access, Context, Done, Failure, Field, Finding, Part, Results, Runs, Shape, Step, StepType, Subject, Verdict,
};
use crate::connection::redis::{Next, Received, Redis};
use crate::event::Class;
use crate::template::Sink;
use crate::text::{count, human_duration};
use parameters::Subscribe;

/// The type.
pub static TYPE: StepType = StepType {
    name: "subscribe",
    summary: "Listens to Redis channels, and runs steps once it is listening and for every message.",
    example: r#"- name: Ask, and wait for three answers
  subscribe:
    connection: cache
    channels: [answers]
    count: 3
    ready:
      - publish: { connection: cache, channel: questions, message: "who is there?" }
    each:
      - log: "{{ message.body }}"
  timeout: 30s
"#,
    runs: Runs::Service,
    shape: Shape::Record(parameters::FIELDS),
    results: &[
        Field::new("messages", Shape::List(&Shape::Any(Sink::Plain)), "The messages in order; not with `each`."),
        Field::new("count", Shape::Number, "How many messages came."),
        Field::new("timed_out", Shape::Boolean, "The step's `timeout` ended it."),
        Field::new("reconnects", Shape::Number, "How often the connection was lost and made again."),
    ],
    message: &[
        Field::new("body", Shape::Text(Sink::Plain), "Its text; bytes that are no UTF-8 as `{$base64: TEXT}`."),
        Field::new("json", Shape::Any(Sink::Plain), "What the text is as JSON, where it is JSON."),
        Field::new("channel", Shape::Text(Sink::Plain), "The channel it came on."),
        Field::new("pattern", Shape::Any(Sink::Plain), "The pattern it came through; null without one."),
    ],
    ends_with: &["count"],
    subject: Subject::Of(&["channels", "patterns"]),
    build: |args| Ok(Box::new(Subscribe::new(&args)?)),
    ..StepType::DEFAULT
};

#[async_trait]
impl Step for Subscribe {
    fn class(&self) -> Class {
        Class::Action
    }

    fn access(&self) -> Access {
        let names = self.wanted.channels.iter().chain(&self.wanted.patterns);
        Access { reads: names.map(|name| format!("{}:channel/{name}", self.connection)).collect(), writes: Vec::new() }
    }

    async fn check(&self, _cx: &Context) -> Result<Finding, Failure> {
        Ok(Finding::new(Verdict::Act, format!("listen to {}", self.words())))
    }

    async fn apply(&self, cx: &Context, _found: Option<Finding>) -> Result<Done, Failure> {
        let redis = cx.redis(&self.connection).await?;
        let mut heard = Heard::default();
        match self.listen(cx, &redis, &mut heard).await {
            Ok(()) => Ok(Done { changed: false, result: heard.results(self.has_each) }),
            Err(failure) => Err(failure.result(heard.results(self.has_each))),
        }
    }
}

/// What has come so far.
#[derive(Default)]
struct Heard {
    kept: Kept,
    count: u64,
    reconnects: u64,
    timed_out: bool,
}

impl Heard {
    fn results(self, has_each: bool) -> Results {
        let messages = (!has_each).then(|| ("messages".to_owned(), Value::Array(self.kept.messages)));
        let rest = [
            ("count", json!(self.count)),
            ("timed_out", json!(self.timed_out)),
            ("reconnects", json!(self.reconnects)),
        ];
        messages.into_iter().chain(rest.map(|(key, value)| (key.to_owned(), value))).collect()
    }
}

impl Subscribe {
    async fn listen(&self, cx: &Context, redis: &Redis, heard: &mut Heard) -> Result<(), Failure> {
        let opened = redis.subscribe(self.wanted.clone(), &cx.cancel).await;
        let mut subscription = opened.map_err(|error| cx.failure(error))?;
        cx.inside(Part::Ready, None, &cx.cancel).await?;
        while self.count.is_none_or(|count| heard.count < count) {
            match subscription.next(&cx.cancel).await {
                Ok(Next::Message(message)) => self.take(cx, message, heard).await?,
                Ok(Next::Again) => {
                    heard.reconnects += 1;
                    let text = "the connection to Redis was lost and made again: messages may have been missed";
                    cx.progress.say(format!("warning: {text}"));
                }
                Err(_) if cx.is_late() => return self.late(cx, heard),
                Err(error) => return Err(cx.failure(error)),
            }
        }
        Ok(())
    }

    /// Time is over: the end, or too early.
    fn late(&self, cx: &Context, heard: &mut Heard) -> Result<(), Failure> {
        heard.timed_out = true;
        let Some(wanted) = self.count else { return Ok(()) };
        let time = match cx.cancel.reason() {
            Some(crate::cancel::Reason::TimedOut(limit)) => human_duration(limit),
            _ => "its time".to_owned(),
        };
        let came = count(usize::try_from(wanted).unwrap_or(usize::MAX), "message");
        let text = format!("{} of {came} came on {} within {time}", heard.count, self.words());
        Err(Failure { is_late: true, ..Failure::failed(text) })
    }

    async fn take(&self, cx: &Context, received: Received, heard: &mut Heard) -> Result<(), Failure> {
        let message = message(&received);
        if self.has_each {
            let number = u32::try_from(heard.count).unwrap_or(u32::MAX);
            // Without `count` the timeout is the normal end: what is in hand is done first.
            let cancel = if self.count.is_some() { &cx.cancel } else { &cx.around };
            cx.inside(Part::Each(number), Some(message), cancel).await?;
        } else {
            heard.kept.push(message, received.body.len())?;
        }
        heard.count += 1;
        cx.progress.moved(heard.count, self.count);
        Ok(())
    }
}

fn message(received: &Received) -> Results {
    let mut message = Results::from_iter([("body".to_owned(), body(&received.body))]);
    message.extend(json_of(&received.body).map(|json| ("json".to_owned(), json)));
    message.insert("channel".to_owned(), received.channel.clone().into());
    message.insert("pattern".to_owned(), received.pattern.clone().into());
    message
}
