//! `publish`: messages to a Redis channel or a RabbitMQ exchange.
//!
//! In: where to, and one message, a list or a file of lines. Out: how many received or confirmed them. An action: what
//! is confirmed is a checkpoint, and a step that is taken up again goes on behind it.

mod bodies;
mod parameters;
mod to_amqp;
mod to_redis;

use async_trait::async_trait;
use serde_json::Value;

use super::{Access, Context, Done, Failure, Field, Finding, Results, Runs, Shape, Step, StepType, Subject, Verdict};
use crate::connection::Kind;
use crate::event::Class;
use crate::text::count;
use bodies::{Bodies, Source};
use parameters::{Destination, Publish};

/// The type.
pub static TYPE: StepType = StepType {
    name: "publish",
    summary: "Publishes messages to a Redis channel or a RabbitMQ exchange.",
    example: r#"- name: Tell the subscribers
  publish: { connection: cache, channel: deploys, message: "deployed", min_receivers: 1 }
- name: Place an order
  publish:
    connection: broker
    exchange: orders
    routing_key: order.created
    message: { id: 7 }
    headers: { source: runbook }
    properties: { message_id: order-7 }
"#,
    runs: Runs::Service,
    shape: Shape::Record(parameters::FIELDS),
    results: &[
        Field::new(
            "receivers",
            Shape::Number,
            "Redis: how many subscribers received it; of several messages, the least.",
        ),
        Field::new("published", Shape::Number, "How many messages were handed over."),
        Field::new("confirmed", Shape::Number, "RabbitMQ: how many of them the broker confirmed."),
    ],
    subject: Subject::Of(&["channel", "exchange", "routing_key"]),
    build: |args| Ok(Box::new(Publish::new(&args)?)),
    fits: parameters::fits,
    ..StepType::DEFAULT
};

#[async_trait]
impl Step for Publish {
    fn class(&self) -> Class {
        Class::Action
    }

    fn access(&self) -> Access {
        let object = match &self.to {
            Destination::Channel { name, .. } => format!("channel/{name}"),
            Destination::Exchange(route) if route.exchange.is_empty() => format!("queue/{}", route.routing_key),
            Destination::Exchange(route) => format!("exchange/{}", route.exchange),
        };
        Access { reads: Vec::new(), writes: vec![format!("{}:{object}", self.connection)] }
    }

    async fn check(&self, _cx: &Context) -> Result<Finding, Failure> {
        let what = match &self.bodies {
            Bodies::Lines(path) => format!("every line of {path}"),
            bodies => count(usize::try_from(bodies.total().unwrap_or(0)).unwrap_or(usize::MAX), "message"),
        };
        Ok(Finding::new(Verdict::Act, format!("publish {what} to {}", self.to.words())))
    }

    async fn apply(&self, cx: &Context, _found: Option<Finding>) -> Result<Done, Failure> {
        let kind = cx.service(&self.connection)?.kind;
        let done = done_before(cx);
        let mut source = self.bodies.open(&cx.folder, done).await.map_err(Failure::failed)?;
        match (&self.to, kind) {
            (Destination::Channel { name, min_receivers }, Kind::Redis) => {
                to_redis::publish(self, cx, (name, *min_receivers), &mut source).await
            }
            (Destination::Exchange(route), Kind::Amqp) => to_amqp::publish(self, cx, route, &mut source).await,
            _ => Err(Failure::failed(self.to.misfit(kind))),
        }
    }
}

/// How many messages were confirmed before the step was taken up again.
fn done_before(cx: &Context) -> u64 {
    let confirmed = cx.checkpoints.iter().filter_map(|data| data.get("confirmed").and_then(Value::as_u64));
    confirmed.max().unwrap_or(0)
}

fn results<const N: usize>(fields: [(&str, Value); N]) -> Results {
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
