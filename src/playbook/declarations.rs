//! `inputs`, `secrets` and `connections`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::model::{ConnectionDecl, InputDecl, InputKind, Named, SecretDecl, SecretSource};
use super::{names, values};
use crate::diagnostic::{Place, Problem, Problems, Source};
use crate::secret::MASK;
use crate::yaml::{Entry, Map, Node, Value};

const INPUT: &[&str] = &["type", "required", "default", "enum", "pattern", "min", "max", "description"];

const KINDS: &[(&str, InputKind)] = &[
    ("string", InputKind::String),
    ("integer", InputKind::Integer),
    ("number", InputKind::Number),
    ("boolean", InputKind::Boolean),
    ("list", InputKind::List),
    ("map", InputKind::Map),
];

/// Other languages' words for the same.
const SYNONYMS: &[(&str, &str)] = &[
    ("str", "string"),
    ("text", "string"),
    ("int", "integer"),
    ("float", "number"),
    ("bool", "boolean"),
    ("array", "list"),
    ("dict", "map"),
    ("object", "map"),
    ("mapping", "map"),
];

/// Where a secret may come from.
pub const SECRET: &[&str] = &["env", "file", "command", "age"];

/// Whether a value may be given for this kind; a template may turn out to be anything.
pub fn fits(kind: InputKind, node: &Node) -> bool {
    match (&node.value, kind) {
        (Value::Text(passage), _) if values::is_template(&passage.text) => true,
        (Value::Text(_) | Value::Number(_) | Value::Bool(_), InputKind::String)
        | (Value::Number(_), InputKind::Number)
        | (Value::Bool(_), InputKind::Boolean)
        | (Value::List(_), InputKind::List)
        | (Value::Map(_), InputKind::Map) => true,
        (Value::Number(number), InputKind::Integer) => number.is_i64() || number.is_u64(),
        _ => false,
    }
}

/// The declarations under `inputs`.
pub fn inputs(entry: &Entry, problems: &mut Problems) -> Vec<InputDecl> {
    let entries = values::mapping(entry, problems).map(|map| map.entries.as_slice()).unwrap_or_default();
    entries.iter().filter_map(|entry| input(entry, problems)).collect()
}

fn input(entry: &Entry, problems: &mut Problems) -> Option<InputDecl> {
    let name = named(entry);
    problems.extend(names::identifier(&name.name, &name.place, "input"));
    let map = values::mapping(entry, problems)?;
    values::unknown(map, INPUT, &format!("input `{}`", entry.key), problems);
    let kind = map.get("type").and_then(|entry| kind(entry, problems)).unwrap_or(InputKind::String);
    let required = map.get("required").and_then(|entry| required(entry, problems)).unwrap_or(false);
    let one_of = map.get("enum").map(|entry| values::list(entry, "a list", problems).to_vec());
    let default = map.get("default").map(|entry| entry.value.clone()).filter(|node| node.value != Value::Null);
    for node in default.iter().chain(one_of.iter().flatten()).filter(|node| !fits(kind, node)) {
        problems.push(values::wrong(&entry.key, node, kind.noun()));
    }
    Some(InputDecl {
        kind,
        required,
        default,
        one_of,
        pattern: map.get("pattern").and_then(|entry| pattern(entry, problems)),
        min: map.get("min").and_then(|entry| bound(entry, problems)),
        max: map.get("max").and_then(|entry| bound(entry, problems)),
        description: map
            .get("description")
            .and_then(|entry| Some(values::text(entry, problems)?.written()?.to_owned())),
        name,
    })
}

fn named(entry: &Entry) -> Named {
    Named { name: entry.key.to_string(), place: entry.key_place.clone() }
}

fn kind(entry: &Entry, problems: &mut Problems) -> Option<InputKind> {
    let word = values::literal(entry, problems)?;
    let found = KINDS.iter().find(|(known, _)| *known == word.name).map(|(_, kind)| *kind);
    if found.is_none() {
        let problem = Problem::error(format!("unknown input type `{}`", word.name)).at(word.place);
        let ours = SYNONYMS.iter().find(|(theirs, _)| *theirs == word.name);
        problems.push(match ours {
            Some((_, ours)) => problem.hint(format!("here it is `{ours}`")),
            None => problem.did_you_mean(&word.name, KINDS.iter().map(|(known, _)| *known)),
        });
    }
    found
}

fn required(entry: &Entry, problems: &mut Problems) -> Option<bool> {
    if let Value::Bool(required) = values::flag(entry, problems)?.value {
        return Some(required);
    }
    problems.push(values::wrong(&entry.key, &entry.value, "`true` or `false`"));
    None
}

fn pattern(entry: &Entry, problems: &mut Problems) -> Option<Node> {
    let node = values::text(entry, problems)?;
    if regex::Regex::new(node.written().unwrap_or("")).is_err() {
        let problem = Problem::error("`pattern` is no regular expression").at(node.place.clone());
        problems.push(problem.hint("look at its brackets and backslashes; single quotes keep backslashes as they are"));
        return None;
    }
    Some(node)
}

fn bound(entry: &Entry, problems: &mut Problems) -> Option<Node> {
    let fits = matches!(entry.value.value, Value::Number(_));
    if !fits {
        problems.push(values::wrong(&entry.key, &entry.value, "a number"));
    }
    fits.then(|| entry.value.clone())
}

/// The declarations under `secrets`.
pub fn secrets(entry: &Entry, problems: &mut Problems) -> Vec<SecretDecl> {
    let entries = values::mapping(entry, problems).map(|map| map.entries.as_slice()).unwrap_or_default();
    entries.iter().filter_map(|entry| secret(entry, problems)).collect()
}

fn secret(entry: &Entry, problems: &mut Problems) -> Option<SecretDecl> {
    let name = named(entry);
    problems.extend(names::identifier(&name.name, &name.place, "secret"));
    let Some(map) = entry.value.as_map() else {
        let problem = Problem::error(format!("secret `{}` must say where it comes from", entry.key)).at(hidden(entry));
        problems.push(problem.hint("such as `{ env: NAME }` or `{ file: PATH }`"));
        return None;
    };
    values::unknown(map, SECRET, &format!("secret `{}`", entry.key), problems);
    let source = origin(&name, map, problems)?;
    Some(SecretDecl { name, source })
}

/// The place of a key in a copy of its source that does not hold the value: most likely that is the secret itself.
fn hidden(entry: &Entry) -> Place {
    let (key, value) = (&entry.key_place, &entry.value.place);
    let text = &key.source.text;
    let text = format!("{}{MASK}{}", &text[..value.start], &text[value.end..]);
    let source = Arc::new(Source::new(key.source.name.clone(), text));
    Place::new(&source, key.start..key.end)
}

fn origin(name: &Named, map: &Map, problems: &mut Problems) -> Option<SecretSource> {
    let known: Vec<&Entry> = map.entries.iter().filter(|entry| SECRET.contains(&&*entry.key)).collect();
    let [entry] = known.as_slice() else {
        let problem = Problem::error(format!("secret `{}` must come from exactly one place", name.name));
        problems.push(problem.at(name.place.clone()).hint("one of `env`, `file`, `command`, `age`"));
        return None;
    };
    let mut text = || values::literal(entry, problems).map(|text| text.name);
    match &*entry.key {
        "env" => text().map(SecretSource::Env),
        "file" => text().map(|path| SecretSource::File(PathBuf::from(path))),
        "age" => text().map(|path| SecretSource::Age(PathBuf::from(path))),
        _ => command(entry, problems),
    }
}

fn command(entry: &Entry, problems: &mut Problems) -> Option<SecretSource> {
    let items = values::list(entry, "a list: the program and its arguments", problems);
    let words: Option<Vec<String>> = items.iter().map(|node| node.written().map(str::to_owned)).collect();
    let fits = words.filter(|words| words.first().is_some_and(|program| !program.is_empty()));
    if fits.is_none() && entry.value.as_list().is_some() {
        problems.push(
            Problem::error("`command` must be a list of texts that begins with a program")
                .at(entry.value.place.clone()),
        );
    }
    fits.map(SecretSource::Command)
}

/// The declarations under `connections`; the names of those with mistakes are `lost`.
pub fn connections(entry: &Entry, lost: &mut BTreeSet<Arc<str>>, problems: &mut Problems) -> Vec<ConnectionDecl> {
    let entries = values::mapping(entry, problems).map(|map| map.entries.as_slice()).unwrap_or_default();
    let mut fit = Vec::new();
    for entry in entries {
        let before = problems.count();
        problems.extend(names::connection(&entry.key, &entry.key_place));
        match &entry.value.value {
            Value::Text(passage) if !passage.text.trim().is_empty() => {}
            Value::Map(map) if map.get("url").is_some() || map.get("kind").is_some() => {}
            Value::Map(_) => {
                let problem = Problem::error(format!("connection `{}` has neither `url` nor `kind`", entry.key));
                problems.push(problem.at(entry.key_place.clone()).hint("give one of them"));
            }
            _ => problems.push(values::wrong(&entry.key, &entry.value, "a URL, or a mapping")),
        }
        if problems.count() == before {
            fit.push(ConnectionDecl { name: named(entry), value: entry.value.clone() });
        } else {
            lost.insert(Arc::clone(&entry.key));
        }
    }
    fit
}
