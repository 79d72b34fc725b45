//! `set`: gives names to values.

use async_trait::async_trait;
use serde_json::Value;

use super::{Context, Done, Failure, Finding, Results, Runs, Shape, Step, StepType};
use crate::event::Class;
use crate::template::Sink;

/// The row of `set`.
pub static TYPE: StepType = StepType {
    name: "set",
    summary: "Gives names to values.",
    example: r#"- set: { color: blue, port: "{{ 8000 + 80 }}" }
"#,
    runs: Runs::PerHost,
    shape: Shape::Map(&Shape::Any(Sink::Plain)),
    results: &[],
    defines_names: true,
    build,
    ..StepType::DEFAULT
};

struct Set(Results);

fn build(value: Value) -> Result<Box<dyn Step>, String> {
    match value {
        Value::Object(names) if !names.is_empty() => Ok(Box::new(Set(names))),
        _ => Err("`set` gives no name".to_owned()),
    }
}

#[async_trait]
impl Step for Set {
    fn class(&self) -> Class {
        Class::Read
    }

    async fn check(&self, _: &Context) -> Result<Finding, Failure> {
        let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        Ok(Finding::same(format!("set {}", names.join(", ")), self.0.clone()))
    }

    async fn apply(&self, _: &Context, _: Option<Finding>) -> Result<Done, Failure> {
        Ok(Done { changed: false, result: self.0.clone() })
    }
}
