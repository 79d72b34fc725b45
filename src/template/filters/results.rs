//! Tests of registered results: `is failed`, `is changed`, `is skipped`, `is succeeded` and their other names.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Value};

use super::refuse;

pub(super) fn register(env: &mut Environment<'static>) {
    let tests: [(&'static [&'static str], &'static str, bool); 6] = [
        (&["failed", "failure"], "failed", true),
        (&["succeeded", "success", "successful"], "failed", false),
        (&["skipped", "skip"], "skipped", true),
        (&["unreachable"], "unreachable", true),
        (&["reachable"], "unreachable", false),
        (&["changed", "change"], "changed", true),
    ];
    for (names, field, wanted) in tests {
        for name in names {
            env.add_test(*name, move |result: Value| holds(&result, field).map(|held| held == wanted));
        }
    }
}

fn holds(result: &Value, field: &str) -> Result<bool, Error> {
    match result.kind() {
        ValueKind::Map => {}
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        _ => return Err(refuse(format!("`is {field}` needs the result of a step"))),
    }
    let value = result.get_attr(field)?;
    if !value.is_undefined() || field != "changed" {
        return Ok(value.is_true());
    }
    let results = result.get_attr("results")?;
    let mut items = results.try_iter().into_iter().flatten();
    Ok(items.any(|item| item.get_attr("changed").is_ok_and(|changed| changed.is_true())))
}
