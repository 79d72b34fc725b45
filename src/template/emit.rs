//! What is done to a value when it is put into a text, by the text's use (LANGUAGE, Values).
//!
//! In: a value, the taint of what it was computed from, and the [`Sink`]. Out: the text that is inserted, or why it
//! may not be. Secrets that come out are taught to the redactor.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, State, Value};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::diagnostic::{Place, Problem};
use crate::secret::Taint;

use super::evaluate::Root;
use super::names::Quoting;
use super::surroundings::{Language, Surroundings};
use super::{Rules, Sink};

/// The filter through which a program's emitted expressions pass.
pub(super) const FILTER: &str = "__emit";

/// What may stand in every part of a URL.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Adds the filter.
pub(super) fn register(env: &mut Environment<'static>) {
    env.add_filter(FILTER, |state: &State, value: Value, index: usize| -> Result<Value, Error> {
        match state.lookup(super::evaluate::ROOT).and_then(|root| root.downcast_object::<Root>()) {
            Some(root) => root.emit(value, index),
            None => Ok(value),
        }
    });
}

/// One insertion.
pub(super) struct Emission<'e> {
    pub rules: Rules,
    pub taint: Taint,
    pub quoting: Quoting,
    pub place: &'e Place,
    /// What it is inside of; none where it stands free.
    pub inside: Option<&'static str>,
    /// Nothing stands before it.
    pub first: bool,
}

impl Emission<'_> {
    /// The value as it goes into the text; none: as it is.
    pub fn apply(&self, value: &Value) -> Result<Option<String>, Problem> {
        match self.rules.sink {
            Sink::Shell if self.taint.outside => self.shell(value).map(|()| None),
            Sink::Sql => self.sql(value).map(Some),
            Sink::Url if !self.first => Ok(Some(utf8_percent_encode(&value.to_string(), UNRESERVED).to_string())),
            _ => Ok(None),
        }
    }

    /// Outside data in a shell: a number, or quoted and not inside other quotes.
    fn shell(&self, value: &Value) -> Result<(), Problem> {
        if value.is_number() {
            return Ok(());
        }
        if self.quoting == Quoting::None {
            let message = "outside data may not stand in a shell command as it is";
            let hint = "add `| quote` as the last filter, or use `argv`";
            return Err(Problem::error(message).at(self.place.clone()).hint(hint));
        }
        match self.inside {
            None => Ok(()),
            Some(inside) => {
                let message = format!("`| quote` does not protect a value inside {inside}");
                let hint = "let it stand as a word of its own, or hand it over in `environment` or `stdin`";
                Err(Problem::error(message).at(self.place.clone()).hint(hint))
            }
        }
    }

    /// An identifier, quoted as the dialect does.
    fn sql(&self, value: &Value) -> Result<String, Problem> {
        let refuse = |message: String, hint: &str| Err(Problem::error(message).at(self.place.clone()).hint(hint));
        if let Some(inside) = self.inside {
            let hint = "it is quoted as an identifier by itself; values go by `params`";
            return refuse(format!("a name may not be put inside {inside} of SQL text"), hint);
        }
        if !matches!(value.kind(), ValueKind::String | ValueKind::Number) {
            let message = format!("`{{{{ }}}}` in SQL text stands for an identifier, and this is {}", noun(value));
            return refuse(message, "values go by `params`");
        }
        let name = value.to_string();
        if name.is_empty() || name.contains('\0') {
            let hint = "`{{ }}` in SQL text stands for an identifier; values go by `params`";
            return refuse("an SQL identifier may not be empty or hold a NUL".to_owned(), hint);
        }
        let quote = self.rules.identifier_quote;
        let doubled = name.replace(quote, &format!("{quote}{quote}"));
        Ok(format!("{quote}{doubled}{quote}"))
    }
}

/// What a value is, as an error says it.
fn noun(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => "nothing",
        ValueKind::Bool => "a boolean",
        ValueKind::Number => "a number",
        ValueKind::String => "a text",
        ValueKind::Map => "a mapping",
        _ => "a list",
    }
}

/// A follower of the text, where the sink needs one.
pub(super) fn follower(rules: Rules) -> Option<Surroundings> {
    match rules.sink {
        Sink::Shell => Some(Surroundings::new(Language::Shell)),
        Sink::Sql if rules.identifier_quote == '`' => Some(Surroundings::new(Language::MySql)),
        Sink::Sql => Some(Surroundings::new(Language::Sql)),
        _ => None,
    }
}
