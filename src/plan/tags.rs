//! Which steps are wanted: `--tags` and `--skip-tags`, with Ansible's special tags `always`, `never`, `tagged`,
//! `untagged` and `all`.

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
}
