//! Moves bytes between a running command and us: feeds its input, answers sudo, filters and keeps its output.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::capture::Capture;
use super::carrier::{Channel, Gone, Writer};
use super::filter::{Filter, Heard};
use super::job::Input;
use super::{Captured, OnChunk, Stream};
use crate::secret::Secret;

/// How long output may stay silent after the program's end before we stop waiting for what else holds the stream.
const AFTER_END: Duration = Duration::from_secs(2);
/// How long a command that is to be stopped may take to tell its process group.
const GROUP_WAIT: Duration = Duration::from_secs(3);
/// How much is read at a time.
const PIECE: usize = 64 << 10;

/// What a command is given.
pub(super) struct Feed {
    /// The wrapper's line.
    pub header: Bytes,
    /// What follows it.
    pub input: Input,
    /// Whether sudo comes first.
    pub sudo: bool,
    /// Its password, if there is one.
    pub password: Option<Secret>,
}

/// Why the pump stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The command is over.
    Gone(Gone),
    /// sudo asked and there is no password.
    NoPassword,
    /// sudo asked again.
    WrongPassword,
    /// The wrapper could not go on.
    Refused(String),
}

enum Given {
    Bytes(Bytes),
    Input(Input),
}

/// The state of one running command.
pub(super) struct Pump {
    channel: Channel,
    filters: [Filter; 2],
    captures: [Capture; 2],
    open: [bool; 2],
    feed: Option<Feed>,
    feeder: Option<UnboundedSender<Given>>,
    task: JoinHandle<()>,
    asked: bool,
    group: Option<i32>,
    signal: Option<String>,
    refused: Option<String>,
    /// The wrapper said that the program is over.
    told: bool,
    gone: Option<Gone>,
}

impl Pump {
    /// A pump on a channel that was just opened.
    pub fn new(token: &str, mut channel: Channel, feed: Feed, keep: usize) -> Self {
        let stdin = std::mem::replace(&mut channel.stdin, Box::new(tokio::io::sink()));
        let (feeder, task) = feeder(stdin);
        let waits_for_sudo = feed.sudo;
        let mut pump = Self {
            channel,
            filters: [Filter::new(token), Filter::new(token)],
            captures: [Capture::new(keep), Capture::new(keep)],
            open: [true, true],
            feed: Some(feed),
            feeder: Some(feeder),
            task,
            asked: false,
            group: None,
            signal: None,
            refused: None,
            told: false,
            gone: None,
        };
        if !waits_for_sudo {
            pump.send_feed();
        }
        pump
    }

    /// Whether the wrapper was given what to run.
    pub fn was_sent(&self) -> bool {
        self.feed.is_none()
    }

    /// Whether the wrapper spoke.
    pub fn has_begun(&self) -> bool {
        self.group.is_some()
    }

    /// Whether the command's end was seen.
    pub fn is_over(&self) -> bool {
        matches!(self.gone, Some(Gone::Status(_) | Gone::Signal(_)))
    }

    /// What came on standard error before the wrapper spoke.
    pub fn noise(&self) -> String {
        self.filters[1].noise()
    }

    /// What was kept, and the signal that was told.
    pub fn finish(mut self) -> (Captured, Captured, Option<String>) {
        let nothing = || Capture::new(0);
        let [stdout, stderr] = std::mem::replace(&mut self.captures, [nothing(), nothing()]);
        (stdout.finish(), stderr.finish(), self.signal.take())
    }

    /// Runs until the command is over, or cannot go on. Nothing is lost when the future is dropped and begun again.
    pub async fn run(&mut self, on_chunk: OnChunk<'_>) -> Stop {
        let mut buffers = [vec![0; PIECE], vec![0; PIECE]];
        let mut silence = Instant::now();
        loop {
            if let Some(stop) = self.is_done() {
                return stop;
            }
            let [first, second] = &mut buffers;
            let (which, read) = tokio::select! {
                read = self.channel.stdout.read(first), if self.open[0] => (0, read),
                read = self.channel.stderr.read(second), if self.open[1] => (1, read),
                // Only now: ssh throws away what it has not handed out yet once the end has been taken from it.
                gone = &mut self.channel.end, if self.gone.is_none() && self.open == [false, false] => {
                    self.gone = Some(gone);
                    continue;
                }
                () = sleep_until(silence + AFTER_END), if self.told && self.open != [false, false] => {
                    self.open = [false, false];
                    continue;
                }
            };
            silence = Instant::now();
            let length = read.unwrap_or(0);
            let heard =
                if length == 0 { self.end_of(which) } else { self.filters[which].push(&buffers[which][..length]) };
            for one in heard {
                if let Some(stop) = self.hear(which, one, on_chunk) {
                    return stop;
                }
            }
        }
    }

    fn is_done(&mut self) -> Option<Stop> {
        if self.open[0] || self.open[1] {
            return None;
        }
        let gone = self.gone.clone()?;
        Some(self.refused.take().map_or(Stop::Gone(gone), Stop::Refused))
    }

    fn end_of(&mut self, which: usize) -> Vec<Heard> {
        self.open[which] = false;
        self.filters[which].finish().map(Heard::Output).into_iter().collect()
    }

    fn hear(&mut self, which: usize, heard: Heard, on_chunk: OnChunk<'_>) -> Option<Stop> {
        match heard {
            Heard::Output(bytes) => {
                self.captures[which].push(&bytes);
                on_chunk((if which == 0 { Stream::Stdout } else { Stream::Stderr }, bytes));
            }
            Heard::Begun(group) if which == 1 => {
                self.group = Some(group);
                self.send_feed();
            }
            Heard::Begun(_) => {}
            Heard::Over => self.told = true,
            Heard::Signal(name) => self.signal = Some(name),
            Heard::Refused(why) => self.refused = Some(why),
            Heard::Prompt => return self.answer_sudo(),
        }
        None
    }

    fn answer_sudo(&mut self) -> Option<Stop> {
        let password = self.feed.as_ref().and_then(|feed| feed.password.clone());
        let Some(password) = password else { return Some(Stop::NoPassword) };
        if std::mem::replace(&mut self.asked, true) {
            return Some(Stop::WrongPassword);
        }
        self.give(Given::Bytes(format!("{}\n", password.reveal()).into()));
        None
    }

    fn send_feed(&mut self) {
        let Some(feed) = self.feed.take() else { return };
        self.give(Given::Bytes(feed.header));
        self.give(Given::Input(feed.input));
        self.feeder = None;
    }

    fn give(&self, given: Given) {
        if let Some(feeder) = &self.feeder {
            let _ = feeder.send(given);
        }
    }

    /// Closes the input of what was not told yet what to run: it ends by itself.
    pub async fn abandon(&mut self) {
        self.feeder = None;
        let _ = timeout(GROUP_WAIT, self.run(&mut |_| {})).await;
    }

    /// The process group, for which a command that only just started is waited for a little.
    pub async fn group(&mut self) -> Option<i32> {
        let until = Instant::now() + GROUP_WAIT;
        let mut buffer = vec![0; PIECE];
        while self.group.is_none() && self.open[1] {
            let read = tokio::time::timeout_at(until, self.channel.stderr.read(&mut buffer)).await;
            let Ok(Ok(length)) = read else { break };
            let heard = if length == 0 { self.end_of(1) } else { self.filters[1].push(&buffer[..length]) };
            for one in heard {
                self.hear(1, one, &mut |_| {});
            }
        }
        self.group
    }

    /// Reads on until the command is over, so that it is not held up by output that nobody takes; for a bounded time.
    pub async fn drain(&mut self) {
        let _ = timeout(super::stop::LIMIT, self.run(&mut |_| {})).await;
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Writes what it is given in order, then closes the stream. A program that does not read its input is no error.
fn feeder(mut stdin: Writer) -> (UnboundedSender<Given>, JoinHandle<()>) {
    let (sender, mut receiver) = unbounded_channel::<Given>();
    let task = tokio::spawn(async move {
        while let Some(given) = receiver.recv().await {
            let written = match given {
                Given::Bytes(bytes) | Given::Input(Input::Bytes(bytes)) => stdin.write_all(&bytes).await,
                Given::Input(Input::Stream(mut stream)) => tokio::io::copy(&mut stream, &mut stdin).await.map(drop),
            };
            if written.is_err() {
                break;
            }
            let _ = stdin.flush().await;
        }
        let _ = stdin.shutdown().await;
    });
    (sender, task)
}
