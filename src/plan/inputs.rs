//! Typed inputs: what `-e` gives, what the playbook declares, and whether they fit.

use std::sync::Arc;

use serde_json::Value;

use super::args::unkept;
use super::model::Names;
use crate::diagnostic::{Passage, Place, Problem, Problems};
use crate::playbook::{InputDecl, InputKind};
use crate::secret::Taint;
use crate::template::{Binding, Data, Engine, Rules, Scope, Sink};
use crate::yaml::{self, Node};

/// One name given with `-e`.
#[derive(Clone, Debug, PartialEq)]
pub struct Extra {
    /// The name.
    pub name: Arc<str>,
    /// The value; a text where it was written as `name=value`.
    pub value: Node,
    /// Where the name stands.
    pub place: Place,
}

impl Extra {
    /// `name=value` as it stands on the command line.
    pub fn pair(name: &str, value: &str) -> Self {
        let passage = Passage::unplaced("<-e>", value);
        let place = Passage::unplaced("<-e>", &format!("{name}={value}")).place;
        let value = Node { place: passage.place.clone(), value: yaml::Value::Text(passage) };
        Self { name: name.into(), value, place }
    }
}

/// The value of each input: given, default, or null; problems where one does not fit.
pub fn inputs(
    decls: &[InputDecl],
    extras: &[Extra],
    (engine, scope): (&Engine, &Scope),
    problems: &mut Problems,
) -> serde_json::Map<String, Value> {
    let mut values = serde_json::Map::new();
    for decl in decls {
        let name = decl.name.name.as_str();
        let given = extras.iter().rev().find(|extra| &*extra.name == name);
        let default = decl.default.as_ref().and_then(|node| {
            let found = default_value(node, engine, &with_inputs(scope, &values));
            let found = found.map_err(|problem| {
                let message = format!("the input `{name}` has no default: {}", problem.message);
                problems.push(Problem { message, ..problem });
            });
            let value = found.ok()?;
            if !value.is_null() {
                fits(decl, &value, &node.place, problems);
            }
            Some(value)
        });
        let Some(extra) = given else {
            if decl.required && decl.default.is_none() {
                let problem = Problem::error(format!("the input `{name}` is required")).at(decl.name.place.clone());
                problems.push(problem.hint(format!("give it with -e {name}=...")));
            }
            // Null where it is missing, so that this is told once only.
            values.insert(name.to_owned(), default.unwrap_or(Value::Null));
            continue;
        };
        match convert(decl.kind, &extra.value) {
            Ok(value) => {
                fits(decl, &value, &extra.place, problems);
                values.insert(name.to_owned(), value);
            }
            Err(message) => {
                let problem = Problem::error(format!("the input `{name}` {message}")).at(extra.place.clone());
                problems.push(problem.note("declared here", decl.name.place.clone()));
                values.insert(name.to_owned(), Value::Null);
            }
        }
    }
    values
}

/// `-e` names that are no inputs override vars; one that is declared nowhere is a mistake.
pub fn overrides(decls: &[InputDecl], extras: &[Extra], known: &[Arc<str>], problems: &mut Problems) -> Names {
    let mut names = Names::new();
    for extra in extras {
        if decls.iter().any(|decl| *decl.name.name == *extra.name) {
            continue;
        }
        if !known.contains(&extra.name) {
            let candidates = decls.iter().map(|decl| decl.name.name.as_str()).chain(known.iter().map(|name| &**name));
            let problem = Problem::error(format!("`-e {}`: no input or variable has this name", extra.name));
            problems.push(
                problem
                    .at(extra.place.clone())
                    .hint("declare it under `inputs:` or `vars:`")
                    .did_you_mean(&extra.name, candidates),
            );
        }
        let data = Data::from_json(&extra.value.to_json(), Taint::PUBLIC);
        names.insert(Arc::clone(&extra.name), Binding::Known(data));
    }
    names
}

/// A default may use the inputs that are declared above it.
fn with_inputs(scope: &Scope, values: &serde_json::Map<String, Value>) -> Scope {
    let inputs = Data::from_json(&Value::Object(values.clone()), Taint::PUBLIC);
    scope.with(Names::from([("inputs".into(), Binding::Known(inputs))]))
}

fn default_value(node: &Node, engine: &Engine, scope: &Scope) -> Result<Value, Problem> {
    let tree = engine
        .tree(node)
        .map_err(|found| found.into_iter().next().unwrap_or_else(|| Problem::error("the default cannot be read")))?;
    let data = tree.evaluate(scope, Rules::of(Sink::Plain))?;
    data.exact_json().map_err(|error| unkept(&error).at(tree.place.clone()))
}

/// The value in the declared type; a text from the command line is read as that type.
fn convert(kind: InputKind, node: &Node) -> Result<Value, String> {
    let value = node.to_json();
    let wrong = || format!("must be {}, found {}", kind.noun(), node.found());
    let Value::String(text) = &value else {
        return if has_kind(kind, &value) { Ok(value) } else { Err(wrong()) };
    };
    let read = match kind {
        InputKind::String => Some(value.clone()),
        InputKind::Integer => text.parse::<i64>().ok().map(Value::from),
        InputKind::Number => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
        InputKind::Boolean => match text.as_str() {
            "true" | "yes" | "on" => Some(true.into()),
            "false" | "no" | "off" => Some(false.into()),
            _ => None,
        },
        InputKind::List | InputKind::Map => serde_json::from_str(text).ok().filter(|value| has_kind(kind, value)),
    };
    read.ok_or_else(|| match kind {
        InputKind::List | InputKind::Map => format!("must be {}; on the command line, as JSON", kind.noun()),
        _ => format!("must be {}, found `{text}`", kind.noun()),
    })
}

fn has_kind(kind: InputKind, value: &Value) -> bool {
    match kind {
        InputKind::String => value.is_string(),
        InputKind::Integer => value.is_i64() || value.is_u64(),
        InputKind::Number => value.is_number(),
        InputKind::Boolean => value.is_boolean(),
        InputKind::List => value.is_array(),
        InputKind::Map => value.is_object(),
    }
}

/// Checks kind, enum, pattern and bounds.
pub(super) fn fits(decl: &InputDecl, value: &Value, place: &Place, problems: &mut Problems) {
    let name = &decl.name.name;
    let mut wrong = |what: String| {
        let problem = Problem::error(format!("the input `{name}` {what}")).at(place.clone());
        problems.push(if *place == decl.name.place {
            problem
        } else {
            problem.note("declared here", decl.name.place.clone())
        });
    };
    if !has_kind(decl.kind, value) {
        return wrong(format!("must be {}, found `{value}`", decl.kind.noun()));
    }
    if let Some(choices) = &decl.one_of {
        let choices: Vec<Value> = choices.iter().map(Node::to_json).collect();
        if !choices.contains(value) {
            let list: Vec<String> = choices.iter().map(ToString::to_string).collect();
            wrong(format!("must be one of {}, found {value}", list.join(", ")));
        }
    }
    if let (Some(pattern), Some(text)) = (decl.pattern.as_ref().and_then(Node::as_text), value.as_str()) {
        match regex::Regex::new(&format!("^(?:{pattern})$")) {
            Ok(regex) if regex.is_match(text) => {}
            Ok(_) => wrong(format!("does not match the pattern `{pattern}`: `{text}`")),
            Err(_) => wrong(format!("has a pattern that is no regular expression: `{pattern}`")),
        }
    }
    let (size, word) = measure(value);
    if let Some(min) = decl.min.as_ref().and_then(as_number)
        && size < min
    {
        wrong(format!("{word} at least {min}, found {size}"));
    }
    if let Some(max) = decl.max.as_ref().and_then(as_number)
        && size > max
    {
        wrong(format!("{word} at most {max}, found {size}"));
    }
}

fn as_number(node: &Node) -> Option<f64> {
    match &node.value {
        yaml::Value::Number(number) => number.as_f64(),
        _ => None,
    }
}

/// What `min` and `max` bound: a number's value, else a length.
#[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
fn measure(value: &Value) -> (f64, &'static str) {
    match value {
        Value::String(text) => (text.chars().count() as f64, "must have a length of"),
        Value::Array(items) => (items.len() as f64, "must have a length of"),
        Value::Object(map) => (map.len() as f64, "must have a length of"),
        other => (other.as_f64().unwrap_or(0.0), "must be"),
    }
}
