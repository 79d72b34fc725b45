//! `exec`: a command on the host.

mod outcome;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Access, Context, Done, Failure, Field, Finding, Results, Runs, Shape, Step, StepType, Subject, Verdict, path,
};
use crate::connection::host::{Command, Ended, Exit, Program};
use crate::event::Class;
use crate::template::Sink;

const FIELDS: &[Field] = &[
    Field::new("shell", Shape::Text(Sink::Shell), "A text for `/bin/sh`; either this or `argv`."),
    Field::new("argv", Shape::List(&Shape::Text(Sink::Argument)), "A program and its arguments, untouched by a shell."),
    Field::new("chdir", Shape::Text(Sink::Path), "Working directory; the login directory by default."),
    Field::new("stdin", Shape::Text(Sink::Payload), "Standard input; empty by default."),
    Field::new("creates", Shape::Text(Sink::Path), "Nothing is run where this path exists."),
    Field::new("removes", Shape::Text(Sink::Path), "Nothing is run where this path does not exist."),
    Field::new("unless", Shape::Text(Sink::Shell), "Nothing is run where this shell text succeeds."),
];

/// The row of `exec`.
pub static TYPE: StepType = StepType {
    name: "exec",
    summary: "Runs a command on each host.",
    example: r"- name: Rotate the logs
  exec: { argv: [logrotate, /etc/logrotate.conf] }
- name: Count what is there
  exec: ls | wc -l
  class: read
  register: count
- name: Unpack, once
  exec:
    shell: tar xzf app.tar.gz
    chdir: /srv
    creates: /srv/app/bin
",
    runs: Runs::OnHost,
    shape: Shape::OneOf(&[Shape::Text(Sink::Shell), Shape::Record(FIELDS)]),
    results: &[
        Field::new("rc", Shape::Integer { min: 0, max: 255 }, "Exit status; 128 and its number for a signal."),
        Field::new("stdout", Shape::Text(Sink::Plain), "Standard output without the line break at its end."),
        Field::new("stderr", Shape::Text(Sink::Plain), "Standard error, likewise."),
        Field::new("stdout_lines", Shape::List(&Shape::Text(Sink::Plain)), "Standard output, line by line."),
        Field::new("stdout_base64", Shape::Text(Sink::Plain), "Standard output as it came, where it is not UTF-8."),
        Field::new("signal", Shape::Text(Sink::Plain), "The signal that ended it, if one did."),
    ],
    subject: Subject::Of(&["argv", "shell"]),
    build,
    ..StepType::DEFAULT
};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    shell: Option<String>,
    argv: Option<Vec<String>>,
    chdir: Option<String>,
    stdin: Option<String>,
    creates: Option<String>,
    removes: Option<String>,
    unless: Option<String>,
}

struct Exec {
    program: Program,
    params: Params,
}

fn build(value: Value) -> Result<Box<dyn Step>, String> {
    let mut params = match value {
        Value::String(shell) => Params { shell: Some(shell), ..Params::default() },
        value => serde_json::from_value(value).map_err(|error| error.to_string())?,
    };
    let program = match (params.shell.take(), params.argv.take()) {
        (Some(shell), None) => Program::Script(shell),
        (None, Some(argv)) if argv.first().is_some_and(|program| !program.is_empty()) => Program::Argv(argv),
        (None, Some(_)) => return Err("`argv` names no program".to_owned()),
        (Some(_), Some(_)) => return Err("`shell` and `argv` exclude each other".to_owned()),
        (None, None) => return Err("either `shell` or `argv` must be given".to_owned()),
    };
    let paths = [("chdir", &params.chdir), ("creates", &params.creates), ("removes", &params.removes)];
    if let Some(problem) = paths.into_iter().find_map(|(key, given)| path::problem(key, given.as_deref()?)) {
        return Err(problem);
    }
    Ok(Box::new(Exec { program, params }))
}

impl Exec {
    /// A path beside the command: relative to its working directory.
    async fn located(&self, cx: &Context, given: &str) -> Result<String, Failure> {
        let from_home = path::is_absolute(given) || given.starts_with('~');
        match self.params.chdir.as_deref().filter(|_| !from_home) {
            Some(chdir) => path::absolute(cx, &path::join(chdir, given)).await,
            None => path::absolute(cx, given).await,
        }
    }

    /// Why nothing is to be run, if so.
    async fn obviated(&self, cx: &Context) -> Result<Option<String>, Failure> {
        let (creates, removes) = (self.params.creates.as_deref(), self.params.removes.as_deref());
        let mut paths = Vec::new();
        for given in [creates, removes].into_iter().flatten() {
            paths.push(self.located(cx, given).await?);
        }
        let mut states = if paths.is_empty() { Vec::new() } else { cx.probe(&paths).await? }.into_iter();
        if let Some(given) = creates.filter(|_| states.next().flatten().is_some()) {
            return Ok(Some(format!("{given} exists")));
        }
        if let Some(given) = removes.filter(|_| states.next().flatten().is_none()) {
            return Ok(Some(format!("{given} does not exist")));
        }
        let Some(unless) = &self.params.unless else { return Ok(None) };
        let ended = self.run(cx, Program::Script(unless.clone()), None, &mut |_| {}).await?;
        Ok((ended.exit == Exit::Status(0)).then(|| format!("`{unless}` succeeds")))
    }

    async fn run(
        &self,
        cx: &Context,
        program: Program,
        stdin: Option<&str>,
        on_bytes: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Ended, Failure> {
        let chdir = match self.params.chdir.as_deref() {
            // A relative one begins at the login directory by itself.
            Some(chdir) if chdir.starts_with('~') => Some(path::absolute(cx, chdir).await?),
            chdir => chdir.map(str::to_owned),
        };
        let stdin = stdin.map(|text| text.to_owned().into());
        let command = cx.command(Command { program, chdir, stdin, ..Command::script("") });
        let mut moved = 0;
        let mut on_chunk = |(_, bytes): (_, bytes::Bytes)| {
            moved += bytes.len() as u64;
            on_bytes(moved);
        };
        let transport = cx.transport().await?;
        transport.run(&command, &mut on_chunk, &cx.cancel).await.map_err(|error| cx.failure(error))
    }

    /// The command as people read it.
    fn line(&self) -> String {
        match &self.program {
            Program::Script(text) => text.trim_end().to_owned(),
            Program::Argv(words) => {
                words.iter().map(|word| crate::text::shell_quote(word)).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

#[async_trait]
impl Step for Exec {
    fn class(&self) -> Class {
        let Params { creates, removes, unless, .. } = &self.params;
        let guards = [creates, removes, unless];
        if guards.iter().any(|guard| guard.is_some()) { Class::Converge } else { Class::Action }
    }

    fn access(&self) -> Access {
        let guards = [&self.params.creates, &self.params.removes];
        Access { reads: guards.into_iter().flatten().cloned().collect(), writes: Vec::new() }
    }

    fn paths(&self) -> Vec<String> {
        let guards = [&self.params.creates, &self.params.removes];
        guards.into_iter().flatten().filter(|path| path::is_absolute(path)).map(|given| path::plain(given)).collect()
    }

    async fn check(&self, cx: &Context) -> Result<Finding, Failure> {
        if self.class() == Class::Action {
            return Ok(Finding::new(Verdict::Act, self.line()));
        }
        Ok(match self.obviated(cx).await? {
            Some(why) => Finding::same(format!("not run: {why}"), outcome::not_run()),
            None => Finding::new(Verdict::Change, self.line()),
        })
    }

    async fn apply(&self, cx: &Context, _: Option<Finding>) -> Result<Done, Failure> {
        let progress = cx.progress.clone();
        let mut tell = move |moved| progress.moved(moved, None);
        let ended = self.run(cx, self.program.clone(), self.params.stdin.as_deref(), &mut tell).await?;
        let result: Results = outcome::results(&ended);
        match outcome::failure(&ended.exit) {
            Some(failure) => Err(failure.result(result)),
            None => Ok(Done { changed: true, result }),
        }
    }
}
