//! Which steps are wanted: `--tags` and `--skip-tags`, with Ansible's special tags `always`, `never`, `tagged`,
//! `untagged` and `all`.

use std::collections::BTreeSet;

use crate::diagnostic::Problem;
use crate::playbook::{Play, Step};

/// Tags that need not stand at any step.
const SPECIAL: [&str; 5] = ["all", "always", "never", "tagged", "untagged"];

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Only steps with one of these; empty means all.
    pub only: Vec<String>,
    /// No steps with one of these.
    pub skip: Vec<String>,
}

impl Tags {
    /// Whether a step with these tags runs.
    pub fn wants(&self, tags: &[String]) -> bool {
        let has = |name: &str| tags.iter().any(|tag| tag == name);
        let matches = |asked: &String| match asked.as_str() {
            "all" => !has("never"),
            "tagged" => !tags.is_empty(),
            "untagged" => tags.is_empty(),
            name => has(name),
        };
        let asked = if self.only.is_empty() { !has("never") } else { self.only.iter().any(matches) || has("always") };
        asked && !self.skip.iter().any(matches)
    }

    /// Tags that were asked for and that no step has.
    pub fn unknown(&self, plays: &[Play]) -> Vec<Problem> {
        let mut known = BTreeSet::from(SPECIAL);
        for play in plays {
            known.extend(play.common.tags.iter().map(String::as_str));
            collect(&play.steps, &mut known);
            collect(&play.handlers, &mut known);
        }
        let asked = [("--tags", &self.only), ("--skip-tags", &self.skip)];
        let asked = asked.into_iter().flat_map(|(flag, tags)| tags.iter().map(move |tag| (flag, tag)));
        let unknown = asked.filter(|(_, tag)| !known.contains(tag.as_str()));
        let problem = |(flag, tag): (&str, &String)| {
            let problem = Problem::error(format!("`{flag} {tag}`: no step has this tag"));
            problem.did_you_mean(tag, known.iter().copied())
        };
        unknown.map(problem).collect()
    }
}

fn collect<'a>(steps: &'a [Step], known: &mut BTreeSet<&'a str>) {
    for step in steps {
        known.extend(step.common.tags.iter().map(String::as_str));
        step.body.lists().into_iter().for_each(|list| collect(list, known));
    }
}
