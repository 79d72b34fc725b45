//! What an executable inventory prints: Ansible's dynamic-inventory JSON.
//!
//! In: the executable. Out: what it says, in the draft. Every value is outside data and never a template.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::diagnostic::{Place, Source};
use crate::text::is_unsafe;

use super::draft::{Draft, GroupId, HostId};
use super::plugin::{LIMIT, Plugin};
use super::value;

/// How long all calls for single hosts may take together.
const HOSTS_LIMIT: Duration = Duration::from_mins(5);

/// Runs the executable and reads what it prints into the draft.
pub(super) fn read(plugin: &Plugin, draft: &mut Draft) {
    let Some(data) = object(plugin, &["--list"], LIMIT, draft) else { return };
    let mut output = Output { plugin, place: plugin.place(), hosts: Vec::new(), draft };
    let meta = data.get("_meta").and_then(|meta| meta.get("hostvars"));
    for (name, group) in data.iter().filter(|(name, _)| *name != "_meta") {
        output.group(name, group);
    }
    match meta {
        Some(Value::Object(hostvars)) => output.hostvars(hostvars),
        Some(other) => output.wrong(&format!("`_meta.hostvars` must be a mapping, found {}", found(other))),
        None => output.ask_hosts(),
    }
}

/// What one call prints, as a mapping. Nothing at all is an empty one where a single host was asked for.
fn object(plugin: &Plugin, arguments: &[&str], limit: Duration, draft: &mut Draft) -> Option<Map<String, Value>> {
    let printed = match plugin.call(arguments, limit) {
        Ok(printed) => printed,
        Err(problem) => {
            draft.problem(problem);
            return None;
        }
    };
    if printed.text.trim().is_empty() && arguments.len() > 1 {
        return Some(Map::new());
    }
    let parsed = serde_json::from_str(&printed.text);
    let name = format!("<{} {}>", plugin.path.display(), arguments.join(" "));
    draft.sources.push(Arc::new(Source::new(name, printed.text)));
    let said = match parsed {
        Ok(Value::Object(object)) => return Some(object),
        Ok(other) => format!("printed {}, not a mapping", found(&other)),
        Err(error) => format!("printed no JSON: line {}, column {}", error.line(), error.column()),
    };
    draft.problem(plugin.problem(&said, printed.complaint.as_deref()));
    None
}

struct Output<'a, 'd, 'e> {
    plugin: &'a Plugin<'a>,
    place: Place,
    /// The hosts it named, each once.
    hosts: Vec<HostId>,
    draft: &'d mut Draft<'e>,
}

impl Output<'_, '_, '_> {
    fn wrong(&mut self, message: &str) {
        self.draft.problem(self.plugin.problem(&format!("printed what is no inventory: {message}"), None));
    }

    fn group(&mut self, name: &str, data: &Value) {
        let Some(group) = self.named(name) else { return };
        match data {
            Value::Object(data) if ["hosts", "vars", "children"].iter().any(|key| data.contains_key(*key)) => {
                self.each(name, data, "hosts", |output, host| output.host(host, group));
                self.each(name, data, "children", |output, child| output.child(child, group));
                self.group_vars(name, data.get("vars"), group);
            }
            // Ansible takes anything else for the vars of a host of the group's name.
            Value::Object(vars) => {
                self.host(name, group);
                self.group_vars(name, Some(&Value::Object(vars.clone())), group);
            }
            Value::Array(hosts) => {
                self.items(&format!("group `{name}`"), hosts, |output, host| output.host(host, group));
            }
            other => self.wrong(&format!("group `{name}` must be a mapping, found {}", found(other))),
        }
    }

    fn named(&mut self, name: &str) -> Option<GroupId> {
        if name.is_empty() || name.chars().any(is_unsafe) {
            self.wrong(&format!("`{name}` is no name of a group"));
            return None;
        }
        Some(self.draft.add_group(name, Some(self.place.clone())))
    }

    /// Calls `take` for each text of the list under a key.
    fn each(&mut self, group: &str, data: &Map<String, Value>, key: &str, take: impl Fn(&mut Self, &str)) {
        let what = format!("`{key}` of group `{group}`");
        match data.get(key) {
            None => {}
            Some(Value::Array(items)) => self.items(&what, items, take),
            Some(other) => self.wrong(&format!("{what} must be a list, found {}", found(other))),
        }
    }

    fn items(&mut self, what: &str, items: &[Value], take: impl Fn(&mut Self, &str)) {
        for item in items {
            match item.as_str() {
                Some(text) => take(self, text),
                None => self.wrong(&format!("{what} must hold names, found {}", found(item))),
            }
        }
    }

    fn host(&mut self, name: &str, group: GroupId) {
        let place = self.place.clone();
        self.hosts.extend(self.draft.add_host(name, Some(group), &place));
    }

    fn child(&mut self, name: &str, group: GroupId) {
        if let Some(child) = self.named(name) {
            self.draft.nest(group, child, Some(self.place.clone()));
        }
    }

    fn group_vars(&mut self, name: &str, vars: Option<&Value>, group: GroupId) {
        let vars = match vars {
            None => return,
            Some(Value::Object(vars)) => vars,
            Some(other) => {
                return self.wrong(&format!("`vars` of group `{name}` must be a mapping, found {}", found(other)));
            }
        };
        for (name, value) in vars {
            match value::printed(name, value, &self.place) {
                Ok(var) => self.draft.set_group_var(group, &name.as_str().into(), var),
                Err(problems) => self.draft.problems(problems),
            }
        }
    }

    /// Sets the vars of the hosts it named; vars of others are not used, as in Ansible.
    fn hostvars(&mut self, hostvars: &Map<String, Value>) {
        for host in self.each_host() {
            let vars = self.draft.hosts.get_index(host).and_then(|(name, _)| hostvars.get(&**name));
            match vars {
                None => {}
                Some(Value::Object(vars)) => self.host_vars(host, vars),
                Some(other) => self.wrong(&format!("the vars of a host must be a mapping, found {}", found(other))),
            }
        }
    }

    fn host_vars(&mut self, host: HostId, vars: &Map<String, Value>) {
        for (name, value) in vars {
            match value::printed(name, value, &self.place) {
                Ok(var) => self.draft.set_host_var(host, &name.as_str().into(), var),
                Err(problems) => self.draft.problems(problems),
            }
        }
    }

    /// Asks for the vars of each host on its own, where the list did not have them.
    fn ask_hosts(&mut self) {
        let deadline = Instant::now() + HOSTS_LIMIT;
        for host in self.each_host() {
            let Some(name) = self.draft.hosts.get_index(host).map(|(name, _)| Arc::clone(name)) else { continue };
            let left = deadline.saturating_duration_since(Instant::now()).min(LIMIT);
            match object(self.plugin, &["--host", &name], left, self.draft) {
                Some(vars) => self.host_vars(host, &vars),
                // What fails for one host fails for the next thousand.
                None => return,
            }
        }
    }

    fn each_host(&mut self) -> Vec<HostId> {
        let mut hosts = std::mem::take(&mut self.hosts);
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
