//! One command from its start to its end, over any carrier.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::carrier::{Carrier, Gone, Lane, Reader};
use super::command_line::{self, header};
use super::pump::{Feed, Pump, Stop};
use super::stop::stop;
use super::{Become, Captured, Command, Ended, Exit, OnChunk, Program};
use crate::cancel::{Cancel, Reason};
use crate::connection::{ConnectionError, Stage};
use crate::id::{Random as _, SystemRandom};
use crate::secret::Secret;

/// What a program is fed.
pub(super) enum Input {
    /// These bytes.
    Bytes(Bytes),
    /// A stream, to its end.
    Stream(Reader),
}

/// A command with everything it needs.
pub(super) struct Job<'a> {
    /// What to run.
    pub program: Program,
    /// Working directory.
    pub chdir: Option<&'a str>,
    /// Environment.
    pub environment: Option<&'a BTreeMap<String, Secret>>,
    /// Standard input.
    pub input: Input,
    /// As whom.
    pub sudo: Option<&'a Become>,
    /// How much of each output is kept.
    pub keep: usize,
    /// The program replaces the wrapper: for our own scripts, of which nobody needs the signal's name.
    pub direct: bool,
    /// Which channel it takes.
    pub lane: Lane,
}

impl<'a> Job<'a> {
    /// One of our own scripts, with its arguments.
    pub fn script(text: &str, arguments: &[&str], input: Input, sudo: Option<&'a Become>) -> Self {
        let head = ["/bin/sh", "-c", text, "runbook"];
        let words = head.iter().chain(arguments).map(|word| (*word).to_owned()).collect();
        Self {
            program: Program::Argv(words),
            chdir: None,
            environment: None,
            input,
            sudo,
            keep: Command::KEEP,
            direct: true,
            lane: Lane::Shared,
        }
    }

    /// A person's command.
    pub fn of(command: &'a Command) -> Self {
        Self {
            program: command.program.clone(),
            chdir: command.chdir.as_deref(),
            environment: Some(&command.environment),
            input: Input::Bytes(command.stdin.clone().unwrap_or_default()),
            sudo: command.sudo.as_ref(),
            keep: command.keep,
            direct: false,
            lane: Lane::Shared,
        }
    }

    /// Runs it to its end, or until `cancel` fires and it is stopped on the host.
    pub async fn run(
        self,
        carrier: &dyn Carrier,
        on_chunk: OnChunk<'_>,
        cancel: &Cancel,
    ) -> Result<Ended, ConnectionError> {
        let host = carrier.name().to_owned();
        let empty = BTreeMap::new();
        let header = header(&self.program, self.chdir, self.environment.unwrap_or(&empty), self.direct)
            .map_err(|why| ConnectionError::new(Stage::Answered, format!("{why} (on {host})")))?;
        let token = SystemRandom.token(12);
        let line = command_line::line(&token, self.sudo);
        let opened = cancel.bound(carrier.open(&line, self.lane)).await;
        let channel = opened.map_err(|reason| stopped(&host, reason, false))??;
        let password = self.sudo.and_then(|user| user.password.clone());
        let feed = Feed { header: header.into(), input: self.input, sudo: self.sudo.is_some(), password };
        let mut pump = Pump::new(&token, channel, feed, self.keep);
        let seen = tokio::select! {
            biased;
            reason = cancel.cancelled() => Err(reason),
            seen = pump.run(on_chunk) => Ok(seen),
        };
        match seen {
            Ok(stop @ (Stop::NoPassword | Stop::WrongPassword)) => {
                pump.abandon().await;
                conclude(&host, self.sudo, self.chdir, pump, stop)
            }
            Ok(stop) => conclude(&host, self.sudo, self.chdir, pump, stop),
            Err(reason) => Err(wind_down(carrier, self.sudo, pump, reason).await),
        }
    }
}

/// Runs one of our own scripts and gives what it ended with.
pub(super) async fn quietly(carrier: &dyn Carrier, job: Job<'_>, cancel: &Cancel) -> Result<Ended, ConnectionError> {
    job.run(carrier, &mut |_| {}, cancel).await
}

fn stopped(host: &str, reason: Reason, sent: bool) -> ConnectionError {
    let why = match reason {
        Reason::TimedOut(limit) => format!("not done within {}", crate::text::human_duration(limit)),
        Reason::Interrupted(_) => "interrupted".to_owned(),
        Reason::Abandoned => "given up".to_owned(),
    };
    let end = if sent { "what ran there could not be seen to end" } else { "nothing of it runs there any more" };
    let error = ConnectionError::new(Stage::TimedOut, format!("{why} on {host}; {end}"));
    if sent { error.after_send() } else { error }
}

async fn wind_down(carrier: &dyn Carrier, sudo: Option<&Become>, mut pump: Pump, reason: Reason) -> ConnectionError {
    if !pump.was_sent() {
        pump.abandon().await;
        return stopped(carrier.name(), reason, false);
    }
    let group = pump.group().await;
    let confirmed = match group {
        Some(group) => {
            let (confirmed, ()) = tokio::join!(Box::pin(stop(carrier, group, sudo)), pump.drain());
            confirmed
        }
        None => pump.is_over(),
    };
    stopped(carrier.name(), reason, !confirmed)
}

fn conclude(
    host: &str,
    sudo: Option<&Become>,
    chdir: Option<&str>,
    pump: Pump,
    stop: Stop,
) -> Result<Ended, ConnectionError> {
    let begun = pump.has_begun();
    let sent = pump.was_sent();
    let noise = pump.noise();
    let (stdout, stderr, signal) = pump.finish();
    match stop {
        Stop::Gone(Gone::Unseen(why)) => Err(lost(host, &why, sent)),
        Stop::Gone(_) if !begun => Err(not_begun(host, sudo, noise.trim())),
        Stop::Gone(Gone::Status(status)) => {
            let exit = signal.map_or(Exit::Status(status), Exit::Signal);
            Ok(Ended { exit, stdout, stderr })
        }
        Stop::Gone(Gone::Signal(name)) => {
            let name = signal.or(name).unwrap_or_else(|| "unknown".to_owned());
            Ok(Ended { exit: Exit::Signal(name), stdout, stderr })
        }
        Stop::NoPassword => Err(password(host, sudo, "asks for a password", "give ansible_become_password")),
        Stop::WrongPassword => {
            Err(password(host, sudo, "does not accept the password", "see whether ansible_become_password is right"))
        }
        Stop::Refused(why) => Err(refused(host, chdir.unwrap_or(""), &why)),
    }
}

fn lost(host: &str, why: &str, sent: bool) -> ConnectionError {
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    let error = ConnectionError::new(Stage::Lost, format!("the connection to {host} was lost{why}"));
    if sent { error.after_send() } else { error }
}

fn password(host: &str, sudo: Option<&Become>, what: &str, hint: &str) -> ConnectionError {
    let user = sudo.map_or("root", |user| &user.user);
    ConnectionError::new(Stage::Answered, format!("sudo on {host} {what} (to become {user})")).hint(hint)
}

fn refused(host: &str, directory: &str, why: &str) -> ConnectionError {
    let what = match why {
        "missing" => "no such directory",
        "file" => "not a directory",
        _ => "permission denied",
    };
    ConnectionError::new(
        Stage::Answered,
        format!("cannot change to the working directory: {what}: {directory} on {host}"),
    )
}

/// The line of shell ended before the wrapper spoke: sudo or the login shell did not let it.
fn not_begun(host: &str, sudo: Option<&Become>, noise: &str) -> ConnectionError {
    let text = |what: &str| if noise.is_empty() { what.to_owned() } else { format!("{what}: {noise}") };
    if sudo.is_none() {
        return ConnectionError::new(Stage::Open, text(&format!("the login shell on {host} does not run commands")))
            .hint("the login shell of the remote user must run `/bin/sh`");
    }
    if noise.contains("password is required") || noise.contains("a terminal is required") {
        return password(host, sudo, "asks for a password", "give ansible_become_password");
    }
    if noise.contains("sudo") && noise.contains("not found") {
        return ConnectionError::new(Stage::Answered, format!("there is no sudo on {host}"));
    }
    ConnectionError::new(Stage::Answered, text(&format!("sudo on {host} refused")))
}

/// What a script said on standard error, shortened for a message.
pub(super) fn said(captured: &Captured) -> String {
    let text = String::from_utf8_lossy(&captured.bytes);
    let text = text.trim();
    text.chars().take(2000).collect()
}
