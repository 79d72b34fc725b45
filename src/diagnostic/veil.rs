//! Passwords that stand in a line that is shown: in a URL, or behind a key such as `password:`. What the file says is
//! no secret that a redactor could have learnt, so it is found by its form.

use std::ops::Range;

/// What stands in place of a password.
pub const VEIL: &str = "********";

/// The byte ranges of passwords in `line`, ascending; templates in them are left out, they name a secret and hold none.
pub fn passwords(line: &str) -> Vec<Range<usize>> {
    let urls = line.match_indices("://").filter_map(|(at, _)| in_url(line, at + 3));
    let fields = line.match_indices("password").filter_map(|(at, word)| in_field(line, at + word.len()));
    let mut found: Vec<_> = urls.chain(fields).flat_map(|range| outside_templates(line, range)).collect();
    found.sort_by_key(|range| range.start);
    found.dedup_by(|next, kept| {
        next.start < kept.end && {
            kept.end = kept.end.max(next.end);
            true
        }
    });
    found
}

/// `text` without passwords.
pub fn veiled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for range in passwords(text) {
        out.push_str(&text[done..range.start]);
        out.push_str(VEIL);
        done = range.end;
    }
    out + &text[done..]
}

/// What stands between the first `:` and the last `@` of a URL's authority.
fn in_url(line: &str, start: usize) -> Option<Range<usize>> {
    let end = end_of_word(line, start, |c| c.is_whitespace() || "\"'`<>".contains(c));
    let url = &line[start..end];
    // A password may hold an unescaped slash; a port does not.
    let authority = url.find(['/', '?', '#']).unwrap_or(url.len());
    let colon = url.find(':')?;
    let port = url.get(colon + 1..authority).is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let at = if port { url[..authority].rfind('@')? } else { url.rfind('@')? };
    (colon < at).then(|| start + colon + 1..start + at)
}

/// The value behind `password:` or `password=`.
fn in_field(line: &str, end_of_key: usize) -> Option<Range<usize>> {
    let rest = &line[end_of_key..];
    let sign = rest.trim_start_matches(['"', '\'']).trim_start();
    let value = sign.strip_prefix([':', '='])?;
    let start = line.len() - value.trim_start().len();
    let quote = line[start..].chars().next().filter(|c| matches!(c, '"' | '\''));
    let (start, end) = match quote {
        Some(quote) => (start + 1, end_of_word(line, start + 1, |c| c == quote)),
        None => (start, end_of_word(line, start, |c| c.is_whitespace() || matches!(c, ',' | '}'))),
    };
    let opens = line[start..].starts_with(['{', '[', '|', '>', '&', '*']) && !line[start..].starts_with("{{");
    (start < end && !opens).then_some(start..end)
}

/// Where the word that begins at `start` ends; what is inside `{{ }}` does not end it.
fn end_of_word(line: &str, start: usize, ends: impl Fn(char) -> bool) -> usize {
    let mut at = start;
    while let Some(c) = line[at..].chars().next() {
        match template(line, at) {
            Some(end) => at = end,
            None if ends(c) => return at,
            None => at += c.len_utf8(),
        }
    }
    at
}

fn template(line: &str, at: usize) -> Option<usize> {
    let rest = line[at..].strip_prefix("{{")?;
    rest.find("}}").map(|end| at + 2 + end + 2)
}

fn outside_templates(line: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = range.start;
    let mut at = range.start;
    while at < range.end {
        if let Some(end) = template(line, at) {
            parts.push(start..at);
            at = end;
            start = end;
        } else {
            at += line[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    parts.push(start..range.end);
    parts.retain(|part| part.start < part.end);
    parts
}
