//! Python's methods of texts and lists that the engine's own do not cover.

use minijinja::value::{Rest, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State, Value};

use super::bounded;

/// Calls a method; what is not known here is left to the engine's.
pub(super) fn call(state: &mut State, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    let found = match (value.as_str(), value.kind()) {
        (Some(text), _) => of_text(text, name, args),
        (None, ValueKind::Seq) if name == "index" => Some(index(value, args)),
        _ => None,
    };
    found.unwrap_or_else(|| minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args))
}

fn of_text(text: &str, name: &str, args: &[Value]) -> Option<Result<Value, Error>> {
    Some(match name {
        "casefold" => none(args).map(|()| text.to_lowercase().into()),
        "swapcase" => none(args).map(|()| text.chars().map(swapped).collect::<String>().into()),
        "zfill" => from_args::<(usize,)>(args).and_then(|(width,)| bounded(width, name).map(|()| zfill(text, width))),
        "ljust" => padded(text, (name, args), |text, fill| text + &fill),
        "rjust" => padded(text, (name, args), |text, fill| fill + &text),
        "format" => return widths(text).err().map(Err),
        "rsplit" => rsplit(text, args),
        "removeprefix" => part(args).map(|part| text.strip_prefix(&*part).unwrap_or(text).into()),
        "removesuffix" => part(args).map(|part| text.strip_suffix(&*part).unwrap_or(text).into()),
        "partition" => part(args).map(|part| match text.split_once(&*part) {
            Some((before, after)) => three([before, &part, after]),
            None => three([text, "", ""]),
        }),
        "rpartition" => part(args).map(|part| match text.rsplit_once(&*part) {
            Some((before, after)) => three([before, &part, after]),
            None => three(["", "", text]),
        }),
        _ => return None,
    })
}

fn none(args: &[Value]) -> Result<(), Error> {
    from_args::<()>(args)
}

fn three(parts: [&str; 3]) -> Value {
    parts.into_iter().map(Value::from).collect()
}

/// A part to look for; Python knows no empty one.
fn part(args: &[Value]) -> Result<String, Error> {
    let (part,): (String,) = from_args(args)?;
    if part.is_empty() { Err(super::refuse("the part to look for is empty")) } else { Ok(part) }
}

fn swapped(c: char) -> String {
    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
}

/// The widths and precisions of a format, which the engine takes as they are.
fn widths(format: &str) -> Result<(), Error> {
    let specs = format.split('{').skip(1).filter_map(|field| field.split('}').next()?.split_once(':'));
    for digits in specs.flat_map(|(_, spec)| spec.split(|c: char| !c.is_ascii_digit())).filter(|run| !run.is_empty()) {
        bounded(digits.parse().unwrap_or(usize::MAX), "format")?;
    }
    Ok(())
}

fn zfill(text: &str, width: usize) -> Value {
    let (sign, digits) = text.split_at(usize::from(text.starts_with(['-', '+'])));
    let zeros = "0".repeat(width.saturating_sub(text.chars().count()));
    format!("{sign}{zeros}{digits}").into()
}

fn padded(text: &str, (name, args): (&str, &[Value]), put: impl Fn(String, String) -> String) -> Result<Value, Error> {
    let (width, fill): (usize, Option<String>) = from_args(args)?;
    bounded(width, name)?;
    let lacking = width.saturating_sub(text.chars().count());
    Ok(put(text.to_owned(), fill.as_deref().unwrap_or(" ").repeat(lacking)).into())
}

/// The parts between separators (blanks without one), at most so many cuts, from the right.
fn rsplit(text: &str, args: &[Value]) -> Result<Value, Error> {
    let (separator, most): (Option<String>, Option<i64>) = from_args(args)?;
    let cuts = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX - 1);
    let mut parts: Vec<String> = Vec::new();
    let mut rest = Some(text);
    while let Some(left) = rest.filter(|_| parts.len() < cuts) {
        let cut = match &separator {
            Some(separator) if separator.is_empty() => return Err(super::refuse("the separator is empty")),
            Some(separator) => left.rsplit_once(&**separator),
            None => left.trim_end().rsplit_once(char::is_whitespace),
        };
        let (before, after) = cut
            .map_or((None, left.trim_end_matches(blank(separator.is_none()))), |(before, after)| (Some(before), after));
        parts.push(after.to_owned());
        rest = before;
    }
    parts.extend(rest.map(str::to_owned));
    if separator.is_none() {
        parts = parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    }
    parts.reverse();
    Ok(Value::from(parts))
}

fn blank(trims: bool) -> impl Fn(char) -> bool {
    move |c| trims && c.is_whitespace()
}

fn index(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let (wanted, _): (Value, Rest<Value>) = from_args(args)?;
    let found = value.try_iter()?.position(|item| item == wanted);
    found.map(Value::from).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the list has no such item"))
}
