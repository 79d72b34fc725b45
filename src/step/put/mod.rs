//! `put`: files and folders of the control machine, texts and rendered templates, in place on the host.
//!
//! In: a source and what its copy is to look like. Out: a comparison with what is there, and the copy: only what
//! differs travels.

mod apply;
mod compare;
mod difference;
mod source;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::attributes::Attributes;
use super::{
    Access, Context, Done, Failure, Field, Finding, Results, Runs, Shape, SourceUse, Step, StepType, Subject, Verdict,
    path,
};
use crate::event::Class;
use crate::template::Sink;
use compare::Comparison;
pub(super) use source::digest;

/// The row of `put`.
pub static TYPE: StepType = StepType {
    name: "put",
    summary: "Puts a file, a folder or a text in place on each host.",
    example: r#"- name: The configuration
  put:
    src: files/app.conf.j2
    dest: /etc/app.conf
    template: true
    mode: "0644"
    owner: root
    backup: true
    validate: app --check %s
- put: { content: "maintained by runbook\n", dest: /etc/motd }
"#,
    runs: Runs::OnHost,
    shape: Shape::Record(FIELDS),
    results: &[
        Field::new("checksum", Shape::Text(Sink::Plain), "SHA-256 of the file; of a folder, over its sorted files."),
        Field::new("dest", Shape::Text(Sink::Plain), "The path on the host."),
        Field::new("size", Shape::Integer { min: 0, max: i64::MAX }, "Bytes."),
        Field::new("backup_file", Shape::Text(Sink::Plain), "Where the old file was kept; null if it was not."),
        Field::new("backup_files", Shape::List(&Shape::Text(Sink::Plain)), "The same for a folder."),
    ],
    sources,
    subject: Subject::Of(&["dest"]),
    build,
    looks_ahead: true,
    ..StepType::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::new("src", Shape::Text(Sink::Path), "A file or folder, relative to the playbook; a folder is copied whole."),
    Field::new("content", Shape::Text(Sink::Payload), "A text, instead of `src`."),
    Field::new("dest", Shape::Text(Sink::Path), "The path on the host; ending in `/`, the file's name is added.")
        .required(),
    Field::new(
        "mode",
        Shape::Mode,
        "Permission bits of the files; an existing file keeps its own, a new one gets 0644.",
    ),
    Field::new("owner", Shape::Text(Sink::Name), "Owner; an existing file keeps its own."),
    Field::new("group", Shape::Text(Sink::Name), "Group, likewise."),
    Field::new("template", Shape::Boolean, "Whether `src` is a template.").default("false"),
    Field::new("backup", Shape::Boolean, "Whether an old file is kept beside the new one.").default("false"),
    Field::new(
        "validate",
        Shape::Text(Sink::Shell),
        "A command that must accept the new file (`%s`) before it counts.",
    ),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    src: Option<String>,
    content: Option<String>,
    dest: String,
    mode: Option<u32>,
    owner: Option<String>,
    group: Option<String>,
    #[serde(default)]
    template: bool,
    #[serde(default)]
    backup: bool,
    validate: Option<String>,
    rendered: Option<BTreeMap<String, String>>,
}

struct Put(Params);

fn sources(value: &Value) -> Vec<(String, SourceUse)> {
    let template = value.get("template").is_some_and(|template| template != &Value::Bool(false));
    let used = if template { SourceUse::Template } else { SourceUse::Exists };
    value.get("src").and_then(Value::as_str).map(|src| (src.to_owned(), used)).into_iter().collect()
}

fn build(value: Value) -> Result<Box<dyn Step>, String> {
    let params: Params = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let problem = match (&params.src, &params.content) {
        (Some(_), Some(_)) => Some("`src` and `content` exclude each other"),
        (None, None) => Some("either `src` or `content` must be given"),
        (None, Some(_)) if params.template => Some("`template` goes with `src`; `content` is rendered as it is"),
        (None, Some(_)) if params.dest.ends_with('/') => Some("`dest` names a directory; add the file's name"),
        _ if params.validate.as_ref().is_some_and(|command| !command.contains("%s")) => {
            Some("`validate` must hold `%s`, where the new file's path goes")
        }
        _ => None,
    };
    let problem = problem.map(str::to_owned).or_else(|| path::problem("dest", &params.dest));
    match problem.or_else(|| params.attributes().problem()) {
        Some(problem) => Err(problem),
        None => Ok(Box::new(Put(params))),
    }
}

impl Params {
    fn attributes(&self) -> Attributes {
        Attributes { mode: self.mode, owner: self.owner.clone(), group: self.group.clone() }
    }

    /// The path on the host: where the copy of a file goes, or of a folder as a whole.
    fn dest(&self, is_folder: bool) -> String {
        match self.src.as_deref().and_then(path::base_name).filter(|_| !is_folder && self.dest.ends_with('/')) {
            Some(name) => format!("{}{name}", self.dest),
            None => self.dest.clone(),
        }
    }
}

impl Put {
    /// What is there, beside what should be.
    async fn look(&self, cx: &Context) -> Result<Comparison, Failure> {
        let listing = source::list(&self.0, cx).await?;
        let dest = path::absolute(cx, &self.0.dest(listing.is_folder)).await?;
        let attributes = self.0.attributes().named(cx).await?;
        compare::compare(cx, listing, dest, attributes).await
    }
}

#[async_trait]
impl Step for Put {
    fn class(&self) -> Class {
        Class::Converge
    }

    fn access(&self) -> Access {
        Access { reads: Vec::new(), writes: vec![self.0.dest(false)] }
    }

    fn paths(&self) -> Vec<String> {
        let dest = self.0.dest(false);
        if path::is_absolute(&dest) { vec![path::plain(&dest)] } else { Vec::new() }
    }

    async fn check(&self, cx: &Context) -> Result<Finding, Failure> {
        let comparison = self.look(cx).await?;
        if comparison.is_same() {
            let finding = Finding::same(format!("{} is as it should be", comparison.dest), comparison.result(&[]));
            return Ok(Finding { fingerprints: comparison.fingerprints, ..finding });
        }
        let mut finding = Finding::new(Verdict::Change, comparison.summary());
        finding = finding.diff(difference::text(cx, &comparison).await?);
        finding.fingerprints = comparison.fingerprints.clone();
        finding.carry = Some(Box::new(comparison));
        Ok(finding)
    }

    async fn apply(&self, cx: &Context, found: Option<Finding>) -> Result<Done, Failure> {
        let carried = found.and_then(|found| found.carry).and_then(|carry| carry.downcast::<Comparison>().ok());
        let comparison = match carried {
            Some(comparison) => *comparison,
            None => self.look(cx).await?,
        };
        let result: Results = apply::apply(cx, &self.0, &comparison).await?;
        Ok(Done { changed: !comparison.is_same(), result })
    }
}
