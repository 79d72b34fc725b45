//! What is in a list, to be asked often.

use std::collections::HashSet;

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::refuse;

/// How many lists and mappings may be compared with one another.
const MOST_COMPARED: usize = 1 << 24;

/// The items of a list, each once: texts, numbers and the like by their hash; lists and mappings one by one, for two
/// mappings are equal in whatever order they have their keys.
#[derive(Default)]
pub(super) struct Members {
    plain: HashSet<Value>,
    nested: Vec<Value>,
}

impl Members {
    /// Those of a list; of `asked` items it will be asked whether they are in it.
    pub fn of(list: &[Value], asked: &[Value]) -> Result<Self, Error> {
        let count = |list: &[Value]| list.iter().filter(|item| is_nested(item)).count();
        if count(list).saturating_mul(count(asked)) > MOST_COMPARED {
            return Err(refuse("these lists of lists or mappings are too long to be compared"));
        }
        let mut members = Self::default();
        for item in list {
            members.add(item);
        }
        Ok(members)
    }

    pub fn add(&mut self, item: &Value) {
        if is_nested(item) {
            self.nested.push(item.clone());
        } else {
            self.plain.insert(item.clone());
        }
    }

    pub fn has(&self, item: &Value) -> bool {
        if is_nested(item) { self.nested.contains(item) } else { self.plain.contains(item) }
    }
}

fn is_nested(value: &Value) -> bool {
    !matches!(
        value.kind(),
        ValueKind::Undefined | ValueKind::None | ValueKind::Bool | ValueKind::Number | ValueKind::String
    )
}
