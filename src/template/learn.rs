//! Teaching the redactor what templates make of secrets.
//!
//! In: values that were computed from secrets. Only texts are learnt, and none that stands in public anyway: masking
//! the word `deploy` everywhere would hide nothing.

use minijinja::Value;
use minijinja::value::ValueKind;

use crate::secret::SHORTEST;

use super::compile::{Form, Run};
use super::resolve::{Target, reach};
use super::running::Template;
use super::{Scope, Tree, TreeKind};

/// Longer texts are not learnt as a whole; their parts are.
const LONGEST: usize = 4096;

/// How much of a value is searched.
const MOST: usize = 1000;

/// A value that was put into a text.
pub(super) fn emitted(template: &Template, scope: &Scope, value: &Value) {
    if let Some(text) = value.as_str() {
        learn(template, scope, text);
    }
}

/// The result of a template: texts in it that no known secret stands in.
pub(super) fn whole(template: &Template, scope: &Scope, value: &Value) {
    // What is only looked up was learnt where it was made.
    if matches!(&template.0.form, Form::Whole(code) if matches!(code.run, Run::Name(_))) {
        return;
    }
    let computed = matches!(template.0.form, Form::Whole(_));
    let mut pending = vec![value.clone()];
    let mut left = MOST;
    while let Some(value) = pending.pop() {
        left = left.saturating_sub(1);
        match (value.as_str(), value.kind(), left) {
            (_, _, 0) => return,
            (Some(text), ..) if computed || text.len() <= LONGEST => fresh(template, scope, text),
            (_, ValueKind::Seq, _) => pending.extend(value.try_iter().into_iter().flatten().take(left)),
            (_, ValueKind::Map, _) => {
                let keys = value.try_iter().into_iter().flatten().take(left);
                pending.extend(keys.filter_map(|key| value.get_item(&key).ok()));
            }
            _ => {}
        }
    }
}

fn fresh(template: &Template, scope: &Scope, text: &str) {
    if template.0.redactor.mask(text) == text {
        learn(template, scope, text);
    }
}

fn learn(template: &Template, scope: &Scope, text: &str) {
    if text.len() >= SHORTEST && !is_public(template, scope, text) {
        template.0.redactor.learn(text);
    }
}

/// Whether the text stands as it is in the template, or in a public value that the template uses.
fn is_public(template: &Template, scope: &Scope, text: &str) -> bool {
    if template.passage().text.contains(text) {
        return true;
    }
    template.uses().iter().any(|used| match reach(scope, &used.name, &used.path).target {
        Target::Known(data) => !data.taint.secret && holds(&data.value, text),
        Target::Lazy(tree) => is_written(tree, text, 16),
        _ => false,
    })
}

fn is_written(tree: &Tree, text: &str, depth: usize) -> bool {
    match &tree.kind {
        _ if depth == 0 => false,
        TreeKind::Literal(data) => !data.taint.secret && holds(&data.value, text),
        TreeKind::Template(_) | TreeKind::Awaited(_) => false,
        TreeKind::List(items) => items.iter().any(|item| is_written(item, text, depth - 1)),
        TreeKind::Map(entries) => entries.iter().any(|entry| is_written(&entry.value, text, depth - 1)),
    }
}

fn holds(value: &Value, text: &str) -> bool {
    let mut pending = vec![value.clone()];
    let mut left = MOST;
    while let Some(value) = pending.pop() {
        left = left.saturating_sub(1);
        match (value.as_str(), value.kind()) {
            _ if left == 0 => return false,
            (Some(inner), _) if inner == text => return true,
            (_, ValueKind::Seq) => pending.extend(value.try_iter().into_iter().flatten().take(left)),
            (_, ValueKind::Map) => {
                let keys = value.try_iter().into_iter().flatten().take(left);
                pending.extend(keys.filter_map(|key| value.get_item(&key).ok()));
            }
            _ => {}
        }
    }
    false
}
