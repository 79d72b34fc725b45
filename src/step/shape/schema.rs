//! A shape as JSON Schema (2020-12), for editors.

use serde_json::{Map, Value, json};

use super::{Field, Shape};

/// The fragment for a shape. Steps are `#/$defs/steps`, which the document around it defines.
pub fn schema(shape: &Shape) -> Value {
    let own = own(shape);
    let is_text =
        own.get("type") == Some(&"string".into()) && own.get("pattern").is_none() && own.get("enum").is_none();
    if is_text || !shape.takes_template() || matches!(shape, Shape::OneOf(_) | Shape::Any(_) | Shape::Text(_)) {
        return own;
    }
    json!({ "anyOf": [own, template()] })
}

/// A text with `{{ }}` or `{% %}`.
fn template() -> Value {
    json!({ "type": "string", "pattern": "\\{[{%]" })
}

fn own(shape: &Shape) -> Value {
    match shape {
        Shape::Text(_) => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Integer { min, max } => integer(*min, *max),
        Shape::Number => json!({ "type": "number" }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Duration => json!({ "type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$" }),
        Shape::Mode => json!({ "type": "string", "pattern": "^[0-7]{3,5}$" }),
        Shape::Any(_) => json!({}),
        Shape::List(shape) => json!({ "type": "array", "items": schema(shape) }),
        Shape::Map(shape) => json!({ "type": "object", "additionalProperties": schema(shape) }),
        Shape::Record(fields) => mapping_schema(fields),
        Shape::OneOf(shapes) => json!({ "anyOf": shapes.iter().map(schema).collect::<Vec<_>>() }),
        Shape::Choice(words) => json!({ "type": "string", "enum": words }),
        Shape::Connection(kinds) => {
            let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
            json!({ "type": "string", "description": format!("A connection: {}.", words.join(", ")) })
        }
        Shape::Expressions => {
            let one = json!({ "type": ["string", "boolean"] });
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        Shape::Steps => json!({ "$ref": "#/$defs/steps" }),
    }
}

fn integer(min: i64, max: i64) -> Value {
    let mut out = Map::from_iter([("type".to_owned(), json!("integer"))]);
    if min != i64::MIN {
        out.insert("minimum".to_owned(), min.into());
    }
    if max != i64::MAX {
        out.insert("maximum".to_owned(), max.into());
    }
    Value::Object(out)
}

/// The fragment for a mapping with these keys and no others.
pub fn mapping_schema(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|f| (f.key.to_owned(), described(f))).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.key).collect();
    let mut out = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    out
}

fn described(field: &Field) -> Value {
    let mut out = schema(&field.shape);
    if let Value::Object(map) = &mut out {
        map.insert("description".to_owned(), field.doc.into());
        if let Some(default) = field.default {
            let value = serde_json::from_str(default).unwrap_or_else(|_| default.into());
            map.insert("default".to_owned(), value);
        }
    }
    out
}
