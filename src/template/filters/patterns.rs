//! Regular expressions in Python's dialect: `regex_*` filters, tests `match`, `search`, `regex`.
//!
//! A pattern is rewritten where the dialects differ; a replacement is read as Python's (`\1`, `\g<name>`).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use fancy_regex::{Regex, RegexBuilder};
use minijinja::value::{Kwargs, Rest, ValueOrKwargs};
use minijinja::{Environment, Error, Value};

use super::{argument, arguments, bounded, named, refuse, text};

type Captures<'t> = fancy_regex::Captures<'t, str>;

/// How many compiled patterns are kept.
const KEPT: usize = 256;

pub(super) fn register(env: &mut Environment<'static>) {
    env.add_filter("regex_replace", regex_replace);
    env.add_filter("regex_search", regex_search);
    env.add_filter("regex_findall", regex_findall);
    env.add_filter("regex_escape", |value: Value, kind: Option<String>, kwargs: Kwargs| {
        let kind = argument(kind, &kwargs, "re_type")?;
        kwargs.assert_all_used()?;
        escape(&text(&value)?, kind.as_deref().unwrap_or("python"))
    });
    env.add_test("match", |value: Value, pattern: Value, kwargs: Kwargs| tested(&value, &pattern, &kwargs, "match"));
    env.add_test("search", |value: Value, pattern: Value, kwargs: Kwargs| tested(&value, &pattern, &kwargs, "search"));
    env.add_test("regex", |value: Value, pattern: Value, kwargs: Kwargs| tested(&value, &pattern, &kwargs, "search"));
}

fn tested(value: &Value, pattern: &Value, kwargs: &Kwargs, way: &str) -> Result<bool, Error> {
    let flags = flags(kwargs)?;
    let way = argument(None::<String>, kwargs, "match_type")?.unwrap_or_else(|| way.to_owned());
    kwargs.assert_all_used()?;
    let anchored = match way.as_str() {
        "match" => format!(r"\A(?:{})", text(pattern)?),
        "fullmatch" => format!(r"\A(?:{})\Z", text(pattern)?),
        _ => text(pattern)?,
    };
    compile(&anchored, flags)?.is_match(&text(value)?).map_err(|_| too_hard())
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Flags {
    ignore_case: bool,
    multiline: bool,
}

fn flags(kwargs: &Kwargs) -> Result<Flags, Error> {
    let ignore_case = argument(None::<bool>, kwargs, "ignorecase")?.unwrap_or(false);
    let multiline = argument(None::<bool>, kwargs, "multiline")?.unwrap_or(false);
    Ok(Flags { ignore_case, multiline })
}

fn too_hard() -> Error {
    refuse("this pattern takes too long on this text")
}

fn compile(pattern: &str, flags: Flags) -> Result<Arc<Regex>, Error> {
    type Cache = Mutex<HashMap<(String, Flags), Arc<Regex>>>;
    static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);
    let key = (pattern.to_owned(), flags);
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = cache.get(&key) {
        return Ok(Arc::clone(regex));
    }
    let built = RegexBuilder::new(&translate(pattern, flags.multiline))
        .case_insensitive(flags.ignore_case)
        .multi_line(flags.multiline)
        .backtrack_limit(1_000_000)
        .build();
    let regex = Arc::new(built.map_err(|_| refuse("this pattern is no regular expression"))?);
    if cache.len() >= KEPT {
        cache.clear();
    }
    cache.insert(key, Arc::clone(&regex));
    Ok(regex)
}

/// Python's dialect in that of the engine: `$` also before a line break at the end, `\Z`, and classes in which `[`,
/// `&&`, `--` and `~~` mean nothing special.
fn translate(pattern: &str, multiline: bool) -> String {
    let inline = pattern.find("(?").is_some_and(|at| {
        let flags = pattern[at + 2..].split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
        flags.contains('m')
    });
    let (mut out, mut class) = (String::with_capacity(pattern.len() + 8), None::<usize>);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        class = class.map(|n| n + 1);
        match c {
            '\\' => match chars.next() {
                Some('Z') if class.is_none() => out.push_str(r"\z"),
                Some(next) => out.extend(['\\', next]),
                None => out.push('\\'),
            },
            '[' if class.is_some() => out.push_str(r"\["),
            '[' => {
                class = Some(0);
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str(r"\]");
                }
            }
            ']' if class.is_some() => {
                class = None;
                out.push(']');
            }
            '&' | '~' if class.is_some() => out.extend(['\\', c]),
            '-' if class.is_some() && chars.peek() == Some(&'-') => out.push_str(r"\-"),
            '$' if class.is_none() && !multiline && !inline => out.push_str(r"(?=\n?\z)"),
            _ => out.push(c),
        }
    }
    out
}

/// A part of a replacement.
enum Piece {
    Text(String),
    Number(usize),
    Name(String),
}

/// Reads Python's replacement syntax.
fn replacement(template: &str) -> Result<Vec<Piece>, Error> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (piece, length) = if let Some(named) = after.strip_prefix("g<") {
            let end = named.find('>').ok_or_else(|| refuse(r"`\g<` is not closed in the replacement"))?;
            let name = &named[..end];
            (Some(name.parse().map_or_else(|_| Piece::Name(name.to_owned()), Piece::Number)), end + 3)
        } else if digits > 0 && !after.starts_with('0') {
            let digits = digits.min(2);
            (Some(Piece::Number(after[..digits].parse().unwrap_or(0))), digits)
        } else {
            (None, escaped(after, &mut plain)?)
        };
        if let Some(piece) = piece {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(piece);
        }
        rest = &after[length..];
    }
    plain.push_str(rest);
    pieces.push(Piece::Text(plain));
    Ok(pieces)
}

/// An escape that stands for a character; answers how long it is.
fn escaped(after: &str, plain: &mut String) -> Result<usize, Error> {
    let Some(c) = after.chars().next() else { return Err(refuse("the replacement ends in a backslash")) };
    match c {
        'n' => plain.push('\n'),
        't' => plain.push('\t'),
        'r' => plain.push('\r'),
        '0' => plain.push('\0'),
        '\\' => plain.push('\\'),
        c if c.is_ascii_alphabetic() => return Err(refuse(format!("`\\{c}` means nothing in a replacement"))),
        c => plain.extend(['\\', c]),
    }
    Ok(c.len_utf8())
}

fn expand(pieces: &[Piece], found: &Captures, out: &mut String) -> Result<(), Error> {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Number(n) if *n >= found.len() => return Err(refuse(format!("the pattern has no group {n}"))),
            Piece::Number(n) => out.push_str(found.get(*n).map_or("", |group| group.as_str())),
            Piece::Name(name) => out.push_str(found.name(name).map_or("", |group| group.as_str())),
        }
    }
    Ok(())
}

fn regex_replace(value: Value, args: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let names = &["pattern", "replacement", "ignorecase", "multiline", "count", "mandatory_count"];
    let kwargs = named(names, args)?;
    let subject = text(&value)?;
    let given = |name| argument(None::<Value>, &kwargs, name)?.map_or(Ok(String::new()), |given| text(&given));
    let (pattern, with) = (given("pattern")?, given("replacement")?);
    let flags = flags(&kwargs)?;
    let count = argument(None::<usize>, &kwargs, "count")?.unwrap_or(0);
    let mandatory = argument(None::<usize>, &kwargs, "mandatory_count")?.unwrap_or(0);
    kwargs.assert_all_used()?;
    let (regex, pieces) = (compile(&pattern, flags)?, replacement(&with)?);
    let mut out = String::with_capacity(subject.len());
    let mut end = 0;
    let found = matches(&regex, &subject, if count == 0 { usize::MAX } else { count }, |captures, whole| {
        out.push_str(&subject[end..whole.start]);
        end = whole.end;
        expand(&pieces, captures, &mut out)?;
        bounded(out.len(), "regex_replace")
    })?;
    if mandatory != 0 && found != mandatory {
        return Err(refuse(format!("the pattern should match {mandatory} times, and matches {found}")));
    }
    out.push_str(&subject[end..]);
    Ok(out)
}

/// Hands over the matches as Python finds them (an empty one may follow directly on one that is not empty), and counts
/// them.
fn matches<'t>(
    regex: &Regex,
    subject: &'t str,
    most: usize,
    mut each: impl FnMut(&Captures<'t>, Range<usize>) -> Result<(), Error>,
) -> Result<usize, Error> {
    let (mut found, mut at) = (0, 0);
    while found < most && at <= subject.len() {
        let Some(captures) = regex.captures_from_pos(subject, at).map_err(|_| too_hard())? else { break };
        let Some((start, end)) = captures.get(0).map(|whole| (whole.start(), whole.end())) else { break };
        let next = subject[end..].chars().next().map_or(1, char::len_utf8);
        at = if start == end { end + next } else { end };
        found += 1;
        each(&captures, start..end)?;
    }
    Ok(found)
}

fn regex_search(value: Value, pattern: Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let (args, kwargs) = arguments(args)?;
    let flags = flags(&kwargs)?;
    kwargs.assert_all_used()?;
    let subject = text(&value)?;
    let found = compile(&text(&pattern)?, flags)?.captures(&subject).map_err(|_| too_hard())?;
    let Some(found) = found else { return Ok(Value::from(())) };
    if args.is_empty() {
        return Ok(Value::from(found.get(0).map_or("", |whole| whole.as_str())));
    }
    let mut groups = Vec::with_capacity(args.len());
    for arg in &args {
        let wanted = match replacement(&text(arg)?)?.into_iter().find(|piece| !matches!(piece, Piece::Text(_))) {
            Some(Piece::Number(n)) => found.get(n),
            Some(Piece::Name(name)) => found.name(&name),
            _ => return Err(refuse(r"`regex_search` takes groups as `\1` or `\g<name>`")),
        };
        groups.push(wanted.map_or(Value::from(()), |group| Value::from(group.as_str())));
    }
    Ok(groups.into())
}

fn regex_findall(value: Value, pattern: Value, args: Rest<ValueOrKwargs>) -> Result<Vec<Value>, Error> {
    let kwargs = named(&["multiline", "ignorecase"], args)?;
    let flags = flags(&kwargs)?;
    kwargs.assert_all_used()?;
    let subject = text(&value)?;
    let group = |captures: &Captures, n| Value::from(captures.get(n).map_or("", |group| group.as_str()));
    let mut found = Vec::new();
    matches(&*compile(&text(&pattern)?, flags)?, &subject, usize::MAX, |captures, _| {
        found.push(match captures.len() {
            n @ (1 | 2) => group(captures, n - 1),
            n => (1..n).map(|n| group(captures, n)).collect(),
        });
        Ok(())
    })?;
    Ok(found)
}

fn escape(text: &str, kind: &str) -> Result<String, Error> {
    let special = match kind {
        "python" => "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}",
        "posix_basic" => "].[^$*\\",
        other => return Err(refuse(format!("there is no `re_type` `{other}`; there are python and posix_basic"))),
    };
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(out)
}
