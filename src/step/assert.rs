//! `assert`: fails where what must hold does not.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::{Context, Done, Failure, Field, Finding, Results, Runs, Shape, Step, StepType};
use crate::event::Class;
use crate::template::Sink;
use crate::text::spells_false;

/// The row of `assert`.
pub static TYPE: StepType = StepType {
    name: "assert",
    summary: "Fails where an expression is false.",
    example: r"- assert:
    that:
      - inventory_hostname in hosts
      - hosts | length < 10
    message: too many hosts at a time
",
    runs: Runs::PerHost,
    shape: Shape::Record(&[
        Field { required: true, ..Field::new("that", Shape::Expressions, "What must hold: bare expressions.") },
        Field::new("message", Shape::Text(Sink::Plain), "What to say where it does not."),
    ]),
    results: &[Field::new("assertion", Shape::Text(Sink::Plain), "The first expression that is false.")],
    build,
    ..StepType::DEFAULT
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assert {
    that: Vec<Claim>,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    text: String,
    value: Value,
}

fn build(value: Value) -> Result<Box<dyn Step>, String> {
    let step: Assert = serde_json::from_value(value).map_err(|error| error.to_string())?;
    if step.that.is_empty() {
        return Err("`that` claims nothing".to_owned());
    }
    for Claim { text, value } in &step.that {
        if let Some(value) = value.as_str().filter(|value| spells_false(value)) {
            return Err(format!("`{text}` is the text `{value}`, which would count as true: write `| bool` behind it"));
        }
    }
    Ok(Box::new(step))
}

/// Truth as in Jinja: what is empty, zero or nothing is false.
fn holds(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

#[async_trait]
impl Step for Assert {
    fn class(&self) -> Class {
        Class::Read
    }

    async fn check(&self, _: &Context) -> Result<Finding, Failure> {
        let texts: Vec<&str> = self.that.iter().map(|claim| claim.text.as_str()).collect();
        Ok(Finding::same(format!("assert {}", texts.join(", ")), Results::new()))
    }

    async fn apply(&self, _: &Context, _: Option<Finding>) -> Result<Done, Failure> {
        let Some(claim) = self.that.iter().find(|claim| !holds(&claim.value)) else { return Ok(Done::default()) };
        let why = format!("`{}` is false", claim.text);
        let message = self.message.as_ref().map_or_else(|| why.clone(), |message| format!("{message} ({why})"));
        let result = Results::from_iter([("assertion".to_owned(), claim.text.clone().into())]);
        Err(Failure::failed(message).result(result))
    }
}
