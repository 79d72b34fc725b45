//! From an action and a scope to a step that can be checked and applied: the same way for the plan, which does it to
//! find mistakes, and for the executor, which does it to run.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::files::Files;
use super::model::Action;
use crate::connection::Kind;
use crate::diagnostic::{Problem, Problems};
use crate::secret::Taint;
use crate::step::{Shape, SourceUse, Step};
use crate::template::{Rules, Scope, Sink, Tree};

/// A step with its parameters worked out.
pub struct Prepared {
    /// The step.
    pub step: Box<dyn Step>,
    /// The parameters, for people and the plan; may hold secrets.
    pub args: Value,
    /// What went into them.
    pub taint: Taint,
}

/// Why a step cannot be made ready.
#[derive(Debug)]
pub enum Unready {
    /// Something is wrong.
    Wrong(Problems),
    /// A file that it renders uses what an earlier step will give.
    Waiting,
}

impl<P: Into<Problems>> From<P> for Unready {
    fn from(problems: P) -> Self {
        Self::Wrong(problems.into())
    }
}

/// Works out the parameters of an action; `kind` is the system behind its connection, where it has one.
pub fn prepare(action: &Action, scope: &Scope, kind: Option<Kind>, files: &Files) -> Result<Prepared, Unready> {
    prepare_noting(action, scope, kind, files, &mut Vec::new())
}

/// The same, which also notes the template files that it renders.
pub fn prepare_noting(
    action: &Action,
    scope: &Scope,
    kind: Option<Kind>,
    files: &Files,
    templates: &mut Vec<Arc<Tree>>,
) -> Result<Prepared, Unready> {
    let quote = if kind == Some(Kind::Mysql) { '`' } else { '"' };
    let resolved = action.args.resolve(scope, quote)?;
    let (mut args, mut taint) = (resolved.value, resolved.taint);
    if let Some(kind) = kind {
        speaks(action, kind)?;
        (action.kind.fits)(&args, kind).map_err(|message| at(action, message))?;
    }
    let flaws = (action.kind.flaws)(&args, kind);
    if !flaws.is_empty() {
        let mut problems = Problems::default();
        problems.extend(flaws.into_iter().map(|flaw| Problem {
            hint: flaw.hint,
            ..Problem::error(flaw.message).at(action.args.place_at(&flaw.path).clone())
        }));
        return Err(problems.into());
    }
    let sources = (action.kind.sources)(&args);
    if !sources.is_empty() {
        let rendered_from = sources.iter().filter(|(_, used)| matches!(used, SourceUse::Template));
        let compiled = rendered_from.filter_map(|(path, _)| files.templates(path, &action.aliases).ok()).flatten();
        templates.extend(compiled.map(|(_, tree)| tree));
        let rendered = render(action, sources, scope, files, &mut taint)?;
        if let Value::Object(map) = &mut args {
            map.insert("rendered".to_owned(), Value::Object(rendered));
        }
    }
    let step = (action.kind.build)(args.clone()).map_err(|message| at(action, message))?;
    Ok(Prepared { step, args, taint })
}

fn at(action: &Action, message: String) -> Problem {
    Problem::error(message).at(action.args.place.clone())
}

/// Whether a step of this type works on such a system.
fn speaks(action: &Action, kind: Kind) -> Result<(), Problem> {
    let Shape::Record(fields) = &action.kind.shape else { return Ok(()) };
    let kinds = fields.iter().find_map(|field| match &field.shape {
        Shape::Connection(kinds) if field.key == "connection" => Some(*kinds),
        _ => None,
    });
    let Some(kinds) = kinds.filter(|kinds| !kinds.contains(&kind)) else { return Ok(()) };
    let wanted: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
    let problem = Problem::error(format!("`{}` does not work on {}", action.kind.name, kind.word()));
    Err(problem.at(action.args.place_of("connection").clone()).hint(format!("it works on {}", wanted.join(", "))))
}

/// A local file or folder that is not there, told at the parameter that names it.
fn missing(action: &Action, path: &str, used: SourceUse) -> Problem {
    let keys = action.args.keys();
    let key = ["src", "file", "path"].into_iter().find(|key| keys.iter().any(|known| &**known == *key));
    let place = key.map_or(&action.args.place, |key| action.args.place_of(key));
    let noun = if used == SourceUse::Folder { "folder" } else { "file" };
    Problem::error(format!("there is no {noun} `{path}`"))
        .at(place.clone())
        .hint("paths begin at the playbook's folder")
}

fn render(
    action: &Action,
    sources: Vec<(String, SourceUse)>,
    scope: &Scope,
    files: &Files,
    taint: &mut Taint,
) -> Result<Map<String, Value>, Unready> {
    let mut rendered = Map::new();
    for (path, used) in sources {
        if !files.folder().join(&path).exists() {
            return Err(missing(action, &path, used).into());
        }
        match used {
            SourceUse::Exists => {}
            SourceUse::Text => {
                let text = files.text(&path).map_err(|problem| at(action, problem.message))?;
                rendered.insert(String::new(), text.into());
            }
            SourceUse::Folder => {
                let texts = files.texts(&path).map_err(|problem| at(action, problem.message))?;
                rendered.extend(texts.into_iter().map(|(name, text)| (name, text.into())));
            }
            SourceUse::Template => {
                for (name, tree) in files.templates(&path, &action.aliases)? {
                    if !tree.needs(scope).is_empty() {
                        let mut all = Problems::default();
                        tree.check(scope, &mut all);
                        return Err(if all.has_errors() { all.into() } else { Unready::Waiting });
                    }
                    let data = tree.evaluate(scope, Rules::of(Sink::Payload)).map_err(|problem| {
                        let mut all = Problems::default();
                        tree.check(scope, &mut all);
                        if all.has_errors() { all } else { problem.into() }
                    })?;
                    *taint = taint.join(data.taint);
                    let text = data.value.as_str().map_or_else(|| data.value.to_string(), str::to_owned);
                    rendered.insert(name, text.into());
                }
            }
        }
    }
    Ok(rendered)
}
