//! Inventories that are rows of a database: `query: {connection: URL, hosts: SQL, groups: SQL}`.
//!
//! In: the declaration, and somebody who can ask a database. Out: hosts, their vars and groups, in the draft. Every value of
//! a row is outside data and never a template. Where nobody may be asked (`validate`), the inventory stays open.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diagnostic::{Place, Problem, Problems};
use crate::secret::{Secret, Taint};
use crate::template::{Binding, Data, Rules, Scope, Sink};
use crate::text::is_unsafe;
use crate::yaml::{Entry, Map as Fields, Node};

use super::draft::{Draft, HostId};
use super::value;

const KEYS: [&str; 3] = [FIELDS[0].0, FIELDS[1].0, FIELDS[2].0];

/// What `query` takes.
pub(super) const FIELDS: [(&str, &str); 3] = [
    ("connection", "The URL of the database: PostgreSQL, MySQL or SQLite."),
    ("hosts", "A statement whose rows are the hosts: columns name, address, port, user; the rest are vars."),
    ("groups", "A statement whose rows are pairs of group and host."),
];

/// Columns that are not vars of their own name.
const COLUMNS: [(&str, &str); 3] = [("address", "ansible_host"), ("port", "ansible_port"), ("user", "ansible_user")];

/// Asks a database; given by a layer that can.
pub trait Asks {
    /// The rows of one looking statement, as mappings of columns. A relative file of SQLite begins at `folder`.
    fn rows(&self, url: &Secret, folder: &Path, sql: &str) -> Result<Vec<Map<String, Value>>, Problem>;
}

/// Reads the declaration, and what it asks for, into the draft.
pub(super) fn read(entry: &Entry, draft: &mut Draft) {
    let Some(fields) = entry.value.as_map() else { return };
    let before = draft.problems.count();
    for field in fields.entries.iter().filter(|field| !KEYS.contains(&&*field.key)) {
        let problem = Problem::error(format!("unknown key `{}` in `query`", field.key)).at(field.key_place.clone());
        draft.problem(problem.did_you_mean(&field.key, KEYS));
    }
    let url = required(fields, "connection", entry, draft).and_then(|node| url(&node, draft));
    let hosts = required(fields, "hosts", entry, draft);
    let groups = fields.get("groups").map(|field| field.value.clone());
    if let Some(node) = groups.as_ref().filter(|node| node.as_text().is_none()) {
        draft.problem(no_text("groups", node));
    }
    let (Some(url), Some(hosts), true) = (url, hosts, draft.problems.count() == before) else { return };
    let Some(sql) = draft.sql else {
        draft.open = true;
        return;
    };
    let asking = Asking { sql, url, folder: folder(&entry.key_place) };
    hosts_of(&asking, &hosts, draft);
    if let Some(groups) = groups {
        groups_of(&asking, &groups, draft);
    }
}

struct Asking<'a> {
    sql: &'a dyn Asks,
    url: Secret,
    folder: PathBuf,
}

impl Asking<'_> {
    fn rows(&self, node: &Node, draft: &mut Draft) -> Vec<Map<String, Value>> {
        match self.sql.rows(&self.url, &self.folder, node.as_text().unwrap_or_default()) {
            Ok(rows) => rows,
            Err(problem) => {
                draft.problem(problem.at(node.place.clone()));
                Vec::new()
            }
        }
    }
}

fn required(fields: &Fields, key: &str, query: &Entry, draft: &mut Draft) -> Option<Node> {
    let Some(field) = fields.get(key) else {
        let problem = Problem::error(format!("`query` has no `{key}`")).at(query.key_place.clone());
        draft.problem(problem.hint("write `query: {connection: URL, hosts: SQL, groups: SQL}`"));
        return None;
    };
    if field.value.as_text().is_none_or(|text| text.trim().is_empty()) {
        draft.problem(no_text(key, &field.value));
        return None;
    }
    Some(field.value.clone())
}

fn no_text(key: &str, node: &Node) -> Problem {
    Problem::error(format!("`{key}` must be a text, found {}", node.found())).at(node.place.clone())
}

/// The URL, a template over the environment; its password is masked from now on.
fn url(node: &Node, draft: &mut Draft) -> Option<Secret> {
    let env: Map<String, Value> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, Value::from(value.into_string().ok()?))))
        .collect();
    let scope = Scope::empty().bind("env", Binding::Known(Data::from_json(&Value::Object(env), Taint::PUBLIC)));
    let tree = draft.engine.tree(node).map_err(|found| draft.problems(found)).ok()?;
    let mut found = Problems::default();
    tree.check(&scope, &mut found);
    if found.has_errors() {
        draft.problems(found);
        return None;
    }
    let data = tree.evaluate(&scope, Rules::of(Sink::Url)).map_err(|problem| draft.problem(problem)).ok()?;
    let text = data.value.to_string();
    if let Some(password) = url::Url::parse(&text).ok().as_ref().and_then(url::Url::password) {
        let plain = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
        draft.engine.redactor().learn(password);
        draft.engine.redactor().learn(&plain);
    }
    Some(Secret::new(text))
}

fn folder(place: &Place) -> PathBuf {
    let beside = Path::new(&place.source.name).parent().unwrap_or(Path::new(""));
    std::path::absolute(beside).unwrap_or_else(|_| beside.to_owned())
}

fn hosts_of(asking: &Asking<'_>, node: &Node, draft: &mut Draft) {
    let mut seen: HashMap<String, HostId> = HashMap::new();
    for (n, row) in asking.rows(node, draft).into_iter().enumerate() {
        let wrong = |text: String| Problem::error(format!("row {} of `hosts`: {text}", n + 1)).at(node.place.clone());
        let name = match row.get("name") {
            Some(Value::String(name)) => name.clone(),
            Some(Value::Null) => {
                draft.problem(wrong("`name` is null".to_owned()));
                continue;
            }
            Some(other) => other.to_string(),
            None => {
                let hint =
                    "select a column `name`; `address`, `port` and `user` say how it is reached, others are vars";
                return draft.problem(wrong("there is no column `name`".to_owned()).hint(hint));
            }
        };
        if seen.contains_key(&name) {
            draft.problem(wrong(format!("the host `{name}` is there already")));
            continue;
        }
        let Some(host) = draft.add_host(&name, None, &node.place) else { continue };
        seen.insert(name, host);
        vars(&row, host, &node.place, draft);
    }
}

/// The columns of a row as vars; a null is no var.
fn vars(row: &Map<String, Value>, host: HostId, place: &Place, draft: &mut Draft) {
    for (column, cell) in row.iter().filter(|(column, cell)| *column != "name" && !cell.is_null()) {
        let name = COLUMNS.iter().find(|(known, _)| known == column).map_or(column.as_str(), |(_, name)| name);
        match value::printed(name, cell, place) {
            Ok(var) => draft.set_host_var(host, &Arc::from(name), var),
            Err(problems) => draft.problems(problems),
        }
    }
}

fn groups_of(asking: &Asking<'_>, node: &Node, draft: &mut Draft) {
    for (n, row) in asking.rows(node, draft).into_iter().enumerate() {
        let wrong = |text: String| Problem::error(format!("row {} of `groups`: {text}", n + 1)).at(node.place.clone());
        let (Some(Value::String(group)), Some(Value::String(host))) = (row.get("group"), row.get("host")) else {
            let hint = "select the columns `group` and `host`, both texts";
            return draft.problem(wrong("there is no pair of `group` and `host`".to_owned()).hint(hint));
        };
        if group.is_empty() || group.chars().any(is_unsafe) {
            draft.problem(wrong(format!("`{group}` is no name of a group")));
            continue;
        }
        if !draft.hosts.contains_key(host.as_str()) {
            draft.problem(wrong(format!("there is no host `{host}`")).hint("`hosts` must name it"));
            continue;
        }
        let id = draft.add_group(group, Some(node.place.clone()));
        draft.add_host(host, Some(id), &node.place);
    }
}
