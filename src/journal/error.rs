//! Why the journal could not be used, written or read.

use std::path::{Path, PathBuf};

use crate::diagnostic::Problem;
use crate::id::RunId;

/// What went wrong. None of them holds anything from inside an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The state folder cannot be used (exit status 2 where nothing was contacted yet).
    #[error("cannot use the state folder {}: {why}", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        hint: String,
    },
    /// The journal was written in a format that this version does not know.
    #[error("the journal in {} has format {found}, and this runbook reads up to {known}", path.display())]
    Newer {
        /// The folder.
        path: PathBuf,
        /// The format found.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// The system refused to write.
    #[error("cannot write the journal: {why}")]
    Write {
        /// Why.
        why: String,
    },
    /// The system refused to read.
    #[error("cannot read the journal: {why}")]
    Read {
        /// Why.
        why: String,
    },
    /// What is on disk is not what was written.
    #[error("the journal{} is damaged: {what}", run.as_ref().map(|run| format!(" of run {run}")).unwrap_or_default())]
    Damaged {
        /// The run, if the damage is in one.
        run: Option<RunId>,
        /// Where and what.
        what: String,
    },
    /// Another process has taken the run over.
    #[error("run {run} was taken over by another process")]
    Ousted {
        /// The run.
        run: RunId,
    },
    /// The run goes on in another process.
    #[error("run {run} is still running (process {pid})")]
    Running {
        /// The run.
        run: RunId,
        /// The process.
        pid: u32,
    },
    /// A run of this name is in the journal already.
    #[error("run {run} is in the journal already")]
    Exists {
        /// The run.
        run: RunId,
    },
    /// No run has a name that begins so.
    #[error("there is no run `{text}`")]
    NoSuchRun {
        /// What was asked for.
        text: String,
    },
    /// Several runs have names that begin so.
    #[error("`{text}` stands for several runs: {}", some.join(", "))]
    Ambiguous {
        /// What was asked for.
        text: String,
        /// The newest of them.
        some: Vec<String>,
    },
    /// The lock of that name is held (exit status 4).
    #[error("the lock `{name}` is held by run {holder}")]
    Locked {
        /// The lock.
        name: String,
        /// Who holds it.
        holder: String,
    },
}

impl JournalError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Unusable { hint, .. } => hint,
            Self::Newer { .. } => "use the newer runbook, or another folder with --state",
            Self::Write { .. } => "make room or repair the disk, then go on with `runbook resume`",
            Self::Damaged { .. } => "keep the file for inspection; what was done can be read on the targets",
            Self::NoSuchRun { .. } | Self::Ambiguous { .. } => "`runbook runs` lists them; `last` is the newest",
            Self::Running { .. } | Self::Locked { .. } => "wait for it to end, or stop it",
            Self::Read { .. } | Self::Ousted { .. } | Self::Exists { .. } => return None,
        };
        Some(text.to_owned())
    }

    /// The same as a finding.
    pub fn problem(&self) -> Problem {
        let problem = Problem::error(self.to_string());
        match self.hint() {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }

    /// The same where nothing was contacted yet: what keeps the journal from being written makes the folder unusable.
    pub(super) fn at_start(self, path: &Path) -> Self {
        match self {
            Self::Write { why } | Self::Read { why } => Self::unusable(path, why),
            other => other,
        }
    }

    pub(super) fn unusable(path: &Path, why: impl Into<String>) -> Self {
        let hint = "name another with --state or RUNBOOK_STATE".to_owned();
        Self::Unusable { path: path.to_owned(), why: why.into(), hint }
    }

    pub(super) fn damaged(run: &RunId, what: impl Into<String>) -> Self {
        Self::Damaged { run: Some(run.clone()), what: what.into() }
    }

    pub(super) fn reading(error: &sqlx::Error) -> Self {
        Self::of(error, |why| Self::Read { why })
    }

    pub(super) fn writing(error: &sqlx::Error) -> Self {
        Self::of(error, |why| Self::Write { why })
    }

    fn of(error: &sqlx::Error, otherwise: impl FnOnce(String) -> Self) -> Self {
        const CORRUPT: i32 = 11;
        const NOT_A_DATABASE: i32 = 26;
        let code = primary_code(error);
        match (code, error) {
            (Some(CORRUPT), _) => Self::Damaged { run: None, what: "the database is malformed".into() },
            (Some(NOT_A_DATABASE), _) => Self::Damaged { run: None, what: "the file is not a database".into() },
            (None, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_)) => {
                Self::Damaged { run: None, what: "a column does not hold what was put there".into() }
            }
            (Some(code), _) => otherwise(said(code, error)),
            (None, _) => otherwise(error.to_string()),
        }
    }
}

/// `SQLite`'s primary result code.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// The usual causes in words people know from elsewhere.
fn said(code: i32, error: &sqlx::Error) -> String {
    match code {
        5 | 6 => "another process holds it locked".to_owned(),
        8 => "it is read-only".to_owned(),
        10 => "input/output error".to_owned(),
        13 => "no space left on the device".to_owned(),
        14 => "a file in it cannot be opened".to_owned(),
        _ => error.to_string(),
    }
}
