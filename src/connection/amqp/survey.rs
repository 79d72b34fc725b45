//! Looking at what stands at a broker, and changing it: every request on a throwaway channel, because the broker closes
//! the channel on which it refuses something.

use std::future::Future;

use lapin::options::{
    ExchangeBindOptions, ExchangeDeclareOptions, ExchangeDeleteOptions, ExchangeUnbindOptions, QueueBindOptions,
    QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};

use super::difference::{self, Flags};
use super::error::{self, Refusal};
use super::table::{short, table};
use super::{ANSWER, Amqp, Binding, Counts, Destination, Difference, Exchange, Lease, Queue, Standing};
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, Stage};

/// No object has more flags than this that the broker compares.
const FLAGS: usize = 32;

/// A look at a broker.
pub struct Survey<'a> {
    amqp: &'a Amqp,
    cancel: &'a Cancel,
    lease: Option<Lease>,
}

impl<'a> Survey<'a> {
    pub(super) fn new(amqp: &'a Amqp, cancel: &'a Cancel) -> Self {
        Self { amqp, cancel, lease: None }
    }

    /// Whether there is an exchange of this name.
    pub async fn has_exchange(&mut self, name: &str) -> Result<bool, ConnectionError> {
        let name = short("the exchange's name", name).map_err(too_long)?;
        let options = ExchangeDeclareOptions { passive: true, ..Default::default() };
        let asked = self
            .ask(|channel| async move {
                channel.exchange_declare(name, ExchangeKind::Direct, options, FieldTable::default()).await
            })
            .await;
        Ok(found(asked)?.is_some())
    }

    /// How full a queue is; none where there is no such queue.
    pub async fn queue(&mut self, name: &str) -> Result<Option<Counts>, ConnectionError> {
        let name = short("the queue's name", name).map_err(too_long)?;
        let options = QueueDeclareOptions { passive: true, ..Default::default() };
        found(
            self.ask(|channel| async move { channel.queue_declare(name, options, FieldTable::default()).await }).await,
        )
        .map(|queue| queue.map(|queue| counts(&queue)))
    }

    /// Compares an exchange with what is there.
    pub async fn compare_exchange(&mut self, declared: &Exchange) -> Result<Standing, ConnectionError> {
        if let Some(management) = &self.amqp.management {
            let there = management.exchange(self.amqp.vhost(), &declared.name, self.cancel).await?;
            return Ok(there.map_or(Standing::Missing, |there| {
                standing(difference::between(&difference::of_exchange(declared), &there))
            }));
        }
        if !self.has_exchange(&declared.name).await? {
            return Ok(Standing::Missing);
        }
        let (mut trial, mut differences) = (declared.clone(), Vec::new());
        while let Err(refusal) = self.try_exchange(&trial).await? {
            if !adopt(declared, &mut trial, &refusal, &mut differences) {
                return if differences.is_empty() {
                    Err(error::answered(406, &refusal))
                } else {
                    Ok(standing(differences))
                };
            }
        }
        Ok(standing(differences))
    }

    /// Compares a queue with what is there.
    pub async fn compare_queue(&mut self, declared: &Queue) -> Result<Standing, ConnectionError> {
        if self.queue(&declared.name).await?.is_none() {
            return Ok(Standing::Missing);
        }
        if let Some(management) = &self.amqp.management {
            let there = management.queue(self.amqp.vhost(), &declared.name, self.cancel).await?;
            return Ok(there.map_or(Standing::Missing, |there| {
                standing(difference::between(&difference::of_queue(declared), &there))
            }));
        }
        let (mut trial, mut differences) = (declared.clone(), Vec::new());
        while let Err(refusal) = self.try_queue(&trial).await? {
            let Some(refusal) = refusal else {
                differences.push(exclusive(declared));
                break;
            };
            if !adopt(declared, &mut trial, &refusal, &mut differences) {
                return if differences.is_empty() {
                    Err(error::answered(406, &refusal))
                } else {
                    Ok(standing(differences))
                };
            }
        }
        Ok(standing(differences))
    }

    /// The bindings that come from an exchange; none where they cannot be listed.
    pub async fn bindings(&self, exchange: &str) -> Result<Option<Vec<Binding>>, ConnectionError> {
        match &self.amqp.management {
            Some(management) => management.bindings_from(self.amqp.vhost(), exchange, self.cancel).await.map(Some),
            None => Ok(None),
        }
    }

    /// The bindings that lead from or into an object; none where they cannot be listed.
    pub async fn bindings_of(&self, object: &Destination) -> Result<Option<Vec<Binding>>, ConnectionError> {
        match &self.amqp.management {
            Some(management) => management.bindings_of(self.amqp.vhost(), object, self.cancel).await.map(Some),
            None => Ok(None),
        }
    }

    /// Makes an exchange.
    pub async fn declare_exchange(&mut self, exchange: &Exchange) -> Result<(), ConnectionError> {
        acted(self.declare_exchange_raw(exchange).await)
    }

    /// Makes a queue; on this connection, if it is exclusive.
    pub async fn declare_queue(&mut self, queue: &Queue) -> Result<Counts, ConnectionError> {
        acted(self.declare_queue_raw(queue).await)
    }

    /// Deletes an exchange; where `unused`, only one without bindings.
    pub async fn delete_exchange(&mut self, name: &str, unused: bool) -> Result<(), ConnectionError> {
        let name = short("the exchange's name", name).map_err(too_long)?;
        let options = ExchangeDeleteOptions { if_unused: unused, ..Default::default() };
        acted(self.ask(|channel| async move { channel.exchange_delete(name, options).await }).await)
    }

    /// Deletes a queue; where `guarded`, only one without messages and consumers. Answers how many messages it held.
    pub async fn delete_queue(&mut self, name: &str, guarded: bool) -> Result<u64, ConnectionError> {
        let name = short("the queue's name", name).map_err(too_long)?;
        let options = QueueDeleteOptions { if_unused: guarded, if_empty: guarded, ..Default::default() };
        acted(self.ask(|channel| async move { channel.queue_delete(name, options).await }).await).map(u64::from)
    }

    /// Binds; a binding that is there already stays as it is.
    pub async fn bind(&mut self, binding: &Binding) -> Result<(), ConnectionError> {
        let (from, to, key, arguments) = ends(binding).map_err(too_long)?;
        acted(match binding.destination {
            Destination::Queue(_) => {
                let options = QueueBindOptions::default();
                self.ask(|channel| async move { channel.queue_bind(to, from, key, options, arguments).await }).await
            }
            Destination::Exchange(_) => {
                let options = ExchangeBindOptions::default();
                self.ask(|channel| async move { channel.exchange_bind(to, from, key, options, arguments).await }).await
            }
        })
    }

    /// Takes a binding away; one that is not there is no error.
    pub async fn unbind(&mut self, binding: &Binding) -> Result<(), ConnectionError> {
        let (from, to, key, arguments) = ends(binding).map_err(too_long)?;
        acted(match binding.destination {
            Destination::Queue(_) => {
                self.ask(|channel| async move { channel.queue_unbind(to, from, key, arguments).await }).await
            }
            Destination::Exchange(_) => {
                let options = ExchangeUnbindOptions::default();
                self.ask(|channel| async move { channel.exchange_unbind(to, from, key, options, arguments).await })
                    .await
            }
        })
    }

    /// Declares an exchange that is there; the inner error is the broker's sentence about a flag.
    async fn try_exchange(&mut self, exchange: &Exchange) -> Result<Result<(), String>, ConnectionError> {
        match self.declare_exchange_raw(exchange).await {
            Ok(()) => Ok(Ok(())),
            Err(Refusal::Answered(406, text)) => Ok(Err(text)),
            Err(refusal) => Err(refusal.into_connection_error()),
        }
    }

    /// Declares a queue that is there; the inner error is the broker's sentence about a flag, or none where it is the
    /// exclusive flag (405).
    async fn try_queue(&mut self, queue: &Queue) -> Result<Result<(), Option<String>>, ConnectionError> {
        match self.declare_queue_raw(queue).await {
            Ok(_) => Ok(Ok(())),
            Err(Refusal::Answered(406, text)) => Ok(Err(Some(text))),
            Err(Refusal::Answered(405, _)) => Ok(Err(None)),
            Err(refusal) => Err(refusal.into_connection_error()),
        }
    }

    async fn declare_exchange_raw(&mut self, exchange: &Exchange) -> Result<(), Refusal> {
        let name = short("the exchange's name", &exchange.name).map_err(too_long_refusal)?;
        let arguments = table(&exchange.arguments).map_err(too_long_refusal)?;
        short("the exchange's type", &exchange.kind).map_err(too_long_refusal)?;
        let kind = ExchangeKind::Custom(exchange.kind.clone());
        let options = ExchangeDeclareOptions {
            durable: exchange.durable,
            auto_delete: exchange.auto_delete,
            internal: exchange.internal,
            ..Default::default()
        };
        self.ask(|channel| async move { channel.exchange_declare(name, kind, options, arguments).await }).await
    }

    async fn declare_queue_raw(&mut self, queue: &Queue) -> Result<Counts, Refusal> {
        let name = short("the queue's name", &queue.name).map_err(too_long_refusal)?;
        let arguments = table(&queue.arguments).map_err(too_long_refusal)?;
        let options = QueueDeclareOptions {
            durable: queue.durable,
            exclusive: queue.exclusive,
            auto_delete: queue.auto_delete,
            ..Default::default()
        };
        let asked = self.ask(|channel| async move { channel.queue_declare(name, options, arguments).await }).await;
        asked.map(|queue| counts(&queue))
    }

    /// Sends one request; a refusal uses the channel up.
    async fn ask<T, F>(&mut self, request: impl FnOnce(Channel) -> F) -> Result<T, Refusal>
    where
        F: Future<Output = lapin::Result<T>>,
    {
        let channel = match self.lease.take() {
            Some(lease) if lease.channel.status().connected() => self.lease.insert(lease).channel.clone(),
            _ => {
                let lease = self.amqp.lease(self.cancel).await.map_err(Refusal::Broken)?;
                self.lease.insert(lease).channel.clone()
            }
        };
        let asking = tokio::time::timeout(ANSWER, request(channel));
        let refusal = match self.cancel.bound(asking).await {
            Ok(Ok(Ok(answer))) => return Ok(answer),
            Ok(Ok(Err(error))) => error::of_request(self.amqp, &error),
            Ok(Err(_)) => Refusal::Broken(error::silent(self.amqp)),
            Err(reason) => Refusal::Broken(error::interrupted(self.amqp.address(), reason)),
        };
        self.lease = None;
        Err(refusal)
    }
}

type Ends = (ShortString, ShortString, ShortString, FieldTable);

fn ends(binding: &Binding) -> Result<Ends, String> {
    Ok((
        short("the exchange's name", &binding.exchange)?,
        short("the name a binding leads to", binding.destination.name())?,
        short("the routing key", &binding.routing_key)?,
        table(&binding.arguments)?,
    ))
}

/// Takes over what the broker found instead of what was declared, so that the next try tells the next difference.
fn adopt<T: Flags>(declared: &T, trial: &mut T, refusal: &str, differences: &mut Vec<Difference>) -> bool {
    let Some((flag, found)) = difference::parse(refusal) else { return false };
    if differences.len() >= FLAGS || differences.iter().any(|known| known.flag == flag) {
        return false;
    }
    let goes_on = trial.adopt(&flag, found.as_ref());
    differences.push(Difference { declared: declared.flag(&flag), flag, found });
    goes_on
}

fn exclusive(declared: &Queue) -> Difference {
    let flag = |is: bool| Some(serde_json::Value::Bool(is));
    Difference { flag: "exclusive".into(), declared: flag(declared.exclusive), found: flag(!declared.exclusive) }
}

fn standing(differences: Vec<Difference>) -> Standing {
    if differences.is_empty() { Standing::Same } else { Standing::Differs(differences) }
}

fn counts(queue: &lapin::Queue) -> Counts {
    Counts { messages: queue.message_count().into(), consumers: queue.consumer_count().into() }
}

fn found<T>(asked: Result<T, Refusal>) -> Result<Option<T>, ConnectionError> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(Refusal::Answered(404, _)) => Ok(None),
        Err(refusal) => Err(refusal.into_connection_error()),
    }
}

/// The end of a request that changes something: without an answer its end is unknown.
fn acted<T>(asked: Result<T, Refusal>) -> Result<T, ConnectionError> {
    asked.map_err(|refusal| match refusal {
        Refusal::Broken(error) if error.stage != Stage::Answered => error.after_send(),
        refusal => refusal.into_connection_error(),
    })
}

fn too_long(text: String) -> ConnectionError {
    ConnectionError::new(Stage::Answered, text)
}

fn too_long_refusal(text: String) -> Refusal {
    Refusal::Broken(too_long(text))
}
