//! `log`: says something to people.

use async_trait::async_trait;
use serde_json::Value;

use super::{Context, Done, Failure, Finding, Results, Runs, Shape, Step, StepType, Subject};
use crate::event::Class;
use crate::template::Sink;

/// The row of `log`.
pub static TYPE: StepType = StepType {
    name: "log",
    summary: "Says something to people.",
    example: r#"- log: "{{ inventory_hostname }} is in {{ group_names | join(', ') }}"
"#,
    runs: Runs::PerHost,
    shape: Shape::Any(Sink::Plain),
    results: &[],
    subject: Subject::Nothing,
    build,
    ..StepType::DEFAULT
};

struct Log(String);

fn build(value: Value) -> Result<Box<dyn Step>, String> {
    match value {
        Value::Null => Err("`log` says nothing".to_owned()),
        Value::String(text) => Ok(Box::new(Log(text))),
        value => Ok(Box::new(Log(value.to_string()))),
    }
}

#[async_trait]
impl Step for Log {
    fn class(&self) -> Class {
        Class::Read
    }

    async fn check(&self, _: &Context) -> Result<Finding, Failure> {
        Ok(Finding::same(format!("say {}", self.0), Results::new()))
    }

    async fn apply(&self, cx: &Context, _: Option<Finding>) -> Result<Done, Failure> {
        cx.progress.say(self.0.clone());
        Ok(Done::default())
    }
}
