//! `bind`: a RabbitMQ topology as declared, or gone.
//!
//! In: exchanges, queues and bindings. Out: what was made or deleted, and how full the queues are. Everything is compared
//! before anything is touched; bindings can be compared through the management API only, without it they are declared
//! again, which changes nothing at the broker where they are there.

mod absent;
mod declared;
mod present;
mod replace;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Access, Context, Done, Failure, Field, Finding, Results, Runs, Shape, Step, StepType};
use crate::connection::amqp::{Counts, Survey};
use crate::event::Class;
use declared::{Bind, State};

/// The type.
pub static TYPE: StepType = StepType {
    name: "bind",
    summary: "Makes, compares or deletes RabbitMQ exchanges, queues and bindings.",
    example: r#"- bind:
    connection: broker
    exchanges: [ { name: orders, type: topic } ]
    queues: [ { name: billing, arguments: { x-max-length: 10000 } } ]
    bindings: [ { exchange: orders, queue: billing, routing_keys: ["order.#"] } ]
  register: topology
"#,
    runs: Runs::Service,
    shape: Shape::Record(declared::FIELDS),
    results: &[Field::new(
        "queues",
        Shape::Map(&Shape::Record(COUNTS)),
        "How full each declared queue is, by its name.",
    )],
    build: |args| Ok(Box::new(Bind::new(&args)?)),
    looks_first: true,
    ..StepType::DEFAULT
};

const COUNTS: &[Field] = &[
    Field::new("messages", Shape::Number, "Messages ready for delivery."),
    Field::new("consumers", Shape::Number, "Consumers."),
];

/// Why bindings cannot be compared.
const UNSEEN: &str = "not comparable without `management`";

#[async_trait]
impl Step for Bind {
    fn class(&self) -> Class {
        Class::Converge
    }

    fn access(&self) -> Access {
        let name = |object: String| format!("{}:{object}", self.connection);
        let mut writes: Vec<_> = self.exchanges.iter().map(|x| name(format!("exchange/{}", x.name))).collect();
        writes.extend(self.queues.iter().map(|queue| name(format!("queue/{}", queue.name))));
        writes.extend(
            self.bindings
                .iter()
                .map(|one| name(format!("binding/{}/{}/{}", one.exchange, one.destination.name(), one.routing_key))),
        );
        Access { reads: Vec::new(), writes }
    }

    async fn check(&self, cx: &Context) -> Result<Finding, Failure> {
        let amqp = cx.amqp(&self.connection).await?;
        let survey = amqp.survey(&cx.cancel);
        match self.state {
            State::Present => present::check(self, survey, cx).await,
            State::Absent => absent::check(self, survey, cx).await,
        }
    }

    async fn apply(&self, cx: &Context, found: Option<Finding>) -> Result<Done, Failure> {
        let found = match found {
            Some(found) => found,
            None => self.check(cx).await?,
        };
        let amqp = cx.amqp(&self.connection).await?;
        let survey = amqp.survey(&cx.cancel);
        match self.state {
            State::Present => present::apply(self, survey, cx, found).await,
            State::Absent => absent::apply(self, survey, cx, found).await,
        }
    }
}

impl Bind {
    /// The result: how full the declared queues are.
    async fn results(&self, survey: &mut Survey<'_>, cx: &Context) -> Result<Results, Failure> {
        let mut queues = Map::new();
        for queue in &self.queues {
            let counts = survey.queue(&queue.name).await.map_err(|error| cx.failure(error))?;
            if let Some(Counts { messages, consumers }) = counts {
                queues.insert(queue.name.clone(), json!({ "messages": messages, "consumers": consumers }));
            }
        }
        Ok(Results::from_iter([("queues".to_owned(), Value::Object(queues))]))
    }
}

/// Findings that forbid to touch anything, as one failure.
fn refuse(wrong: &[String], hint: &str) -> Result<(), Failure> {
    match wrong {
        [] => Ok(()),
        wrong => Err(Failure::failed(format!("{}; nothing was touched", wrong.join("; "))).hint(hint)),
    }
}
