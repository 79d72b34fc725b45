//! Lists and mappings: set operations, `combine`, `flatten`, `dict2items`, `extract` and others.

use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::members::Members;
use super::{argument, arguments, bounded, items, refuse, text};

pub(super) fn register(env: &mut Environment<'static>) {
    env.add_filter("difference", |a: Value, b: Value| pick([&a, &b], "difference", Some(false)));
    env.add_filter("intersect", |a: Value, b: Value| pick([&a, &b], "intersect", Some(true)));
    env.add_filter("union", |a: Value, b: Value| pick([&a, &b], "union", None));
    env.add_filter("symmetric_difference", |a: Value, b: Value| {
        let [only_a, only_b] = [[&a, &b], [&b, &a]].map(|lists| pick(lists, "symmetric_difference", Some(false)));
        Ok::<_, Error>([only_a?, only_b?].concat())
    });
    env.add_filter("flatten", flatten_filter);
    env.add_filter("combine", combine);
    env.add_filter("dict2items", dict2items);
    env.add_filter("items2dict", items2dict);
    env.add_filter("extract", extract);
    env.add_filter("zip_longest", zip_longest);
    env.add_filter("join", join);
    env.add_filter("mandatory", mandatory);
    env.add_filter("ternary", ternary);
    env.add_test("contains", |all: Value, one: Value| contains(&all, &one));
    for name in ["subset", "issubset"] {
        env.add_test(name, |a: Value, b: Value| within(&a, &b));
    }
    for name in ["superset", "issuperset"] {
        env.add_test(name, |a: Value, b: Value| within(&b, &a));
    }
    env.add_test("all", |all: Value| Ok::<_, Error>(items(&all, "all")?.iter().all(Value::is_true)));
    env.add_test("any", |all: Value| Ok::<_, Error>(items(&all, "any")?.iter().any(Value::is_true)));
}

/// The items of the first list, each once and in order, that are in the other (`Some(true)`) or are not (`Some(false)`);
/// or those of both.
fn pick([a, b]: [&Value; 2], filter: &str, in_other: Option<bool>) -> Result<Vec<Value>, Error> {
    let (mut a, b) = (items(a, filter)?, items(b, filter)?);
    let other = Members::of(&b, &a)?;
    if in_other.is_none() {
        a.extend(b);
    }
    let (mut found, mut seen) = (Vec::new(), Members::of(&[], &a)?);
    for item in a {
        if in_other.is_none_or(|wanted| other.has(&item) == wanted) && !seen.has(&item) {
            seen.add(&item);
            found.push(item);
        }
    }
    Ok(found)
}

fn contains(all: &Value, one: &Value) -> Result<bool, Error> {
    match (all.as_str(), one.as_str()) {
        (Some(all), Some(one)) => Ok(all.contains(one)),
        _ => Ok(items(all, "contains")?.contains(one)),
    }
}

fn within(a: &Value, b: &Value) -> Result<bool, Error> {
    let (a, b) = (items(a, "subset")?, items(b, "subset")?);
    let all = Members::of(&b, &a)?;
    Ok(a.iter().all(|item| all.has(item)))
}

fn flatten_filter(list: Value, levels: Option<Value>, kwargs: Kwargs) -> Result<Vec<Value>, Error> {
    let levels = argument(levels, &kwargs, "levels")?.and_then(|levels| levels.as_usize());
    let skip_nulls = argument(None::<bool>, &kwargs, "skip_nulls")?.unwrap_or(true);
    kwargs.assert_all_used()?;
    let mut out = Vec::new();
    flatten(items(&list, "flatten")?, levels.unwrap_or(64), skip_nulls, &mut out);
    Ok(out)
}

fn flatten(list: Vec<Value>, levels: usize, skip_nulls: bool, out: &mut Vec<Value>) {
    for item in list {
        let null = item.is_none() || matches!(item.as_str(), Some("None" | "null"));
        match item.try_iter() {
            _ if null && skip_nulls => {}
            Ok(inner) if levels > 0 && item.kind() == ValueKind::Seq => {
                flatten(inner.collect(), levels - 1, skip_nulls, out);
            }
            _ => out.push(item),
        }
    }
}

/// How lists under the same key are put together.
#[derive(Clone, Copy)]
struct Merge<'m> {
    recursive: bool,
    lists: &'m str,
}

fn combine(first: Value, rest: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let (rest, kwargs) = arguments(rest)?;
    let terms = [vec![first], rest].concat();
    let recursive = argument(None::<bool>, &kwargs, "recursive")?.unwrap_or(false);
    let lists = argument(None::<String>, &kwargs, "list_merge")?;
    kwargs.assert_all_used()?;
    let lists = lists.unwrap_or_else(|| "replace".to_owned());
    if !["replace", "keep", "append", "prepend", "append_rp", "prepend_rp"].contains(&lists.as_str()) {
        return Err(refuse("`list_merge` is replace, keep, append, prepend, append_rp or prepend_rp"));
    }
    let mut all = Vec::new();
    flatten(terms, 1, false, &mut all);
    let merge = Merge { recursive, lists: &lists };
    let mut all = all.into_iter();
    let Some(mut result) = all.next() else { return Ok(Value::from_pairs(Vec::<(Value, Value)>::new())) };
    entries(&result)?;
    for next in all {
        result = merge.maps(&result, &next, 0)?;
    }
    Ok(result)
}

impl Merge<'_> {
    fn maps(self, low: &Value, high: &Value, depth: usize) -> Result<Value, Error> {
        let mut merged = indexmap::IndexMap::new();
        merged.extend(entries(low)?);
        for (key, value) in entries(high)? {
            let value = match merged.get(&key) {
                Some(old) => self.values(old, &value, depth)?,
                None => value,
            };
            merged.insert(key, value);
        }
        Ok(Value::from_pairs(merged))
    }

    fn values(self, old: &Value, new: &Value, depth: usize) -> Result<Value, Error> {
        match (old.kind(), new.kind()) {
            (ValueKind::Map, ValueKind::Map) if self.recursive && depth < 64 => self.maps(old, new, depth + 1),
            (ValueKind::Seq, ValueKind::Seq) => self.sequences(old, new),
            _ => Ok(new.clone()),
        }
    }

    fn sequences(self, old: &Value, new: &Value) -> Result<Value, Error> {
        let (old, new) = (items(old, "combine")?, items(new, "combine")?);
        let without = |from: &[Value], gone: &[Value]| -> Result<Vec<Value>, Error> {
            let gone = Members::of(gone, from)?;
            Ok(from.iter().filter(|item| !gone.has(item)).cloned().collect())
        };
        Ok(match self.lists {
            "keep" => old.into(),
            "append" => [old, new].concat().into(),
            "prepend" => [new, old].concat().into(),
            "append_rp" => [without(&old, &new)?, new].concat().into(),
            "prepend_rp" => [new.clone(), without(&old, &new)?].concat().into(),
            _ => new.into(),
        })
    }
}

fn entries(map: &Value) -> Result<Vec<(Value, Value)>, Error> {
    match map.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Map => map.try_iter()?.map(|key| Ok((key.clone(), map.get_item(&key)?))).collect(),
        _ => Err(refuse("this filter needs mappings")),
    }
}

fn dict2items(map: Value, kwargs: Kwargs) -> Result<Vec<Value>, Error> {
    let key = argument(None::<String>, &kwargs, "key_name")?.unwrap_or_else(|| "key".to_owned());
    let value = argument(None::<String>, &kwargs, "value_name")?.unwrap_or_else(|| "value".to_owned());
    kwargs.assert_all_used()?;
    let pairs = entries(&map)?.into_iter();
    Ok(pairs.map(|(k, v)| Value::from_pairs([(key.clone(), k), (value.clone(), v)])).collect())
}

fn items2dict(list: Value, kwargs: Kwargs) -> Result<Value, Error> {
    let key = argument(None::<String>, &kwargs, "key_name")?.unwrap_or_else(|| "key".to_owned());
    let value = argument(None::<String>, &kwargs, "value_name")?.unwrap_or_else(|| "value".to_owned());
    kwargs.assert_all_used()?;
    let pair = |item: Value| -> Result<(Value, Value), Error> {
        let (k, v) = (item.get_attr(&key)?, item.get_attr(&value)?);
        if k.is_undefined() || v.is_undefined() {
            return Err(refuse(format!("`items2dict` needs `{key}` and `{value}` in every item")));
        }
        Ok((k, v))
    };
    let pairs: Result<indexmap::IndexMap<_, _>, Error> = items(&list, "items2dict")?.into_iter().map(pair).collect();
    Ok(Value::from_pairs(pairs?))
}

fn extract(item: Value, container: Value, more: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let more = argument(more, &kwargs, "morekeys")?;
    kwargs.assert_all_used()?;
    let mut keys = vec![item];
    match more {
        Some(more) if more.kind() == ValueKind::Seq => keys.extend(items(&more, "extract")?),
        Some(more) if !more.is_none() => keys.push(more),
        _ => {}
    }
    keys.iter().try_fold(container, |value, key| value.get_item(key))
}

fn zip_longest(first: Value, rest: Rest<ValueOrKwargs>) -> Result<Vec<Value>, Error> {
    let (rest, kwargs) = arguments(rest)?;
    let terms = [vec![first], rest].concat();
    let fill = argument(None::<Value>, &kwargs, "fillvalue")?.unwrap_or(Value::from(()));
    kwargs.assert_all_used()?;
    let lists = terms.iter().map(|term| items(term, "zip_longest")).collect::<Result<Vec<_>, _>>()?;
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let row = |n| lists.iter().map(|list| list.get(n).unwrap_or(&fill).clone()).collect::<Value>();
    Ok((0..longest).map(row).collect())
}

/// Jinja2's `join`; an item that is undefined is an error, as everywhere.
fn join(list: Value, joiner: Option<Value>, attribute: Option<Value>, kwargs: Kwargs) -> Result<String, Error> {
    let joiner = argument(joiner, &kwargs, "d")?.map_or(Ok(String::new()), |joiner| text(&joiner))?;
    let attribute = argument(attribute, &kwargs, "attribute")?;
    kwargs.assert_all_used()?;
    let mut out = String::new();
    for (n, item) in items(&list, "join")?.iter().enumerate() {
        out.push_str(if n > 0 { &joiner } else { "" });
        let item = attribute.as_ref().map_or(Ok(item.clone()), |attribute| item.get_item(attribute))?;
        out.push_str(&text(&item)?);
        bounded(out.len(), "join")?;
    }
    Ok(out)
}

fn mandatory(value: Value, message: Option<String>, kwargs: Kwargs) -> Result<Value, Error> {
    let message = argument(message, &kwargs, "msg")?;
    kwargs.assert_all_used()?;
    match (value.is_undefined(), message) {
        (false, _) => Ok(value),
        (true, Some(message)) => Err(refuse(message)),
        (true, None) => Err(Error::from(ErrorKind::UndefinedError)),
    }
}

fn ternary(value: Value, yes: Value, no: Value, null: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let null = argument(null, &kwargs, "none_val")?;
    kwargs.assert_all_used()?;
    Ok(match null {
        _ if value.is_undefined() => return Err(Error::from(ErrorKind::UndefinedError)),
        Some(null) if value.is_none() && !null.is_none() => null,
        _ if value.is_true() => yes,
        _ => no,
    })
}
