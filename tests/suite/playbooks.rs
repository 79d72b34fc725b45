//! The playbooks of `playbooks/`, run as they are, and what they leave behind as other programs see it.

mod backup;
mod deploy;
mod messages;
mod quickstart;
mod rolling;
mod topology;
mod tour;
mod world;

use std::collections::BTreeSet;
use std::path::Path;

use crate::harness::case::root;

/// Each playbook and a test that runs it.
const RUN: &[(&str, fn())] = &[
    ("backup.yml", backup::dumps_arrive_whole_and_are_written_down),
    ("dead-letters.yml", messages::dead_letters_are_kept_and_have_another_chance),
    ("deploy.yml", deploy::a_release_is_announced_once_when_all_are_well),
    ("quickstart.yml", quickstart::runs_as_the_readme_says),
    ("roll-call.yml", messages::workers_that_are_asked_answer),
    ("rolling.yml", rolling::workers_are_updated_one_after_the_other),
    ("topology.yml", topology::a_topology_is_made_once),
    ("tour.yml", tour::ten_hosts_and_four_servers),
];

#[test]
fn every_playbook_has_a_test() {
    let folder = std::fs::read_dir(root().join("playbooks")).expect("playbooks");
    let names = folder.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let there: BTreeSet<String> =
        names.filter(|name| Path::new(name).extension().is_some_and(|end| end == "yml")).collect();
    let run: BTreeSet<String> = RUN.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, run);
}
