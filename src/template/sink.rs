//! What a text is used for, which decides what may be put into it (LANGUAGE, Values).

/// The use of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// Shown to people or compared: anything may stand in it (secrets are masked where it is shown).
    Plain,
    /// Read by a shell: outside data must be a number or pass `| quote`; no secrets.
    Shell,
    /// An argument of a command, seen in the process list: no secrets.
    Argument,
    /// A path: no secrets.
    Path,
    /// A name (exchange, queue, channel, host, user, table): no secrets.
    Name,
    /// SQL text: an inserted value stands for an identifier and is quoted as one by the dialect; no secrets.
    Sql,
    /// Goes to its target as it is and is not shown: environment, stdin, content, parameters, messages, headers.
    Payload,
    /// A URL: an inserted value is percent-encoded for its place unless the whole text is one expression.
    Url,
}

impl Sink {
    /// Whether a secret may stand in it.
    pub fn takes_secrets(self) -> bool {
        matches!(self, Self::Plain | Self::Payload | Self::Url)
    }

    /// Whether an inserted value is changed or judged by where it stands.
    pub(super) fn is_followed(self) -> bool {
        matches!(self, Self::Shell | Self::Sql | Self::Url)
    }

    /// What it is called in an error.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Plain => "a text",
            Self::Shell => "a shell command",
            Self::Argument => "a command's argument",
            Self::Path => "a path",
            Self::Name => "a name",
            Self::Sql => "SQL text",
            Self::Payload => "a payload",
            Self::Url => "a URL",
        }
    }
}
