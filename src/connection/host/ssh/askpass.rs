//! The other end of ssh's question for a password: ssh starts this very program, which asks the run over a socket.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;

/// Names the socket; only ssh's environment has it.
pub(super) const SOCKET: &str = "RUNBOOK_ASKPASS";

/// Answers ssh if it was ssh that started the program; none otherwise. To be called before anything else.
pub fn askpass() -> Option<ExitCode> {
    let socket = std::env::var_os(SOCKET)?;
    let prompt = std::env::args().nth(1).unwrap_or_default();
    let answered = answer(socket.as_ref(), &prompt).is_ok_and(|answered| answered);
    Some(if answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn answer(socket: &std::path::Path, prompt: &str) -> std::io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(prompt.as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut secret = Vec::new();
    stream.read_to_end(&mut secret)?;
    if secret.is_empty() {
        return Ok(false);
    }
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&secret)?;
    stdout.flush()?;
    Ok(true)
}
