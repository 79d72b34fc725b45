//! The JSON Schema of YAML inventories, for editors.
//!
//! Out: a document (2020-12). Names of groups, hosts and vars are free; the vars that say how a host is reached are described.

use serde_json::{Map, Value, json};

use super::known::{KNOWN, KnownVar, VarKind};
use super::query;

/// A text with a template in it.
const TEMPLATE: &str = r"\{\{";

/// The document.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "runbook inventory",
        "description": "An inventory as Ansible has it: groups with hosts, vars and children; or rows of a database.",
        "type": "object",
        "properties": {
            "all": { "$ref": "#/$defs/group", "description": "The group of all hosts." },
            "query": { "anyOf": [{ "$ref": "#/$defs/query" }, { "$ref": "#/$defs/group" }] },
            "plugin": { "not": { "type": "string" }, "$ref": "#/$defs/group" },
        },
        "additionalProperties": { "$ref": "#/$defs/group" },
        "$defs": { "group": group(), "query": asked(), "vars": vars() },
    })
}

fn group() -> Value {
    json!({
        "description": "A group of hosts.",
        "type": ["object", "null"],
        "properties": {
            "hosts": {
                "description": "Its hosts, each with its vars; a range such as `web[01:20]` is many.",
                "type": ["object", "string", "null"],
                "additionalProperties": { "$ref": "#/$defs/vars" },
            },
            "vars": { "$ref": "#/$defs/vars", "description": "Vars of all its hosts." },
            "children": {
                "description": "The groups in it.",
                "type": ["object", "string", "null"],
                "additionalProperties": { "$ref": "#/$defs/group" },
            },
        },
        "additionalProperties": false,
    })
}

fn asked() -> Value {
    let properties: Map<String, Value> = query::FIELDS
        .iter()
        .map(|(name, description)| ((*name).to_owned(), json!({ "type": "string", "description": description })))
        .collect();
    json!({
        "description": "The hosts are rows of a database.",
        "type": "object",
        "properties": properties,
        "required": ["connection", "hosts"],
        "additionalProperties": false,
    })
}

fn vars() -> Value {
    let mut properties = Map::new();
    for var in KNOWN {
        for (n, name) in var.names.iter().enumerate() {
            let mut schema = value(var);
            schema["description"] = var.description.into();
            if n > 0 {
                schema["deprecated"] = true.into();
            }
            properties.insert((*name).to_owned(), schema);
        }
    }
    json!({
        "description": "Vars; those that begin with `ansible_` say how a host is reached.",
        "type": ["object", "null"],
        "properties": properties,
    })
}

fn value(var: &KnownVar) -> Value {
    let template = json!({ "type": "string", "pattern": TEMPLATE });
    match var.kind {
        VarKind::Text => json!({ "type": ["string", "number", "null"] }),
        VarKind::Port => json!({ "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 65535 },
            { "type": "string", "pattern": "^0*[1-9][0-9]*$" },
            { "type": "null" },
            template,
        ] }),
        VarKind::Flag => json!({ "type": ["boolean", "string", "integer", "null"] }),
        VarKind::Word(words) => json!({ "anyOf": [{ "enum": words }, { "type": "null" }, template] }),
    }
}
