//! A folder to work in, the way from a step's text to its outcome, and the loop over rows.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use runbook::cancel::Cancel;
use runbook::connection::Pool;
use runbook::connection::host::{HostTarget, SshDialler, SshSettings, Via};
use runbook::diagnostic::{Problems, Source, render};
use runbook::event::Class;
use runbook::step::{Context, Done, Failure, Finding, Progress, Prompt, Step, Verdict, conform, find, judge};
use serde_json::Value;

/// A row: what is there, a step, what it answers, what is there then. `@` stands for the folder.
pub struct Row {
    /// Run in the folder beforehand.
    pub before: &'static str,
    /// `type: arguments`, as in a playbook.
    pub step: &'static str,
    /// What `check` answers.
    pub verdict: Verdict,
    /// Whether something changed, or a part of the error.
    pub outcome: Result<bool, &'static str>,
    /// A part of the result.
    pub result: &'static str,
    /// Succeeds in the folder afterwards, also after the step was run again.
    pub after: &'static str,
}

/// What is said and asked.
#[derive(Default)]
pub struct Ears {
    pub said: Mutex<Vec<String>>,
    pub answer: bool,
}

#[async_trait]
impl Progress for Ears {
    fn moved(&self, _: u64, _: Option<u64>) {}
    fn say(&self, text: String) {
        self.said.lock().unwrap().push(text);
    }
    fn checkpoint(&self, _: Value) {}

    async fn keep(&self, data: serde_json::Value) -> Result<(), Failure> {
        self.checkpoint(data);
        Ok(())
    }
}

#[async_trait]
impl Prompt for Ears {
    async fn confirm(&self, _: &str, _: &Cancel) -> Result<bool, Failure> {
        Ok(self.answer)
    }
}

/// A folder of its own, removed at the end.
pub struct World {
    pub room: tempfile::TempDir,
    pub ears: Arc<Ears>,
    pub cx: Context,
}

impl World {
    pub fn new() -> Self {
        Self::answering(true)
    }

    pub fn answering(answer: bool) -> Self {
        let room = tempfile::tempdir().unwrap();
        let ears = Arc::new(Ears { answer, ..Ears::default() });
        let host = HostTarget {
            name: "here".to_owned(),
            via: Via::Local,
            address: "127.0.0.1".to_owned(),
            port: None,
            user: None,
            password: None,
            key: None,
            passphrase: None,
            ssh_args: Vec::new(),
            become_password: None,
        };
        let cx = Context {
            pool: Arc::new(Pool::new(Box::new(SshDialler::new(SshSettings::default())))),
            host: Some(Arc::new(host)),
            services: Arc::new(BTreeMap::new()),
            cancel: Cancel::root(),
            around: Cancel::root(),
            nested: None,
            progress: ears.clone(),
            prompt: ears.clone(),
            folder: room.path().to_owned(),
            sudo: None,
            environment: BTreeMap::new(),
            checkpoints: Arc::default(),
            run: "run1".to_owned(),
            ahead: Arc::default(),
            diffs: true,
        };
        Self { room, ears, cx }
    }

    pub fn path(&self) -> &Path {
        self.room.path()
    }

    /// The text with `@` replaced by the folder.
    pub fn fill(&self, text: &str) -> String {
        text.replace('@', self.path().to_str().unwrap())
    }

    /// Runs a shell text in the folder; the error is what it printed.
    pub fn sh(&self, text: &str) -> Result<String, String> {
        let mut command = Command::new("bash");
        let output = command.args(["-euc", &self.fill(text)]).current_dir(self.path()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stdout) + &text(&output.stderr))
        }
    }

    /// Check and apply, as the executor does it.
    pub async fn play(&self, step: &dyn Step) -> Result<(Verdict, Done, Option<String>), Failure> {
        let found: Finding = step.check(&self.cx).await?;
        let (verdict, diff) = (found.verdict.clone(), found.diff.clone());
        if step.class() == Class::Converge && verdict == Verdict::Same {
            return Ok((verdict, Done { changed: false, result: found.result }, diff));
        }
        let found = (step.class() == Class::Converge).then_some(found);
        Ok((verdict, step.apply(&self.cx, found).await?, diff))
    }
}

/// A step of a type from parameters that are known.
pub fn step_of(kind: &str, value: Value) -> Result<Box<dyn Step>, String> {
    let kind = find(kind).unwrap();
    let value = conform(&kind.shape, value).map_err(|(path, message)| format!("{path}: {message}"))?;
    (kind.build)(value)
}

/// A step as it is written in a playbook, through the static check.
pub fn read(text: &str) -> Result<Box<dyn Step>, String> {
    let source = Arc::new(Source::new("row", text));
    let node = runbook::yaml::parse(&source).map_err(|problems| render(&problems))?;
    let entry = node.as_map().unwrap().entries[0].clone();
    let mut problems = Problems::default();
    judge(&find(&entry.key).unwrap().shape, &entry.value, &mut problems);
    if !problems.is_empty() {
        return Err(render(&problems));
    }
    step_of(&entry.key, entry.value.to_json())
}

/// Whether every part of `part` is in `whole`.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| holds(whole, part)))
        }
        (whole, part) => whole == part,
    }
}

/// Plays every row, twice; a step that converges changes nothing the second time.
pub async fn play(rows: &[Row]) {
    for row in rows {
        let world = World::new();
        world.sh(row.before).unwrap_or_else(|error| panic!("{}: {error}", row.before));
        let step = read(&world.fill(row.step)).unwrap_or_else(|error| panic!("{}: {error}", row.step));
        let played = world.play(&*step).await;
        match (played, row.outcome) {
            (Ok((verdict, done, _)), Ok(changed)) => {
                assert_eq!((verdict, done.changed), (row.verdict.clone(), changed), "{}", row.step);
                let part: Value = serde_json::from_str(&world.fill(row.result)).unwrap();
                let result = Value::Object(done.result);
                assert!(holds(&result, &part), "{}: {result}", row.step);
            }
            (Err(failure), Err(part)) => {
                let told = format!("{} ({})", failure.error.message, failure.error.hint.clone().unwrap_or_default());
                let told = told.replace(world.path().to_str().unwrap(), "@");
                assert!(told.contains(part), "{}: {told}", row.step);
            }
            (played, _) => panic!("{}: {:?}", row.step, played.map(|(verdict, done, _)| (verdict, done))),
        }
        world.sh(row.after).unwrap_or_else(|error| panic!("{}: after: {error}", row.step));
        if row.outcome.is_ok() && step.class() == Class::Converge {
            let (verdict, done, _) = world.play(&*step).await.unwrap();
            assert_eq!((verdict, done.changed), (Verdict::Same, false), "again: {}", row.step);
            world.sh(row.after).unwrap_or_else(|error| panic!("{}: after again: {error}", row.step));
        }
    }
}
