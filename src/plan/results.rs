//! What a registered result holds, as far as its step's type tells: a field that is misspelt is found before anything
//! runs.
//!
//! In: a compiled step. Out: a record whose fields are known by name and unknown by value.

use std::sync::Arc;

use super::check::outside;
use super::model::{Action, Names};
use crate::diagnostic::Place;
use crate::secret::Taint;
use crate::step::Shape;
use crate::template::{Binding, Need, Record};

/// What the executor puts into every result, and whether it is a text.
const ALWAYS: [(&str, bool); 4] = [("changed", false), ("failed", false), ("skipped", false), ("error", true)];

/// The result of one run of a step, which `until`, `changed_when` and `failed_when` see.
pub fn of_one(action: &Action, because: &str) -> Binding {
    let own = action.kind.results.iter().map(|field| (Arc::from(field.key), matches!(field.shape, Shape::Text(_))));
    let set = if action.kind.defines_names { action.args.keys() } else { Vec::new() };
    record(own.chain(set.into_iter().map(|key| (key, false))), because, &action.place)
}

/// The result as later steps see it: that of a loop holds those of its items.
pub fn of_step(action: &Action, because: &str) -> Binding {
    match action.repeat.items {
        Some(_) => record([(Arc::from("results"), false)], because, &action.place),
        None => of_one(action, because),
    }
}

/// The same where the step has not been run, and is not going to be.
pub fn awaited_result(action: &Action) -> Binding {
    of_step(action, "what the step gives when it is applied")
}

/// `message`, in `each`.
pub fn of_message(action: &Action) -> Binding {
    let fields = action.kind.message.iter().map(|field| (Arc::from(field.key), matches!(field.shape, Shape::Text(_))));
    Binding::Record(Arc::new(entries(fields, "message", "a message that comes", &action.place)))
}

/// `failed`, in `rescue` and `always`.
pub fn of_failure(place: &Place) -> Binding {
    let fields = [("step", true), ("host", true), ("error", true), ("result", false)];
    let fields = fields.map(|(key, text)| (Arc::from(key), text));
    Binding::Record(Arc::new(entries(fields, "failed", "a failure in the block", place)))
}

/// Gives a name to a result. Where an earlier step gives the same name, either may be seen later: a `when` may have
/// passed the later one by.
pub fn give(names: &mut Names, name: &Arc<str>, result: &Binding, (because, place): (&str, &Place)) {
    let binding = match (names.get(name), result) {
        (None, _) => result.clone(),
        (Some(Binding::Record(earlier)), Binding::Record(later)) => {
            let mut both = earlier.as_ref().clone();
            both.extend(later.iter().map(|(key, binding)| (Arc::clone(key), binding.clone())));
            Binding::Record(Arc::new(both))
        }
        (Some(_), _) => outside(name, because, place),
    };
    names.insert(Arc::clone(name), binding);
}

fn record(fields: impl IntoIterator<Item = (Arc<str>, bool)>, because: &str, place: &Place) -> Binding {
    let all = fields.into_iter().chain(ALWAYS.map(|(key, text)| (Arc::from(key), text)));
    Binding::Record(Arc::new(entries(all, "result", because, place)))
}

/// Fields by their names and whether they are texts.
fn entries(fields: impl IntoIterator<Item = (Arc<str>, bool)>, name: &str, because: &str, place: &Place) -> Record {
    let need = |text| {
        let (name, because) = (name.to_owned(), because.to_owned());
        Arc::new(Need { name, because, place: Some(place.clone()), taint: Taint::OUTSIDE, text })
    };
    let (texts, others) = (need(true), need(false));
    let binding = |text| Binding::Unknown(Arc::clone(if text { &texts } else { &others }));
    fields.into_iter().map(|(field, text)| (field, binding(text))).collect()
}
