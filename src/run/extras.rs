//! `-e name=value`, `-e @file.yml` and `-e '{"name": "value"}'`.

use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Problem, Problems, Source};
use crate::plan::Extra;
use crate::secret::vault::Keyring;
use crate::yaml;

/// Reads all of them; a later one is stronger.
pub fn read(given: &[String], keys: &Keyring) -> Result<Vec<Extra>, Problems> {
    let mut problems = Problems::default();
    let mut extras = Vec::new();
    for text in given {
        match one(text, keys) {
            Ok(found) => extras.extend(found),
            Err(found) => problems.extend(found),
        }
    }
    problems.or(extras)
}

fn one(text: &str, keys: &Keyring) -> Result<Vec<Extra>, Problems> {
    if let Some(path) = text.strip_prefix('@') {
        let source = yaml::read_sealed(Path::new(path), keys)?;
        return mapping(&source);
    }
    if text.trim_start().starts_with('{') {
        let source = Arc::new(Source::new("<-e>", text));
        return mapping(&source);
    }
    let Some((name, value)) = text.split_once('=') else {
        return Err(Problem::error(format!("`-e {text}` is neither `name=value` nor `@file`")).into());
    };
    Ok(vec![Extra::pair(name.trim(), value)])
}

fn mapping(source: &Arc<Source>) -> Result<Vec<Extra>, Problems> {
    let tree = yaml::parse(source)?;
    let Some(map) = tree.as_map() else {
        let problem = Problem::error(format!("a mapping of names to values is wanted, found {}", tree.found()));
        return Err(problem.at(tree.place.clone()).into());
    };
    let extra = |entry: &yaml::Entry| Extra {
        name: Arc::clone(&entry.key),
        value: entry.value.clone(),
        place: entry.key_place.clone(),
    };
    Ok(map.entries.iter().map(extra).collect())
}
