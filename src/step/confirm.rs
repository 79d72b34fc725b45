//! `confirm`: asks a person before it goes on.

use async_trait::async_trait;
use serde_json::Value;

use super::{Context, Done, Failure, Finding, Runs, Shape, Step, StepType, Verdict};
use crate::event::Class;
use crate::template::Sink;

/// The row of `confirm`.
pub static TYPE: StepType = StepType {
    name: "confirm",
    summary: "Asks on the terminal and goes on only with a yes.",
    example: r#"- confirm: "Deploy to {{ hosts | length }} hosts?"
"#,
    runs: Runs::Service,
    shape: Shape::Text(Sink::Plain),
    results: &[],
    build,
    ..StepType::DEFAULT
};

struct Confirm(String);

fn build(value: Value) -> Result<Box<dyn Step>, String> {
    match value {
        Value::String(question) if !question.trim().is_empty() => Ok(Box::new(Confirm(question))),
        _ => Err("`confirm` asks nothing".to_owned()),
    }
}

#[async_trait]
impl Step for Confirm {
    fn class(&self) -> Class {
        Class::Action
    }

    async fn check(&self, _: &Context) -> Result<Finding, Failure> {
        Ok(Finding::new(Verdict::Act, format!("ask: {}", self.0)))
    }

    async fn apply(&self, cx: &Context, _: Option<Finding>) -> Result<Done, Failure> {
        let agreed = cx.prompt.confirm(&self.0, &cx.cancel).await?;
        if agreed { Ok(Done::default()) } else { Err(Failure::failed("not confirmed")) }
    }
}
