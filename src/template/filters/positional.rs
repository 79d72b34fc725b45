//! Jinja2's filters whose arguments may be given by their positions there, and here by their names only without this.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value, filters};
use minijinja_contrib::filters as contrib;

use super::{argument, bounded, named, refuse};

/// How far JSON is indented at each level.
const WIDEST_INDENT: usize = 100;

pub(super) fn register(env: &mut Environment<'static>) {
    env.add_function("cycler", |items: Rest<Value>| minijinja_contrib::globals::cycler(items.to_vec()));
    env.add_filter("urlencode", urlencode);
    env.add_filter("default", default);
    env.add_filter("d", default);
    env.add_filter("truncate", |state: &mut State, value: Value, args: Rest<ValueOrKwargs>| {
        contrib::truncate(state, &value, named(&["length", "killwords", "end", "leeway"], args)?)
    });
    env.add_filter("wordwrap", |value: Value, args: Rest<ValueOrKwargs>| {
        let names = &["width", "break_long_words", "wrapstring", "break_on_hyphens"];
        let kwargs = named(names, args)?;
        let width = kwargs.peek::<usize>("width").unwrap_or(79).max(1);
        let end = kwargs.peek::<&str>("wrapstring").map_or(1, str::len);
        let length = value.as_str().map_or(0, str::len);
        bounded((length / width).saturating_mul(end), "wordwrap")?;
        contrib::wordwrap(&value, kwargs)
    });
    env.add_filter("tojson", |value: Value, args: Rest<ValueOrKwargs>| {
        let kwargs = named(&["indent"], args)?;
        if kwargs.peek::<usize>("indent").is_ok_and(|indent| indent > WIDEST_INDENT) {
            return Err(refuse(format!("`tojson` indents by {WIDEST_INDENT} columns at most")));
        }
        filters::tojson(&value, None, kwargs)
    });
    env.add_filter("sort", |state: &State, value: Value, args: Rest<ValueOrKwargs>| {
        filters::sort(state, value, named(&["reverse", "case_sensitive", "attribute"], args)?)
    });
    env.add_filter("dictsort", |value: Value, args: Rest<ValueOrKwargs>| {
        filters::dictsort(&value, named(&["case_sensitive", "by", "reverse"], args)?)
    });
    env.add_filter("unique", |state: &State, value: Value, args: Rest<ValueOrKwargs>| {
        filters::unique(state, value, named(&["case_sensitive", "attribute"], args)?)
    });
    env.add_filter("min", |state: &State, value: Value, args: Rest<ValueOrKwargs>| {
        filters::min(state, value, named(&["case_sensitive", "attribute"], args)?)
    });
    env.add_filter("max", |state: &State, value: Value, args: Rest<ValueOrKwargs>| {
        filters::max(state, value, named(&["case_sensitive", "attribute"], args)?)
    });
}

/// In a query, as Python's `urlencode` does it, a blank is `+`.
fn urlencode(value: Value) -> Result<String, Error> {
    let encoded = filters::urlencode(&value)?;
    let is_query = matches!(value.kind(), ValueKind::Map | ValueKind::Seq | ValueKind::Iterable);
    Ok(if is_query { encoded.replace("%20", "+") } else { encoded })
}

/// Another value where this one is undefined, or (with `boolean`) where it is not true.
fn default(value: Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let kwargs = named(&["default_value", "boolean"], args)?;
    let other = argument(None, &kwargs, "default_value")?.unwrap_or_else(|| Value::from(""));
    let falsy = argument(None, &kwargs, "boolean")?.is_some_and(|boolean: Value| boolean.is_true());
    kwargs.assert_all_used()?;
    Ok(if value.is_undefined() || (falsy && !value.is_true()) { other } else { value })
}
