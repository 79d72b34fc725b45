//! Secrets: a text that cannot be printed, the taint that follows values, and the redactor that stands before every sink.

pub mod vault;

use std::sync::{Arc, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// What stands in place of a secret.
pub const MASK: &str = "********";

/// Secrets shorter than this cannot be masked without garbling everything else.
pub const SHORTEST: usize = 6;

/// What RFC 3986 has encoded everywhere in a URL.
const RESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same in a path, as Python's `urllib.parse.quote` has it.
const IN_PATHS: &percent_encoding::AsciiSet = &RESERVED.remove(b'/');

/// What JavaScript's `encodeURIComponent` encodes.
const IN_COMPONENTS: &percent_encoding::AsciiSet =
    &RESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');

/// A text that has no `Display`, no `Serialize`, and a `Debug` that does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself: only for handing it to the system it is meant for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MASK)
    }
}

/// Where a value comes from, as far as it limits what may be done with it. Taints join: what is computed from several
/// values has all of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taint {
    /// From a host, a message, a row or an inventory plug-in: data, never a template or a command.
    pub outside: bool,
    /// A secret, or computed from one.
    pub secret: bool,
}

impl Taint {
    /// Written by the person who runs it.
    pub const PUBLIC: Self = Self { outside: false, secret: false };
    /// Outside data.
    pub const OUTSIDE: Self = Self { outside: true, secret: false };
    /// A secret.
    pub const SECRET: Self = Self { outside: false, secret: true };

    /// Both taints together.
    pub fn join(self, other: Self) -> Self {
        Self { outside: self.outside || other.outside, secret: self.secret || other.secret }
    }
}

/// Replaces every known secret, plain or encoded (base64, URL, JSON, shell-quoted), by [`MASK`]. Shared by all sinks.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    secrets: Vec<String>,
    forms: Vec<String>,
    matcher: Option<AhoCorasick>,
}

impl Redactor {
    /// Masks `secret` from now on. Texts shorter than [`SHORTEST`] bytes are not taken.
    pub fn learn(&self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.secrets.iter().any(|old| old == secret) {
            return;
        }
        known.secrets.push(secret.to_owned());
        known.forms.extend(forms(secret));
        known.matcher = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&known.forms).ok();
    }

    /// `text` without secrets.
    pub fn mask(&self, text: &str) -> String {
        let known = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &known.matcher {
            Some(matcher) => matcher.replace_all(text, &vec![MASK; known.forms.len()]),
            None => text.to_owned(),
        }
    }

    /// A JSON value without secrets, in its keys too.
    pub fn mask_json(&self, value: &mut serde_json::Value) {
        if self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).matcher.is_none() {
            return;
        }
        match value {
            serde_json::Value::String(text) => *text = self.mask(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.mask_json(item)),
            serde_json::Value::Object(map) => {
                let old = std::mem::take(map);
                for (key, mut item) in old {
                    self.mask_json(&mut item);
                    map.insert(self.mask(&key), item);
                }
            }
            _ => {}
        }
    }

    /// The length in bytes of the longest known form: how much of a stream must be held back so that a secret that
    /// is split over two chunks is still found.
    pub fn longest(&self) -> usize {
        let known = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.forms.iter().map(String::len).max().unwrap_or(0)
    }
}

/// The secret as it may appear after an encoding.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    let bytes = secret.as_bytes();
    forms.extend([&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD].map(|engine| engine.encode(bytes)));
    forms.extend((1..3).filter_map(|shift| inner_base64(bytes, shift)));
    forms.extend(in_urls(secret));
    forms.extend(in_json(secret));
    forms.push(unwrapped(&crate::text::shell_quote(secret), '\''));
    forms.push(unwrapped(&format!("{secret:?}"), '"'));
    // As it stands in a list or mapping that is put into a text.
    let listed = minijinja::Value::from_iter([secret]).to_string();
    forms.push(listed.get(2..listed.len() - 2).unwrap_or_default().to_owned());
    // As Python's `shlex.quote`, and with it the filter `quote`, writes it.
    forms.push(secret.replace('\'', "'\"'\"'"));
    // A text of several lines also shows line by line.
    forms.extend(secret.lines().filter(|line| line.len() >= SHORTEST).map(str::to_owned));
    forms.sort();
    forms.dedup();
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// As a JSON string: with other alphabets as they are, and in ASCII as Python and PHP write it.
fn in_json(secret: &str) -> [String; 3] {
    let plain = unwrapped(&serde_json::Value::from(secret).to_string(), '"');
    let mut ascii = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            ' '..='~' => ascii.push(c),
            _ => ascii.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    let slashes = ascii.replace('/', "\\/");
    [plain, ascii, slashes]
}

/// Percent-encoded in the ways that are in use, with hexadecimal digits of either case.
fn in_urls(secret: &str) -> Vec<String> {
    let sets = [percent_encoding::NON_ALPHANUMERIC, RESERVED, IN_PATHS, IN_COMPONENTS];
    let mut forms = sets.map(|set| percent_encoding::utf8_percent_encode(secret, set).to_string()).to_vec();
    forms.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
    let lower: Vec<String> = forms.iter().map(|form| lower_hex(form)).collect();
    forms.extend(lower);
    forms
}

/// `%2F` as `%2f`.
fn lower_hex(encoded: &str) -> String {
    let mut left = 0_u8;
    let lower = |c: char| {
        let is_digit = left > 0;
        left = if c == '%' { 2 } else { left.saturating_sub(1) };
        if is_digit { c.to_ascii_lowercase() } else { c }
    };
    encoded.chars().map(lower).collect()
}

/// `text` without the one `quote` on either side; what it ends in may be a quote of its own.
fn unwrapped(text: &str, quote: char) -> String {
    text.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote)).unwrap_or(text).to_owned()
}

/// What of `bytes` is certain in the base64 of a longer text in which they stand `shift` bytes past a group's start.
fn inner_base64(bytes: &[u8], shift: usize) -> Option<String> {
    let skip = 3 - shift;
    let whole = bytes.get(skip..)?;
    let groups = whole.len() / 3 * 3;
    (groups >= SHORTEST).then(|| STANDARD.encode(&whole[..groups]))
}
