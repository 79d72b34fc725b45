//! The files of this machine that the hosts of one step would write: two hosts at one path would leave only the last.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::model::Action;
use crate::diagnostic::Problem;
use crate::step::Access;

/// Who writes what.
#[derive(Default)]
pub struct Kept(BTreeMap<PathBuf, Vec<Arc<str>>>);

impl Kept {
    /// A host that writes; relative paths begin at `folder`.
    pub fn add(&mut self, host: &Arc<str>, access: &Access, folder: &Path) {
        for written in access.writes.iter().filter_map(|path| path.strip_prefix("local:")) {
            let mut path: PathBuf = Path::new(written).components().filter(|part| *part != Component::CurDir).collect();
            // A folder that is there already takes the file under its own name.
            if folder.join(&path).is_dir()
                && let Some(name) = access.reads.first().and_then(|read| Path::new(read).file_name())
            {
                path.push(name);
            }
            let hosts = self.0.entry(path).or_default();
            if !hosts.contains(host) {
                hosts.push(Arc::clone(host));
            }
        }
    }

    /// The paths that several hosts write.
    pub fn clashes(self, action: &Action) -> Vec<Problem> {
        let clash = |(path, hosts): (PathBuf, Vec<Arc<str>>)| {
            let some: Vec<&str> = hosts.iter().take(3).map(|host| &**host).collect();
            let more = if hosts.len() > 3 { ", ..." } else { "" };
            let (path, hosts) = (path.display(), hosts.len());
            Problem::error(format!("{hosts} hosts would write one file, {path}: {}{more}", some.join(", ")))
                .at(action.args.place_of("dest").clone())
                .hint("put `{{ host.name }}` into the path")
        };
        self.0.into_iter().filter(|(_, hosts)| hosts.len() > 1).map(clash).collect()
    }
}
