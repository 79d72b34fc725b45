//! The command line.

use std::process::ExitCode;

/// Runs the program.
pub fn main() -> ExitCode {
    if let Some(status) = crate::connection::host::askpass() {
        return status;
    }
    ExitCode::SUCCESS
}
