//! Publishing with confirms: pipelined, in bounded memory, with an end that is true or told to be unknown.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{BasicProperties, Confirmation, PublisherConfirm};

use super::error::{self, Refusal};
use super::{ANSWER, Amqp, Lease, Route};
use crate::cancel::{Cancel, Reason};
use crate::connection::{ConnectionError, Stage};

/// At most this many messages are on their way without a confirm.
const WINDOW: usize = 1_000;

/// How long what is on its way may still be confirmed once publishing was stopped.
const GRACE: Duration = Duration::from_secs(5);

/// A message's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The bytes.
    pub body: Bytes,
    /// They are JSON: told in `content_type` where the route names none.
    pub json: bool,
}

/// Messages, one after the other.
#[async_trait]
pub trait Messages: Send {
    /// The next message; none at the end. The error is a sentence.
    async fn next(&mut self) -> Result<Option<Message>, String>;
}

/// Told while messages are published.
pub trait Watch: Send + Sync {
    /// The first `n` messages are confirmed, all of them.
    fn confirmed(&self, n: u64);
    /// The broker takes no messages for now, and why.
    fn blocked(&self, reason: &str);
}

/// How publishing ended.
#[derive(Debug)]
pub enum Ended {
    /// Every message is confirmed.
    Well,
    /// The broker gave messages back, because they reach no queue.
    Unroutable,
    /// The broker refused messages (a full queue, for one).
    Refused,
    /// The next message could not be read; those before it are confirmed.
    Unread(String),
    /// It was stopped, and what had been published is confirmed.
    Stopped(Reason),
    /// The connection or the broker failed; where messages had been sent without an answer, the error says so.
    Broken(ConnectionError),
}

/// What became of the messages.
#[derive(Debug)]
pub struct Published {
    /// Handed to the broker.
    pub published: u64,
    /// Taken over by the broker.
    pub confirmed: u64,
    /// Given back by the broker.
    pub returned: u64,
    /// Refused by the broker.
    pub refused: u64,
    /// How it ended.
    pub ended: Ended,
}

impl Published {
    /// Messages whose end was not seen.
    pub fn open(&self) -> u64 {
        self.published - self.confirmed - self.returned - self.refused
    }
}

impl Amqp {
    /// Publishes messages and waits until each is confirmed. Stops at the first that is unroutable or refused.
    pub async fn publish(
        &self,
        route: &Route,
        messages: &mut dyn Messages,
        watch: &dyn Watch,
        cancel: &Cancel,
    ) -> Published {
        let failed =
            |error| Published { published: 0, confirmed: 0, returned: 0, refused: 0, ended: Ended::Broken(error) };
        let parcel = match Parcel::new(route) {
            Ok(parcel) => parcel,
            Err(text) => return failed(ConnectionError::new(Stage::Answered, text)),
        };
        let lease = match self.confirming(cancel).await {
            Ok(lease) => lease,
            Err(error) => return failed(error),
        };
        let tally = Published { published: 0, confirmed: 0, returned: 0, refused: 0, ended: Ended::Well };
        let sender = Sender { amqp: self, lease, watch, cancel, waiting: VecDeque::new(), tally, stopped: false };
        sender.run(&parcel, messages).await
    }

    /// A channel in confirm mode.
    async fn confirming(&self, cancel: &Cancel) -> Result<Lease, ConnectionError> {
        let lease = self.lease(cancel).await?;
        let asking = tokio::time::timeout(ANSWER, lease.channel.confirm_select(ConfirmSelectOptions::default()));
        match cancel.bound(asking).await {
            Ok(Ok(Ok(()))) => Ok(lease),
            Ok(Ok(Err(error))) => Err(error::of_request(self, &error).into_connection_error()),
            Ok(Err(_)) => Err(error::silent(self)),
            Err(reason) => Err(error::interrupted(self.address(), reason)),
        }
    }
}

/// What is the same for all messages, in the driver's form.
struct Parcel {
    words: String,
    exchange: ShortString,
    routing_key: ShortString,
    options: BasicPublishOptions,
    properties: BasicProperties,
    /// The properties of a message that is JSON.
    json: BasicProperties,
}

impl Parcel {
    fn new(route: &Route) -> Result<Self, String> {
        let (exchange, routing_key) = route.names()?;
        let options = BasicPublishOptions { mandatory: route.mandatory, immediate: false };
        let properties = route.properties.encode()?;
        let json = match route.properties.content_type {
            Some(_) => properties.clone(),
            None => properties.clone().with_content_type("application/json".into()),
        };
        Ok(Self { words: route.words(), exchange, routing_key, options, properties, json })
    }
}

struct Sender<'a> {
    amqp: &'a Amqp,
    lease: Lease,
    watch: &'a dyn Watch,
    cancel: &'a Cancel,
    /// In the order in which they were published.
    waiting: VecDeque<PublisherConfirm>,
    tally: Published,
    /// Nothing new is published, and `cancel` no longer counts.
    stopped: bool,
}

impl Sender<'_> {
    async fn run(mut self, parcel: &Parcel, messages: &mut dyn Messages) -> Published {
        let mut ended = match self.send(parcel, messages).await {
            Ok(()) => self.settle_all().await.err().unwrap_or(Ended::Well),
            Err(ended) => ended,
        };
        if !matches!(ended, Ended::Broken(_) | Ended::Well) {
            self.stopped = true;
            while !self.waiting.is_empty() {
                // A further message given back or refused is counted; the first one's name for it stands.
                if let Err(Ended::Broken(error)) = self.settle_one().await {
                    ended = Ended::Broken(error);
                    break;
                }
            }
        }
        if let Ended::Broken(error) = ended {
            ended = Ended::Broken(self.told(error, parcel));
        }
        self.tally.ended = ended;
        self.tally
    }

    async fn send(&mut self, parcel: &Parcel, messages: &mut dyn Messages) -> Result<(), Ended> {
        self.unblocked().await?;
        loop {
            let next = self.cancel.bound(messages.next()).await.map_err(Ended::Stopped)?;
            let Some(message) = next.map_err(Ended::Unread)? else { return Ok(()) };
            while self.waiting.len() >= WINDOW {
                self.settle_one().await?;
            }
            self.settle_ready().await?;
            if let Some(reason) = self.cancel.reason() {
                return Err(Ended::Stopped(reason));
            }
            // Counted before: once the first byte is out, its end must be seen.
            self.tally.published += 1;
            let channel = self.lease.channel.clone();
            let (exchange, key) = (parcel.exchange.clone(), parcel.routing_key.clone());
            let properties = if message.json { &parcel.json } else { &parcel.properties }.clone();
            let publishing = channel.basic_publish(exchange, key, parcel.options, &message.body, properties);
            let confirm = self.bounded(publishing, true).await?;
            self.waiting.push_back(confirm);
        }
    }

    /// Waits while the broker is known to block publishers: nothing has been sent then.
    async fn unblocked(&mut self) -> Result<(), Ended> {
        let mut blocked = self.lease.blocked.clone();
        let Some(reason) = blocked.borrow().clone() else { return Ok(()) };
        self.watch.blocked(&reason);
        let waiting = tokio::time::timeout(ANSWER, blocked.wait_for(Option::is_none));
        match self.cancel.bound(waiting).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(Ended::Broken(ConnectionError::new(Stage::TimedOut, "nothing was published"))),
            Err(reason) => Err(Ended::Stopped(reason)),
        }
    }

    async fn settle_all(&mut self) -> Result<(), Ended> {
        while !self.waiting.is_empty() {
            self.settle_one().await?;
        }
        Ok(())
    }

    /// Takes the confirms that are there already.
    async fn settle_ready(&mut self) -> Result<(), Ended> {
        while let Some(front) = self.waiting.front_mut() {
            match futures_util::poll!(front) {
                std::task::Poll::Ready(answer) => {
                    self.waiting.pop_front();
                    self.count(&answer.map_err(|error| self.broken(&error))?)?;
                }
                std::task::Poll::Pending => return Ok(()),
            }
        }
        Ok(())
    }

    /// Waits for the oldest confirm.
    async fn settle_one(&mut self) -> Result<(), Ended> {
        let Some(mut front) = self.waiting.pop_front() else { return Ok(()) };
        match self.bounded(&mut front, false).await {
            Ok(answer) => self.count(&answer),
            Err(ended) => {
                self.waiting.push_front(front);
                Err(ended)
            }
        }
    }

    fn count(&mut self, answer: &Confirmation) -> Result<(), Ended> {
        match answer {
            Confirmation::Ack(None) | Confirmation::NotRequested => {
                self.tally.confirmed += 1;
                if self.tally.returned + self.tally.refused == 0 {
                    self.watch.confirmed(self.tally.confirmed);
                }
                Ok(())
            }
            Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => {
                self.tally.returned += 1;
                Err(Ended::Unroutable)
            }
            Confirmation::Nack(None) => {
                self.tally.refused += 1;
                Err(Ended::Refused)
            }
        }
    }

    /// Waits for the broker within the limits, and tells when it blocks. Work that has to be `whole` is given some time
    /// after a stop: a message that was begun is sent.
    async fn bounded<T>(&self, work: impl Future<Output = lapin::Result<T>>, whole: bool) -> Result<T, Ended> {
        let mut limit = if self.stopped { GRACE } else { ANSWER };
        let mut heeds = !self.stopped;
        let silence = tokio::time::sleep(limit);
        let mut blocked = self.lease.blocked.clone();
        tokio::pin!(work, silence);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done.map_err(|error| self.broken(&error)),
                reason = self.cancel.cancelled(), if heeds => {
                    if !whole {
                        return Err(Ended::Stopped(reason));
                    }
                    (heeds, limit) = (false, GRACE);
                    silence.as_mut().reset(tokio::time::Instant::now() + limit);
                }
                () = &mut silence => {
                    let text = format!("RabbitMQ at {} took nothing for {} s", self.amqp.address(), limit.as_secs());
                    return Err(Ended::Broken(ConnectionError::new(Stage::TimedOut, text)));
                }
                Ok(()) = blocked.changed() => {
                    if let Some(reason) = &*blocked.borrow_and_update() {
                        self.watch.blocked(reason);
                    }
                }
            }
        }
    }

    fn broken(&self, error: &lapin::Error) -> Ended {
        let error = match error::of_request(self.amqp, error) {
            // A refusal of the first message is certain; after some were taken, those behind them are not.
            Refusal::Answered(code, text) if self.tally.confirmed > 0 => {
                ConnectionError { stage: Stage::Lost, ..error::answered(code, &text) }
            }
            refusal => refusal.into_connection_error(),
        };
        Ended::Broken(error)
    }

    /// The error with how far it came.
    fn told(&self, error: ConnectionError, parcel: &Parcel) -> ConnectionError {
        let mut error = error;
        let blocked = self.lease.blocked.borrow().clone();
        if let Some(reason) = blocked {
            error.message = format!("{}; the broker blocks publishers: {reason}", error.message);
            error.hint = Some("free memory or disk space at the broker: it lets publishers go on by itself".into());
        }
        if self.tally.published == 0 || error.stage == Stage::Answered {
            return error;
        }
        error.message = format!(
            "{}; of {} published to {}, {} confirmed, and the end of {} was not seen",
            error.message,
            crate::text::count(usize::try_from(self.tally.published).unwrap_or(usize::MAX), "message"),
            parcel.words,
            self.tally.confirmed,
            self.tally.open(),
        );
        error.after_send()
    }
}
