//! `file`: a path on the host is a directory, a file, a link, or nothing; with its attributes.
//!
//! In: a path and the state it should have. Out: the comparison of one probe, and one command that makes it so.

mod absent;
mod link;
mod present;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::attributes::Attributes;
use super::{
    Access, Context, Done, Failure, Field, Finding, Results, Runs, Shape, Step, StepType, Subject, Verdict, path,
};
use crate::connection::host::PathState;
use crate::event::Class;
use crate::template::Sink;

/// The row of `file`.
pub static TYPE: StepType = StepType {
    name: "file",
    summary: "Makes directories and links, sets attributes, removes paths.",
    example: r#"- file: { path: /srv/app/releases, state: directory, mode: "0755", owner: app }
- file: { path: /srv/app/current, state: link, target: /srv/app/releases/1.4.0 }
- file: { path: /srv/app/old, state: absent }
"#,
    runs: Runs::OnHost,
    shape: Shape::Record(FIELDS),
    results: &[
        Field::new("path", Shape::Text(Sink::Plain), "The path, from the root."),
        Field::new("state", Shape::Text(Sink::Plain), "The state it has now."),
    ],
    subject: Subject::Of(&["path"]),
    build,
    ..StepType::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::new("path", Shape::Text(Sink::Path), "The path on the host.").required(),
    Field::new(
        "state",
        Shape::Choice(&["directory", "file", "absent", "link"]),
        "`directory`: made with its parents; `file`: must exist, attributes are set; `absent`: removed with all below it; \
         `link`: points to `target`.",
    )
    .default("file"),
    Field::new("mode", Shape::Mode, "Permission bits; a new directory gets 0755."),
    Field::new("owner", Shape::Text(Sink::Name), "Owner."),
    Field::new("group", Shape::Text(Sink::Name), "Group."),
    Field::new("target", Shape::Text(Sink::Path), "Where a link points, as it is written."),
];

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum State {
    Directory,
    #[default]
    File,
    Absent,
    Link,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    path: String,
    #[serde(default)]
    state: State,
    mode: Option<u32>,
    owner: Option<String>,
    group: Option<String>,
    target: Option<String>,
}

struct File {
    path: String,
    state: State,
    attributes: Attributes,
    target: String,
}

/// What is there and what is left to do.
struct Found {
    /// The path, from the root.
    path: String,
    /// What is left to do.
    task: Task,
}

/// What can be left to do at a path; each is one command.
enum Task {
    /// Nothing.
    Nothing,
    /// Wait for what is not there yet; it is looked for again.
    Missing,
    /// Make the directory.
    MakeDirectory(Attributes),
    /// Set attributes at this path (the end of the links that begin at the one given).
    Set(String, Attributes),
    /// Remove what is there.
    Remove(Box<PathState>),
    /// Make the link, in place of another or not.
    Link(Attributes),
}

fn build(value: Value) -> Result<Box<dyn Step>, String> {
    let params: Params = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let attributes = Attributes { mode: params.mode, owner: params.owner, group: params.group };
    let problem = match (params.state, &params.target) {
        (State::Link, None) => Some("`state: link` needs `target`".to_owned()),
        (State::Link, _) if attributes.mode.is_some() => Some("a link has no `mode` of its own".to_owned()),
        (State::Absent, _) if !attributes.is_empty() => Some("what is absent has no attributes".to_owned()),
        (State::Link, _) | (_, None) => None,
        (_, Some(_)) => Some("`target` goes with `state: link`".to_owned()),
    };
    let refused = || if params.state == State::Absent { absent::refusal(&params.path) } else { None };
    let problem = problem.or_else(|| path::problem("path", &params.path));
    match problem.or_else(|| attributes.problem()).or_else(refused) {
        Some(problem) => Err(problem),
        None => Ok(Box::new(File {
            path: params.path,
            state: params.state,
            attributes,
            target: params.target.unwrap_or_default(),
        })),
    }
}

impl File {
    fn result(&self, path: &str) -> Results {
        let word = match self.state {
            State::Directory => "directory",
            State::File => "file",
            State::Absent => "absent",
            State::Link => "link",
        };
        Results::from_iter([("path".to_owned(), path.into()), ("state".to_owned(), word.into())])
    }

    async fn compare(&self, cx: &Context) -> Result<(Finding, Found), Failure> {
        let path = path::absolute(cx, &self.path).await?;
        let attributes = self.attributes.named(cx).await?;
        let state = cx.probe(std::slice::from_ref(&path)).await?.pop().flatten();
        let (mut finding, task) = match self.state {
            State::Absent => absent::compare(cx, &path, state.as_ref()).await?,
            State::Link => link::compare(&path, &self.target, state.as_ref(), attributes)?,
            State::Directory | State::File => {
                present::compare(cx, self.state, &path, state.as_ref(), attributes).await?
            }
        };
        finding.fingerprints.insert(path.clone(), path::fingerprint(state.as_ref()));
        if finding.verdict == Verdict::Same {
            finding.result = self.result(&path);
        }
        Ok((finding, Found { path, task }))
    }
}

#[async_trait]
impl Step for File {
    fn class(&self) -> Class {
        Class::Converge
    }

    fn access(&self) -> Access {
        Access { reads: Vec::new(), writes: vec![self.path.clone()] }
    }

    fn paths(&self) -> Vec<String> {
        if path::is_absolute(&self.path) { vec![path::plain(&self.path)] } else { Vec::new() }
    }

    async fn check(&self, cx: &Context) -> Result<Finding, Failure> {
        let (mut finding, found) = self.compare(cx).await?;
        finding.carry = Some(Box::new(found));
        Ok(finding)
    }

    async fn apply(&self, cx: &Context, found: Option<Finding>) -> Result<Done, Failure> {
        let carried = found.and_then(|found| found.carry).and_then(|carry| carry.downcast::<Found>().ok());
        let found = match carried {
            Some(found) if !matches!(found.task, Task::Missing) => *found,
            _ => self.compare(cx).await?.1,
        };
        match &found.task {
            Task::Nothing => {}
            Task::Missing => return Err(present::missing(&found.path)),
            Task::MakeDirectory(attributes) => present::make(cx, &found.path, attributes).await?,
            Task::Set(path, attributes) => attributes.set(cx, std::slice::from_ref(path)).await?,
            Task::Remove(state) => absent::remove(cx, &found.path, state).await?,
            Task::Link(attributes) => link::make(cx, &found.path, &self.target, attributes).await?,
        }
        Ok(Done { changed: !matches!(found.task, Task::Nothing), result: self.result(&found.path) })
    }
}
