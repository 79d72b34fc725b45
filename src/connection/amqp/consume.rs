//! Consuming: messages of a queue one by one, each acknowledged or given back.

use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicGetOptions, BasicQosOptions, QueueBindOptions,
    QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{FieldTable, ShortString};

use super::table::short;
use super::{ANSWER, Amqp, Delivered, Lease, error};
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, Stage};

/// How long a lost connection is tried to be made again, and the pause between two tries.
const AGAIN: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);

/// How often an empty queue is asked.
const POLL: Duration = Duration::from_millis(50);

/// How long giving back may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// Where messages come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A queue.
    Queue(String),
    /// An exclusive queue of this step, named by the server, bound to an exchange.
    Exchange {
        /// The exchange.
        name: String,
        /// The routing keys it is bound with.
        routing_keys: Vec<String>,
    },
}

/// How they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The broker sends them, so many ahead of their acknowledgements.
    Push {
        /// At most so many without one.
        prefetch: u16,
    },
    /// Asked for one by one, so that none is taken that is not wanted. The broker forgets each as it sends it.
    Forgotten,
    /// Asked for one by one, and all are given back at the end.
    Held,
}

/// The consuming of a queue.
pub struct Consumption<'a> {
    amqp: &'a Amqp,
    source: &'a Source,
    mode: Mode,
    open: Open,
}

/// What stands as long as the connection does.
struct Open {
    lease: Lease,
    queue: ShortString,
    consumer: Option<lapin::Consumer>,
    /// How many messages it held before.
    held: u64,
}

impl Amqp {
    /// Begins: when it answers, every message that reaches the queue from then on will be seen.
    pub async fn consume<'a>(
        &'a self,
        source: &'a Source,
        mode: Mode,
        cancel: &Cancel,
    ) -> Result<Consumption<'a>, ConnectionError> {
        let open = self.begin(source, mode, cancel).await?;
        Ok(Consumption { amqp: self, source, mode, open })
    }

    async fn begin(&self, source: &Source, mode: Mode, cancel: &Cancel) -> Result<Open, ConnectionError> {
        let lease = self.lease(cancel).await?;
        let (queue, held) = match source {
            Source::Queue(name) => {
                let name = short("the queue's name", name).map_err(too_long)?;
                let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
                let asking = lease.channel.queue_declare(name.clone(), options, FieldTable::default());
                let there = self.answer(asking, cancel).await?;
                (name, u64::from(there.message_count()))
            }
            Source::Exchange { name, routing_keys } => (self.own_queue(&lease, name, routing_keys, cancel).await?, 0),
        };
        let mut consumer = None;
        if let Mode::Push { prefetch } = mode {
            self.answer(lease.channel.basic_qos(prefetch, BasicQosOptions::default()), cancel).await?;
            let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
            let asking = lease.channel.basic_consume(queue.clone(), "".into(), options, arguments);
            consumer = Some(self.answer(asking, cancel).await?);
        }
        Ok(Open { lease, queue, consumer, held })
    }

    async fn own_queue(
        &self,
        lease: &Lease,
        exchange: &str,
        routing_keys: &[String],
        cancel: &Cancel,
    ) -> Result<ShortString, ConnectionError> {
        let exchange = short("the exchange's name", exchange).map_err(too_long)?;
        let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let declared = lease.channel.queue_declare("".into(), options, FieldTable::default());
        let queue = self.answer(declared, cancel).await?.name().clone();
        for key in routing_keys {
            let key = short("the routing key", key).map_err(too_long)?;
            let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
            let bound = lease.channel.queue_bind(queue.clone(), exchange.clone(), key, options, arguments);
            self.answer(bound, cancel).await?;
        }
        Ok(queue)
    }

    /// The broker's answer to a request that changes nothing that outlives the step.
    async fn answer<T>(
        &self,
        asking: impl Future<Output = lapin::Result<T>>,
        cancel: &Cancel,
    ) -> Result<T, ConnectionError> {
        match cancel.bound(tokio::time::timeout(ANSWER, asking)).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(error))) => Err(error::of_request(self, &error).into_connection_error()),
            Ok(Err(_)) => Err(error::silent(self)),
            Err(reason) => Err(error::interrupted(self.address(), reason)),
        }
    }
}

impl Consumption<'_> {
    /// The next message; an error of the stage `lost` where the connection is.
    pub async fn next(&mut self, cancel: &Cancel) -> Result<Delivered, ConnectionError> {
        let Some(consumer) = &mut self.open.consumer else { return self.asked(cancel).await };
        let address = self.amqp.address();
        match cancel.bound(consumer.next()).await {
            Ok(Some(Ok(delivery))) => Ok(Delivered::new(delivery)),
            Ok(Some(Err(error))) => Err(error::of_request(self.amqp, &error).into_connection_error()),
            Ok(None) if !self.open.lease.channel.status().connected() => {
                Err(ConnectionError::new(Stage::Lost, format!("the connection to RabbitMQ at {address} was lost")))
            }
            Ok(None) => {
                let text = format!("RabbitMQ at {address} ended the consuming: was the queue deleted?");
                Err(ConnectionError::new(Stage::Answered, text))
            }
            Err(reason) => Err(error::interrupted(address, reason)),
        }
    }

    /// The next message, asked for. An answer that is on its way is waited for: it may hold a message.
    async fn asked(&self, cancel: &Cancel) -> Result<Delivered, ConnectionError> {
        loop {
            if let Some(reason) = cancel.reason() {
                return Err(error::interrupted(self.amqp.address(), reason));
            }
            let options = BasicGetOptions { no_ack: self.mode == Mode::Forgotten };
            let asking = self.open.lease.channel.basic_get(self.open.queue.clone(), options);
            if let Some(found) = self.amqp.answer(asking, &Cancel::root()).await? {
                return Ok(Delivered::new(found.delivery));
            }
            // Whether it was cancelled meanwhile is seen above.
            let _ = cancel.bound(tokio::time::sleep(POLL)).await;
        }
    }

    /// How many messages the queue held when this began.
    pub fn held(&self) -> u64 {
        self.open.held
    }

    /// How many messages the queue holds that nobody has.
    pub async fn waiting(&self, cancel: &Cancel) -> Result<u64, ConnectionError> {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let asking = self.open.lease.channel.queue_declare(self.open.queue.clone(), options, FieldTable::default());
        self.amqp.answer(asking, cancel).await.map(|queue| u64::from(queue.message_count()))
    }

    /// Acknowledges a message and all before it. Where the connection is lost they come again.
    pub async fn acknowledge(&self, last: &Delivered) -> Result<(), ConnectionError> {
        let asking = self.open.lease.channel.basic_ack(last.tag, BasicAckOptions { multiple: true });
        self.amqp.answer(asking, &Cancel::root()).await
    }

    /// Makes a lost connection again and goes on; what was not acknowledged comes again.
    pub async fn again(&mut self, cancel: &Cancel) -> Result<(), ConnectionError> {
        let until = tokio::time::Instant::now() + AGAIN;
        loop {
            match self.amqp.begin(self.source, self.mode, cancel).await {
                Ok(open) => {
                    self.open = open;
                    return Ok(());
                }
                Err(error) if !error.stage.is_passing() || tokio::time::Instant::now() > until => return Err(error),
                Err(error) => {
                    if cancel.bound(tokio::time::sleep(PAUSE)).await.is_err() {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Ends it: what was not acknowledged is given back. When it answers, the broker has seen every acknowledgement.
    pub async fn close(self) -> Result<(), ConnectionError> {
        let Open { lease, queue, consumer, .. } = self.open;
        let channel = lease.channel;
        let goodbye = async {
            if let Some(consumer) = consumer {
                channel.basic_cancel(consumer.tag(), BasicCancelOptions::default()).await?;
            }
            if matches!(self.source, Source::Exchange { .. }) {
                channel.queue_delete(queue, QueueDeleteOptions::default()).await?;
            }
            channel.close(200, "done".into()).await
        };
        match tokio::time::timeout(GOODBYE, goodbye).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error::of_request(self.amqp, &error).into_connection_error()),
            Err(_) => Err(error::silent(self.amqp)),
        }
    }
}

fn too_long(text: String) -> ConnectionError {
    ConnectionError::new(Stage::Answered, text)
}
