//! What the driver's errors mean: how far it came, and whether something may have been done.

use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::connection::{ConnectionError, Stage};

/// Why a statement was not sent, or its answer not taken: a sentence, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Refusal {
    /// A refusal without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// The same, with what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Why a statement did not end well.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The driver or the server says so.
    Driver(sqlx::Error),
    /// We say so.
    Refused(Refusal),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The server's own code: `SQLSTATE`, or the number where there is none.
fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(std::borrow::Cow::into_owned)
}

fn number(error: &sqlx::Error) -> Option<u16> {
    error.as_database_error().and_then(|e| e.try_downcast_ref::<MySqlDatabaseError>()).map(MySqlDatabaseError::number)
}

/// The error of an attempt to connect; `peer` names the connection and its address.
pub(super) fn connect_error(peer: &str, error: &sqlx::Error) -> ConnectionError {
    let text = reason(error);
    let stage = match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) if is_certificate(&text) => Stage::Verify,
        sqlx::Error::Tls(_) => Stage::Verify,
        sqlx::Error::Database(_) => database_stage(error),
        _ => Stage::Connect,
    };
    let made = ConnectionError::new(stage, format!("cannot connect to {peer}: {text}"));
    match stage {
        Stage::Verify if text.contains("does not support TLS") => made.hint(
            "ask for clear text with the URL's `sslmode=disable` (MySQL: `ssl-mode=DISABLED`), or give the server TLS",
        ),
        Stage::Verify => made.hint("name the authority with the URL's `sslrootcert=FILE` (MySQL: `ssl-ca=FILE`)"),
        Stage::Authenticate => made.hint("check user and password"),
        Stage::Open => made.hint("check the database's name, and whether the user may use it"),
        _ if matches!(error, sqlx::Error::Protocol(_)) => made.hint("is it this kind of server that listens there?"),
        _ => made,
    }
}

fn is_certificate(text: &str) -> bool {
    text.contains("certificate") || text.contains("CertificateError")
}

fn database_stage(error: &sqlx::Error) -> Stage {
    match (number(error), code(error).as_deref()) {
        (Some(1045 | 1698 | 1130 | 1251 | 1524), _) | (None, Some("28P01" | "28000")) => Stage::Authenticate,
        (Some(1040 | 1203 | 1226), _) | (None, Some("53300" | "57P03")) => Stage::Connect,
        _ => Stage::Open,
    }
}

/// What the server or the system says, in a line.
fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => {
            let code = number(error).map(|n| n.to_string()).or_else(|| code(error));
            let mut text = database.message().trim().to_owned();
            if let Some(detail) = database.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::detail) {
                text.push_str(": ");
                text.push_str(detail);
            }
            code.map_or(text.clone(), |code| format!("{text} ({code})"))
        }
        sqlx::Error::Io(io) => io.to_string(),
        sqlx::Error::Tls(tls) => tls.to_string(),
        other => other.to_string(),
    }
}

/// Whether the connection is gone, so that what was sent has no answer.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(_) => {
            matches!(number(error), Some(1053 | 1077 | 1152 | 1184 | 1927 | 2006 | 2013))
                || (number(error).is_none()
                    && code(error).is_some_and(|c| c.starts_with("57P0") || c.starts_with("08")))
        }
        _ => false,
    }
}

/// The error of a statement that was sent; `sql` is the text as it was sent.
pub(super) fn statement_error(peer: &str, sql: &str, error: &sqlx::Error) -> ConnectionError {
    if is_lost(error) {
        return ConnectionError::new(Stage::Lost, format!("lost the connection to {peer}: {}", reason(error)));
    }
    let line = line_of(sql, error).map_or(String::new(), |line| format!(" in line {line} of the statement"));
    let made = ConnectionError::new(Stage::Answered, format!("{}{line}", reason(error)));
    match hint_of(error) {
        Some(hint) => made.hint(hint),
        None => made,
    }
}

fn line_of(sql: &str, error: &sqlx::Error) -> Option<usize> {
    let postgres = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    match postgres.position()? {
        sqlx::postgres::PgErrorPosition::Original(at) => {
            Some(sql.chars().take(at.saturating_sub(1)).filter(|c| *c == '\n').count() + 1)
        }
        sqlx::postgres::PgErrorPosition::Internal { .. } => None,
    }
}

fn hint_of(error: &sqlx::Error) -> Option<String> {
    if let Some(own) = error.as_database_error().and_then(|e| e.try_downcast_ref::<PgDatabaseError>()?.hint()) {
        return Some(own.to_owned());
    }
    let code = code(error);
    let text = match (number(error), code.as_deref()) {
        (Some(1213 | 1205), _) | (None, Some("40001" | "40P01" | "55P03" | "5" | "6" | "517")) => {
            "another transaction held what this one needs; nothing was changed, give the step `retries`"
        }
        (Some(1290 | 1792 | 1836), _) | (None, Some("25006" | "8")) => "the server or file takes no changes",
        (None, Some("25001")) => "give the step `transaction: false`",
        (None, Some("42P18")) => "say which type the parameter has: `:name::text`",
        _ => return None,
    };
    Some(text.to_owned())
}
