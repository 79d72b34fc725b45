//! Why a connection could not be made or kept.

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The name has no address.
    Resolve,
    /// Nobody answered, or answered with something else.
    Connect,
    /// The peer is not who it should be (host key, certificate): refused for safety.
    Verify,
    /// The peer does not accept who we are.
    Authenticate,
    /// It accepts us, but not what we want to open (session, subsystem, virtual host, database).
    Open,
    /// The request could not be sent whole.
    Send,
    /// The connection ended while an answer was awaited.
    Lost,
    /// No answer in time.
    TimedOut,
    /// The peer answered, and the answer is an error.
    Answered,
}

impl Stage {
    /// The word in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Verify => "verify",
            Self::Authenticate => "authenticate",
            Self::Open => "open",
            Self::Send => "send",
            Self::Lost => "lost",
            Self::TimedOut => "timed out",
            Self::Answered => "answered",
        }
    }

    /// Whether trying again may help without anything having been changed by a person.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Connect | Self::Lost | Self::TimedOut)
    }
}

/// A transport's error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConnectionError {
    /// How far it came.
    pub stage: Stage,
    /// One sentence with the peer's name; no secret.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether a request that acts may have reached the peer: its outcome is then unknown.
    pub sent: bool,
}

impl ConnectionError {
    /// An error before anything that acts was sent.
    pub fn new(stage: Stage, message: impl Into<String>) -> Self {
        Self { stage, message: message.into(), hint: None, sent: false }
    }

    /// The same, after the request had been sent.
    pub fn after_send(mut self) -> Self {
        self.sent = true;
        self
    }

    /// The same, with what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
