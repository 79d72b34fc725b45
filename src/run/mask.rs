//! An event without secrets: every text that anybody wrote or a step gave is masked. What identifies a step (its key, its
//! host, its type) can hold no secret and stays, so that a run can be taken up again whatever its secrets are.

use serde_json::Value;

use crate::event::{Standing, StepError, StepFinished, What};
use crate::secret::Redactor;

/// In every result; set by runbook itself.
const FLAGS: [&str; 3] = ["changed", "failed", "skipped"];

/// Masks what happened.
pub(super) fn mask(what: &mut What, redactor: &Redactor) {
    let text = |text: &mut String| *text = redactor.mask(text);
    match what {
        What::RunStarted { name, recipe, .. } => {
            text(name);
            recipe.extra.iter_mut().for_each(text);
            recipe.flags.values_mut().for_each(|flag| redactor.mask_json(flag));
        }
        What::PlayStarted { name, .. } | What::StepStarted { name, .. } => text(name),
        What::StepSaid { text: said, .. } => text(said),
        What::StepCheckpointed { data, .. } => redactor.mask_json(data),
        What::AttemptFailed { error, .. } => mask_error(error, redactor),
        What::StepFinished(end) => mask_end(end, redactor),
        What::HostLeft { step, .. } => text(step),
        What::RolloutHalted { step, hosts, .. } => {
            text(step);
            hosts.values_mut().filter_map(Standing::step).for_each(text);
        }
        What::Warned { message } => text(message),
        What::RunResumed { .. }
        | What::BatchStarted { .. }
        | What::StepProgressed { .. }
        | What::HandlerNotified { .. }
        | What::RunFinished { .. } => {}
    }
}

fn mask_end(end: &mut StepFinished, redactor: &Redactor) {
    let text = |text: &mut String| *text = redactor.mask(text);
    [&mut end.play, &mut end.step].into_iter().chain(&mut end.diff).for_each(text);
    if let Some(error) = &mut end.error {
        mask_error(error, redactor);
    }
    let mut result = end.result.clone();
    mask_result(&mut result, redactor);
    // A later step would get the mask in place of what it needs.
    end.withheld |= result != end.result;
    end.result = result;
}

fn mask_result(result: &mut Value, redactor: &Redactor) {
    let Value::Object(fields) = &mut *result else { return redactor.mask_json(result) };
    let flags: Vec<_> = FLAGS.iter().filter_map(|flag| fields.remove_entry(*flag)).collect();
    redactor.mask_json(result);
    if let Value::Object(fields) = result {
        fields.extend(flags);
    }
}

fn mask_error(error: &mut StepError, redactor: &Redactor) {
    let text = |text: &mut String| *text = redactor.mask(text);
    text(&mut error.message);
    error.hint.iter_mut().for_each(text);
}
