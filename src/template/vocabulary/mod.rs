//! The words that a template may use: one table of filters, tests and functions, with their parameters, for the static
//! check and for the reference.

mod filters;
mod functions;
mod tests;

use crate::text::nearest;

pub use filters::FILTERS;
pub use functions::FUNCTIONS;
pub use tests::TESTS;

/// What a template may use by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `| name`.
    Filter,
    /// `is name`.
    Test,
    /// `name()`.
    Function,
}

impl Kind {
    /// What it is called in an error.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Test => "test",
            Self::Function => "function",
        }
    }

    /// All of this kind.
    pub fn words(self) -> &'static [Word] {
        match self {
            Self::Filter => FILTERS,
            Self::Test => TESTS,
            Self::Function => FUNCTIONS,
        }
    }

    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.words().iter().map(|word| word.name)
    }

    /// The word of this name.
    pub fn find(self, name: &str) -> Option<&'static Word> {
        self.words().iter().find(|word| word.name == name)
    }
}

/// Adds those that are our own to an engine.
pub fn register(environment: &mut minijinja::Environment<'static>) {
    minijinja_contrib::add_to_environment(environment);
    environment.remove_global("debug");
    super::filters::register(environment);
}

/// A filter, test or function.
#[derive(Debug)]
pub struct Word {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, with blanks between them: `name` must be given, `name?` may be; with `/` behind it by its position
    /// only; `name=` by its name only; `...` stands for any number of values, `**` for any names.
    pub parameters: &'static str,
    /// What it gives, for people.
    pub description: &'static str,
    /// An expression that uses it.
    pub example: &'static str,
}

const fn word(name: &'static str, parameters: &'static str, description: &'static str, example: &'static str) -> Word {
    Word { name, parameters, description, example }
}

/// A parameter.
struct Parameter {
    name: &'static str,
    required: bool,
    by_position: bool,
    by_name: bool,
}

impl Parameter {
    fn read(text: &'static str) -> Self {
        let (text, named_only) = text.strip_suffix('=').map_or((text, false), |text| (text, true));
        let (text, by_name) = text.strip_suffix('/').map_or((text, true), |text| (text, false));
        let (name, optional) = text.strip_suffix('?').map_or((text, false), |text| (text, true));
        Self { name, required: !optional && !named_only, by_position: !named_only, by_name }
    }
}

impl Word {
    fn parameters(&self) -> impl Iterator<Item = Parameter> {
        self.parameters.split_whitespace().filter(|text| !matches!(*text, "..." | "**")).map(Parameter::read)
    }

    /// Whether it takes any number of values.
    pub fn takes_any_values(&self) -> bool {
        self.parameters.split_whitespace().any(|text| text == "...")
    }

    /// Whether it takes values of any name.
    pub fn takes_any_names(&self) -> bool {
        self.parameters.split_whitespace().any(|text| text == "**")
    }

    /// How many values it takes by their position, at least and at most.
    pub fn positions(&self) -> (usize, usize) {
        let places = || self.parameters().filter(|parameter| parameter.by_position);
        (places().filter(|parameter| parameter.required).count(), places().count())
    }

    /// The names by which values may be given.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.parameters().filter(|parameter| parameter.by_name).map(|parameter| parameter.name)
    }

    /// What is wrong with a use of it that gives so many values by position, and others by name.
    pub fn misuse(&self, kind: Kind, given: usize, named: &[&str]) -> Option<Misuse> {
        let called = |what: String| Misuse {
            message: format!("the {} `{}` {what}", kind.noun(), self.name),
            hint: self.usage(),
        };
        let (_, most) = self.positions();
        if given > most && !self.takes_any_values() {
            let takes = if most == 0 {
                "takes no value".to_owned()
            } else {
                format!("takes {most} at most, and {given} are given")
            };
            return Some(called(takes));
        }
        let lacks = self.parameters().enumerate().find(|(n, parameter)| {
            parameter.required && *n >= given && !(parameter.by_name && named.contains(&parameter.name))
        });
        if let Some((_, parameter)) = lacks {
            return Some(called(format!("needs a value for `{}`", parameter.name)));
        }
        let unknown =
            named.iter().find(|name| !self.takes_any_names() && !self.names().any(|known| known == **name))?;
        let mut misuse = called(format!("has no parameter `{unknown}`"));
        if let Some(meant) = nearest(unknown, self.names()) {
            misuse.hint = format!("did you mean `{meant}`?");
        }
        Some(misuse)
    }

    /// Its parameters for people: `regex_replace(pattern, replacement, ignorecase=...)`.
    pub fn usage(&self) -> String {
        let shown = |parameter: Parameter| match (parameter.required, parameter.by_position) {
            (true, _) => parameter.name.to_owned(),
            (false, true) => format!("[{}]", parameter.name),
            (false, false) => format!("{}=...", parameter.name),
        };
        let mut all: Vec<String> = self.parameters().map(shown).collect();
        if self.takes_any_values() || self.takes_any_names() {
            all.push("...".to_owned());
        }
        if all.is_empty() {
            format!("`{}` stands alone", self.name)
        } else {
            format!("`{}({})`", self.name, all.join(", "))
        }
    }
}

/// A use that cannot be right.
#[derive(Debug, PartialEq, Eq)]
pub struct Misuse {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
}
