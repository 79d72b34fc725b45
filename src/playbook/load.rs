//! From a path to a playbook.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::model::{Gaps, Playbook, Step, Vocabulary};
use super::reader::Reader;
use super::{declarations, plays, values};
use crate::diagnostic::{Problem, Problems, Source};
use crate::secret::vault::Keyring;
use crate::yaml::{self, Entry, Map, Node, Value};

/// What was read of a playbook, and what is wrong with it.
pub struct Reading {
    /// The playbook, without what is wrong with it; none where its file is no mapping.
    pub playbook: Option<Playbook>,
    /// What is wrong.
    pub problems: Problems,
}

impl Reading {
    /// The playbook, if nothing is wrong with it.
    pub fn whole(self) -> Result<Playbook, Problems> {
        match self.playbook {
            Some(playbook) => self.problems.or(playbook),
            None => Err(self.problems),
        }
    }
}

/// Reads the playbook at `path` and all that belongs to it. `vocabulary` tells the step types, `keys` open
/// what Ansible Vault has encrypted. All
/// problems of all files are told at once; what is right is given all the same, so that it can be judged further.
pub fn load(path: &Path, vocabulary: &Vocabulary, keys: &Keyring) -> Reading {
    match read(path, vocabulary, keys) {
        Ok((playbook, problems)) => Reading { playbook: Some(playbook), problems },
        Err(problems) => Reading { playbook: None, problems },
    }
}

fn read(path: &Path, vocabulary: &Vocabulary, keys: &Keyring) -> Result<(Playbook, Problems), Problems> {
    let source = yaml::read(path)?;
    let folder = folder(path)?;
    let tree = yaml::parse(&source)?;
    let Some(map) = tree.as_map() else { return Err(no_mapping(&tree).into()) };
    let mut reader = Reader::new(folder.clone(), vocabulary, keys);
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    reader.chain.push((real, source.name.clone()));
    let mut playbook = Playbook {
        source: Arc::clone(&source),
        name: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        folder,
        lock: None,
        inputs: Vec::new(),
        secrets: Vec::new(),
        connections: Vec::new(),
        vars: Vec::new(),
        file_vars: Vec::new(),
        plays: Vec::new(),
        sources: vec![source],
        gaps: Gaps::default(),
    };
    head(&mut reader, map, &mut playbook);
    plays(&mut reader, map, &tree, &mut playbook);
    playbook.sources.append(&mut reader.sources);
    playbook.gaps.names.append(&mut reader.lost);
    playbook.gaps.open = reader.open;
    Ok((playbook, reader.problems))
}

/// Reads a list of steps that stands inside a step's parameters (`each`, `ready`), in a playbook of this `folder`;
/// also the files that it includes.
pub fn steps(
    node: &Node,
    folder: &Path,
    vocabulary: &Vocabulary,
    keys: &Keyring,
) -> Result<(Vec<Step>, Vec<Arc<Source>>), Problems> {
    let Some(nodes) = node.as_list() else { return Err(values::wrong("steps", node, "a list of steps").into()) };
    let mut reader = Reader::new(folder.to_owned(), vocabulary, keys);
    let shown = node.place.source.name.clone();
    reader.chain.push((Path::new(&shown).canonicalize().unwrap_or_default(), shown));
    let steps = reader.steps(nodes);
    let sources = reader.sources;
    reader.problems.or((steps, sources))
}

/// The folder a file lies in, absolute.
fn folder(path: &Path) -> Result<PathBuf, Problem> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    parent.canonicalize().map_err(|error| Problem::error(format!("`{}` cannot be read: {error}", parent.display())))
}

fn no_mapping(tree: &Node) -> Problem {
    let name = &tree.place.source.name;
    match &tree.value {
        Value::Null => Problem::error(format!("`{name}` is empty"))
            .at(tree.place.clone())
            .hint("a playbook has `steps` or `plays`"),
        Value::List(_) => {
            let problem = Problem::error("a playbook must be a mapping, found a list").at(tree.place.clone());
            problem.hint("put the plays under `plays:`")
        }
        _ => {
            let problem = Problem::error(format!("a playbook must be a mapping, found {}", tree.found()));
            problem.at(tree.place.clone()).hint("a playbook has `steps` or `plays`")
        }
    }
}

/// What is of the file and not of a play.
fn head(reader: &mut Reader<'_>, map: &Map, playbook: &mut Playbook) {
    let problems = &mut reader.problems;
    for entry in &map.entries {
        match &*entry.key {
            "name" => {
                if let Some(name) = values::text(entry, problems).as_ref().and_then(Node::written) {
                    name.clone_into(&mut playbook.name);
                }
            }
            "lock" => playbook.lock = values::text(entry, problems),
            "inputs" => {
                let before = problems.count();
                playbook.inputs = declarations::inputs(entry, problems);
                playbook.gaps.inputs = problems.count() > before;
            }
            "secrets" => {
                let before = problems.count();
                playbook.secrets = declarations::secrets(entry, problems);
                playbook.gaps.secrets = problems.count() > before;
            }
            "connections" => {
                playbook.connections = declarations::connections(entry, &mut playbook.gaps.names, problems);
            }
            "vars" => playbook.vars = values::variables(entry, problems),
            _ => {}
        }
    }
    if let Some(entry) = map.get("vars_files") {
        playbook.file_vars = reader.vars_files(entry);
    }
}

fn plays(reader: &mut Reader<'_>, map: &Map, tree: &Node, playbook: &mut Playbook) {
    let of_play = |entry: &&Entry| plays::KEYS.contains(&&*entry.key) && !plays::FILE.contains(&&*entry.key);
    values::unknown(map, &[plays::FILE, plays::KEYS].concat(), "the playbook", &mut reader.problems);
    if let Some(entry) = map.get("plays") {
        for beside in map.entries.iter().filter(of_play) {
            let problem = Problem::error(format!("`{}` stands beside `plays`", beside.key));
            let problem = problem.at(beside.key_place.clone()).hint("move it into a play");
            reader.problems.push(problem.note("the plays", entry.key_place.clone()));
        }
        playbook.plays = reader.plays(entry);
        return;
    }
    let place = map.entries.first().map_or(&tree.place, |entry| &entry.key_place);
    let mut play = reader.play(map, "play 1", place);
    // They have been read as the file's.
    play.vars = Vec::new();
    playbook.plays = vec![play];
}
