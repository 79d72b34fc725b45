//! How a step ended on a target, with its result as later steps see it.

use serde_json::{Value, json};

use super::attempt::{Attempt, Missed};
use crate::event::{Outcome, StepError, StepFinished};
use crate::secret::Taint;
use crate::step::{Failure, FailureKind, Results};

/// The end of a step.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// The whole result, as later steps see it.
    pub result: Value,
    /// Why it did not end well.
    pub error: Option<StepError>,
    /// What went into it.
    pub taint: Taint,
    /// What was or would be changed.
    pub diff: Option<String>,
    /// Refused for safety.
    pub refused: bool,
    /// `ignore_errors` passed it over.
    pub ignored: bool,
}

impl Ended {
    /// The end of an attempt that went well.
    pub fn good(attempt: Attempt) -> Self {
        let outcome = if attempt.changed { Outcome::Changed } else { Outcome::Ok };
        let result = Value::Object(attempt.result);
        let mut ended = Self {
            outcome,
            result,
            error: None,
            taint: attempt.taint,
            diff: attempt.diff,
            refused: false,
            ignored: false,
        };
        ended.flags();
        ended
    }

    /// The end of an attempt that did not.
    pub fn missed(missed: &Missed) -> Self {
        Self::of(&missed.failure, missed.taint)
    }

    /// The end of a step that failed.
    pub fn of(failure: &Failure, taint: Taint) -> Self {
        let outcome = match failure.kind {
            FailureKind::Failed | FailureKind::Stopped(_) => Outcome::Failed,
            FailureKind::Unreachable => Outcome::Unreachable,
            FailureKind::Unknown => Outcome::Unknown,
        };
        let result = Value::Object(failure.result.clone());
        let error = Some(failure.error.clone());
        let refused = failure.error.refused;
        let mut ended = Self { outcome, result, error, taint, diff: None, refused, ignored: false };
        ended.flags();
        ended
    }

    /// `when` was false.
    pub fn skipped() -> Self {
        let result = Self::skipped_with(Results::new());
        Self {
            outcome: Outcome::Skipped,
            result,
            error: None,
            taint: Taint::PUBLIC,
            diff: None,
            refused: false,
            ignored: false,
        }
    }

    /// The result of a step that was skipped, with fields.
    pub fn skipped_with(mut fields: Results) -> Value {
        fields
            .extend([("changed", false), ("failed", false), ("skipped", true)].map(|(k, v)| (k.to_owned(), v.into())));
        Value::Object(fields)
    }

    /// Puts `changed`, `failed` and `skipped` into the result.
    pub fn flags(&mut self) {
        if !self.result.is_object() {
            self.result = json!({});
        }
        self.result["changed"] = (self.outcome == Outcome::Changed).into();
        self.result["failed"] = (!self.outcome.is_good()).into();
        self.result["skipped"] = (self.outcome == Outcome::Skipped).into();
        if let Some(error) = &self.error {
            self.result["error"] = error.message.as_str().into();
        }
    }

    /// The end that an earlier process of this run has seen.
    pub fn remembered(end: &StepFinished) -> Self {
        Self {
            outcome: end.outcome,
            result: end.result.clone(),
            error: end.error.clone(),
            taint: Taint::OUTSIDE,
            diff: None,
            refused: false,
            ignored: end.ignored,
        }
    }
}
