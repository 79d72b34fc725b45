//! The local files that steps name: read once, kept with their places, and compiled where they are templates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostic::{Passage, Problem, Problems, Source};
use crate::template::{Aliases, Engine, Tree, TreeKind};
use crate::yaml;

/// Templates that were read, by file and by what names mean in it.
type Rendered = BTreeMap<(PathBuf, Aliases), Result<Arc<Tree>, Problems>>;

/// The files of one run.
pub struct Files {
    folder: PathBuf,
    engine: Engine,
    templates: Mutex<Rendered>,
}

impl Files {
    /// Relative paths begin at `folder`.
    pub fn new(folder: &Path, engine: &Engine) -> Self {
        Self { folder: folder.to_owned(), engine: engine.clone(), templates: Mutex::default() }
    }

    /// The folder at which relative paths begin.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file's text.
    pub fn text(&self, path: &str) -> Result<String, Problem> {
        yaml::read(&self.folder.join(path)).map(|source| source.text.clone())
    }

    /// The text of every file in a folder, by name; what lies deeper is left out.
    pub fn texts(&self, path: &str) -> Result<Vec<(String, String)>, Problem> {
        let root = self.folder.join(path);
        let mut found = Vec::new();
        for file in below(&root)?.iter().filter(|file| file.parent() == Some(&root)) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push((name, yaml::read(file)?.text.clone()));
        }
        Ok(found)
    }

    /// A file, or every file below a folder, as compiled templates by their path below `path` ("" for a single file),
    /// in which `aliases` hold.
    pub fn templates(&self, path: &str, aliases: &Aliases) -> Result<Vec<(String, Arc<Tree>)>, Problems> {
        let root = self.folder.join(path);
        if !root.is_dir() {
            return Ok(vec![(String::new(), self.template(&root, aliases)?)]);
        }
        let mut found = Vec::new();
        for file in below(&root)? {
            let name = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().into_owned();
            found.push((name, self.template(&file, aliases)?));
        }
        Ok(found)
    }

    fn template(&self, path: &Path, aliases: &Aliases) -> Result<Arc<Tree>, Problems> {
        let mut known = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (path.to_owned(), Arc::clone(aliases));
        known.entry(key).or_insert_with(|| self.compile(path, aliases)).clone()
    }

    fn compile(&self, path: &Path, aliases: &Aliases) -> Result<Arc<Tree>, Problems> {
        let source = yaml::read(path)?;
        let passage = Passage::verbatim(&near(path, source));
        let place = passage.place.clone();
        let template = self.engine.with_aliases(Arc::clone(aliases)).file(&passage)?;
        Ok(Arc::new(Tree { kind: TreeKind::Template(Arc::new(template)), place }))
    }
}

/// The file under the name by which people know it: from the folder they are in.
fn near(path: &Path, source: Arc<Source>) -> Arc<Source> {
    let here = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&here) {
        Ok(short) => Arc::new(Source::new(short.display().to_string(), source.text.clone())),
        Err(_) => source,
    }
}

/// Every regular file below a folder, in the order of their names.
fn below(root: &Path) -> Result<Vec<PathBuf>, Problem> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        let failed = |error| Problem::error(format!("the folder {} cannot be read: {error}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            match entry.file_type().map_err(failed)? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}
