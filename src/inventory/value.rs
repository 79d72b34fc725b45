//! From what was written (or printed by a plug-in) to a variable: literals with their taint, templates compiled.

use std::sync::Arc;

use crate::diagnostic::{Place, Problem, Problems};
use crate::secret::{SHORTEST, Taint};
use crate::template::{Data, Engine, Tree, TreeKind};
use crate::yaml::{Node, Value};

use super::HostVar;

/// Whether a variable of this name is one of Ansible's passwords or passphrases: a secret, never shown.
pub fn is_secret_var(name: &str) -> bool {
    let ends = ["_password", "_pass", "_passphrase"];
    name.starts_with("ansible_") && ends.iter().any(|end| name.ends_with(end))
}

/// A variable as it was written in a file.
pub(super) fn written(name: &str, node: &Node, place: Place, engine: &Engine) -> Result<HostVar, Problems> {
    if has_template(node) || node.holds_vault() || node.place.source.is_secret() {
        return Ok(HostVar { value: Arc::new(engine.tree(node)?), place });
    }
    let taint = if is_secret_var(name) { Taint::SECRET } else { Taint::PUBLIC };
    if taint.secret {
        refuse_short(name, &node.to_json(), &node.place)?;
    }
    Ok(literal(&node.to_json(), taint, node.place.clone(), place))
}

/// A variable as a plug-in printed it: data, whatever it looks like.
pub(super) fn printed(name: &str, value: &serde_json::Value, place: &Place) -> Result<HostVar, Problems> {
    let taint = if is_secret_var(name) { Taint::OUTSIDE.join(Taint::SECRET) } else { Taint::OUTSIDE };
    if taint.secret {
        refuse_short(name, value, place)?;
    }
    Ok(literal(&unmarked(value), taint, place.clone(), place.clone()))
}

/// The value without Ansible's marks for texts that are no templates: here no text is one.
fn unmarked(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Array(items) => items.iter().map(unmarked).collect(),
        serde_json::Value::Object(map) => match map.get("__ansible_unsafe").filter(|_| map.len() == 1) {
            Some(text) => text.clone(),
            None => map.iter().map(|(key, value)| (key.clone(), unmarked(value))).collect(),
        },
        other => other.clone(),
    }
}

/// A variable that no file gives.
pub(super) fn literal(value: &serde_json::Value, taint: Taint, place: Place, name_place: Place) -> HostVar {
    let kind = TreeKind::Literal(Data::from_json(value, taint));
    HostVar { value: Arc::new(Tree { kind, place }), place: name_place }
}

/// A secret that is too short to be masked is refused (LANGUAGE, Values). Nothing at all is no secret.
fn refuse_short(name: &str, value: &serde_json::Value, place: &Place) -> Result<(), Problem> {
    let length = match value {
        serde_json::Value::Null => return Ok(()),
        serde_json::Value::String(text) if text.is_empty() => return Ok(()),
        serde_json::Value::String(text) => text.len(),
        other => other.to_string().len(),
    };
    if length >= SHORTEST {
        return Ok(());
    }
    let message = format!("the value of `{name}` is shorter than {SHORTEST} bytes, too short to be masked as a secret");
    Err(Problem::error(message)
        .at(Place::new(&place.source, place.start..place.start))
        .hint("use a longer one, or a key"))
}

/// Ansible reads YAML 1.1, in which these plain texts are booleans: `flag: no` must not become a text, which is true.
pub(super) fn read_booleans(node: &mut Node) {
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(read_booleans),
        Value::Map(map) => map.entries.iter_mut().for_each(|entry| read_booleans(&mut entry.value)),
        _ => {}
    }
    let flag = match node.as_text() {
        Some("yes" | "Yes" | "YES" | "on" | "On" | "ON") => true,
        Some("no" | "No" | "NO" | "off" | "Off" | "OFF") => false,
        _ => return,
    };
    if node.is_plain() {
        node.value = Value::Bool(flag);
    }
}

fn has_template(node: &Node) -> bool {
    match &node.value {
        Value::Text(passage) => ["{{", "{%", "{#"].iter().any(|mark| passage.text.contains(mark)),
        Value::List(items) => items.iter().any(has_template),
        Value::Map(map) => map.entries.iter().any(|entry| has_template(&entry.value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Vault(_) => false,
    }
}
