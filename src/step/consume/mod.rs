//! `consume`: takes messages from a RabbitMQ queue, or from an exchange for as long as the step lasts.
//!
//! In: where from, how many, when they are acknowledged, and steps. Out: the messages, or a file of them, and how many
//! they were. A message is acknowledged once its steps have succeeded and that is on disk, or once it is itself; a step
//! that is taken up again goes on with the rest, and what comes again of what is done is only acknowledged.

mod intake;
mod parameters;
mod record;
mod saver;

use async_trait::async_trait;

use super::{Access, Context, Done, Failure, Field, Finding, Runs, Shape, Step, StepType, Subject, Verdict};
use crate::connection::amqp::Source;
use crate::event::Class;
use crate::template::Sink;
use crate::text::count;
use parameters::{Ack, Consume, Count};

/// The type.
pub static TYPE: StepType = StepType {
    name: "consume",
    summary: "Takes messages from a RabbitMQ queue or exchange, and acknowledges each once it is dealt with.",
    example: r#"- name: Work on three jobs
  consume:
    connection: broker
    queue: jobs
    count: 3
    each:
      - exec: { argv: [./work, "{{ message.body }}"] }
- name: Keep what could not be delivered
  consume: { connection: broker, queue: dead, count: all, save: dead.jsonl }
"#,
    runs: Runs::Service,
    shape: Shape::Record(parameters::FIELDS),
    results: &[
        Field::new(
            "messages",
            Shape::List(&Shape::Any(Sink::Plain)),
            "The messages in order; not with `each` or `save`.",
        ),
        Field::new("count", Shape::Number, "How many messages were taken."),
        Field::new("timed_out", Shape::Boolean, "The step's `timeout` ended it."),
        Field::new("reconnects", Shape::Number, "How often the connection was lost and made again."),
    ],
    message: &[
        Field::new("body", Shape::Text(Sink::Plain), "Its text; bytes that are no UTF-8 as `{$base64: TEXT}`."),
        Field::new("json", Shape::Any(Sink::Plain), "What the text is as JSON, where it is JSON."),
        Field::new("headers", Shape::Any(Sink::Plain), "Its headers."),
        Field::new("properties", Shape::Any(Sink::Plain), "Its properties, as `publish` takes them."),
        Field::new("persistent", Shape::Boolean, "Delivery mode 2."),
        Field::new("routing_key", Shape::Text(Sink::Plain), "With which routing key it was published."),
        Field::new("exchange", Shape::Text(Sink::Plain), "To which exchange."),
        Field::new("redelivered", Shape::Boolean, "It was delivered before and not acknowledged."),
    ],
    ends_with: &["count"],
    goes_on: true,
    subject: Subject::Of(&["queue", "exchange"]),
    build: |args| Ok(Box::new(Consume::new(&args)?)),
    ..StepType::DEFAULT
};

#[async_trait]
impl Step for Consume {
    fn class(&self) -> Class {
        if self.ack == Ack::Peek && !self.has_ready { Class::Read } else { Class::Action }
    }

    fn access(&self) -> Access {
        let object = match &self.source {
            Source::Queue(name) => format!("{}:queue/{name}", self.connection),
            Source::Exchange { name, .. } => format!("{}:exchange/{name}", self.connection),
        };
        let mut access = Access::default();
        let changes = self.ack != Ack::Peek && matches!(self.source, Source::Queue(_));
        if changes { &mut access.writes } else { &mut access.reads }.push(object);
        access
    }

    async fn check(&self, _cx: &Context) -> Result<Finding, Failure> {
        let what = match self.count {
            Count::These(n) => count(usize::try_from(n).unwrap_or(usize::MAX), "message"),
            Count::All => "all messages".to_owned(),
            Count::Open => "messages".to_owned(),
        };
        Ok(Finding::new(Verdict::Act, format!("consume {what} of {}", self.words())))
    }

    async fn apply(&self, cx: &Context, _found: Option<Finding>) -> Result<Done, Failure> {
        intake::run(self, cx).await
    }
}
