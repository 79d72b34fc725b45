//! Where the journal of runs is.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::diagnostic::Problem;
use crate::journal::Store;

/// `--state`, else `RUNBOOK_STATE`, else the user's XDG state folder.
pub fn folder(given: Option<&Path>) -> Result<PathBuf, Problem> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    if let Some(path) = std::env::var_os("RUNBOOK_STATE").filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let none = || {
        Problem::error("there is no state folder: neither --state nor RUNBOOK_STATE nor HOME says where")
            .hint("give one with --state DIR")
    };
    let strategy = etcetera::choose_base_strategy().map_err(|_| none())?;
    strategy.state_dir().map(|dir| dir.join("runbook")).ok_or_else(none)
}

/// Opens the store of runs. The folders above the default one are made where they are missing.
pub async fn open(given: Option<&Path>) -> Result<Store, Problem> {
    let path = folder(given)?;
    if given.is_none()
        && let Some(parent) = path.parent()
    {
        // What goes wrong here goes wrong again, and is told, when the folder itself is made.
        let _ = tokio::fs::create_dir_all(parent).await;
    }
    Store::open_with(&path, crate::fault::of_environment()).await.map_err(|error| error.problem())
}
