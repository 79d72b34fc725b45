//! What is shared while a playbook and all that belongs to it is read: problems, files, and the limits of includes.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Place, Problem, Problems, Source};
use crate::secret::vault::Keyring;
use crate::yaml::{self, Node};

use super::model::{Named, Vocabulary};

/// The state of a reading.
pub struct Reader<'a> {
    /// The step types.
    pub vocabulary: &'a Vocabulary,
    /// What was found wrong.
    pub problems: Problems,
    /// Every file that was read.
    pub sources: Vec<Arc<Source>>,
    /// The files that include one another, outermost first: real path, and path as shown.
    pub chain: Vec<(PathBuf, String)>,
    /// How many steps were read, includes counted as often as they stand.
    pub steps: usize,
    /// How deep the steps being read are nested.
    pub depth: usize,
    /// Names that steps with mistakes would have given.
    pub lost: BTreeSet<Arc<str>>,
    /// Whether something could not be read that may have declared any name.
    pub open: bool,
    keys: &'a Keyring,
    project: PathBuf,
    files: HashMap<PathBuf, Option<Arc<Node>>>,
}

/// A file of the project that another one names.
pub struct Found {
    /// Where it really is.
    pub real: PathBuf,
    /// How it is shown: beside the file that names it, which is shown as it was given.
    pub shown: PathBuf,
}

impl<'a> Reader<'a> {
    /// A reading in the folder `project`, which nothing that is read may leave.
    pub fn new(project: PathBuf, vocabulary: &'a Vocabulary, keys: &'a Keyring) -> Self {
        Self {
            vocabulary,
            keys,
            problems: Problems::default(),
            sources: Vec::new(),
            chain: Vec::new(),
            steps: 0,
            depth: 0,
            lost: BTreeSet::new(),
            open: false,
            project,
            files: HashMap::new(),
        }
    }

    /// The file that `named` names, relative to the file it stands in.
    pub fn find(&mut self, named: &Named) -> Option<Found> {
        let beside = Path::new(&named.place.source.name).parent().unwrap_or(Path::new(""));
        let folder = if beside.as_os_str().is_empty() { Path::new(".") } else { beside };
        let target = folder.canonicalize().ok().map(|folder| normal(&folder.join(&named.name)));
        let inside = target.filter(|target| target.starts_with(&self.project));
        let Some(target) = inside.filter(|_| !Path::new(&named.name).is_absolute()) else {
            self.outside(named);
            return None;
        };
        let real = target.canonicalize().unwrap_or(target);
        if !real.starts_with(&self.project) {
            self.outside(named);
            return None;
        }
        Some(Found { real, shown: normal(&beside.join(&named.name)) })
    }

    fn outside(&mut self, named: &Named) {
        self.open = true;
        let problem = Problem::error(format!("`{}` lies outside the project", named.name)).at(named.place.clone());
        self.problems.push(problem.hint("name a file in the playbook's folder, relative to this one"));
    }

    /// The tree of a file; none if it was refused. A file is read once. `place` is where it is named.
    pub fn tree(&mut self, found: &Found, place: &Place) -> Option<Arc<Node>> {
        if let Some(known) = self.files.get(&found.real) {
            return known.clone();
        }
        let tree = match yaml::read_sealed(&found.shown, self.keys) {
            Ok(source) => {
                self.sources.push(Arc::clone(&source));
                yaml::parse(&source)
            }
            Err(problem) if problem.place.is_some() => Err(problem.note("named here", place.clone()).into()),
            Err(problem) => Err(problem.at(place.clone()).into()),
        };
        let tree = tree.map(Arc::new).map_err(|problems| self.problems.extend(problems)).ok();
        self.open |= tree.is_none();
        self.files.insert(found.real.clone(), tree.clone());
        tree
    }
}

/// `path` without `.` and `..`, by its words alone; what leads above its beginning stays.
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}
