//! A case: a folder of files, and the program run in it with a state folder of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Three hosts that are all this machine.
pub const THREE: &str = "[web]\na ansible_connection=local\nb ansible_connection=local\nc ansible_connection=local\n";

/// A folder of files.
pub struct Case {
    folder: TempDir,
    env: Vec<(String, String)>,
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Case {
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder"), env: Vec::new() }
    }

    /// A case with a playbook `play.yml`.
    pub fn playbook(text: &str) -> Self {
        Self::new().file("play.yml", text)
    }

    /// Writes a file.
    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The program in this folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("RUNBOOK_STATE", self.path("state"))
            .env_remove("RUST_BACKTRACE")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().expect("the program runs").into()
    }

    /// `apply play.yml` with more arguments and JSON events.
    pub fn apply(&self, args: &[&str]) -> Ran {
        let all: Vec<&str> =
            ["apply", "play.yml", "--output", "json"].into_iter().chain(args.iter().copied()).collect();
        self.run(&all)
    }

    /// Starts the program and does not wait for it.
    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Fails the test unless the exit status is this one.
    #[track_caller]
    pub fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, status, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// The events, one per line.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The ends of steps as `host step outcome`, with `-` for a service step.
    #[track_caller]
    pub fn ends(&self) -> Vec<String> {
        let events = self.events();
        let ends = events.iter().filter(|event| event["event"] == "step_finished");
        ends.map(|event| {
            let text = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("host"), text("step"), text("outcome"))
        })
        .collect()
    }

    /// The ends of one host, or of the services (`-`), in one line: `step outcome, step outcome`.
    #[track_caller]
    pub fn ends_of(&self, host: &str) -> String {
        let mut line = String::new();
        for end in self.ends() {
            if let Some(rest) = end.strip_prefix(&format!("{host} ")) {
                let comma = if line.is_empty() { "" } else { ", " };
                write!(line, "{comma}{rest}").expect("a string takes text");
            }
        }
        line
    }

    /// The end of a step on a host.
    #[track_caller]
    pub fn end(&self, host: &str, step: &str) -> Value {
        let host = if host == "-" { Value::Null } else { host.into() };
        let mut events = self.events().into_iter();
        events
            .find(|event| event["event"] == "step_finished" && event["step"] == step && event["host"] == host)
            .unwrap_or_else(|| panic!("no end of {step} on {host} in\n{}", self.stdout))
    }

    /// The last event.
    #[track_caller]
    pub fn run_finished(&self) -> Value {
        self.events().pop().filter(|event| event["event"] == "run_finished").expect("the run's end")
    }
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
