//! Small shell programs of our own on the host. Everything that varies travels as an argument, never in the text.

use super::{Context, Failure};
use crate::connection::host::{Command, Ended, Exit};

/// Arguments of one command together, in bytes: well below every system's limit.
const ROOM: usize = 64 * 1024;

/// Runs `script` with positional parameters, as the step's user but without its environment.
pub(super) async fn run(cx: &Context, script: &str, arguments: &[String]) -> Result<Ended, Failure> {
    let words = ["sh", "-c", script, "sh"].map(str::to_owned).into_iter().chain(arguments.iter().cloned());
    let command = Command { sudo: cx.sudo.clone(), ..Command::argv(words) };
    let transport = cx.transport().await?;
    transport.run(&command, &mut |_| {}, &cx.cancel).await.map_err(|error| cx.failure(error))
}

/// Runs `script` and answers what it printed; `what` says in an error what could not be done.
pub(super) async fn expect(cx: &Context, what: &str, script: &str, arguments: &[String]) -> Result<String, Failure> {
    let ended = run(cx, script, arguments).await?;
    match ended.exit {
        Exit::Status(0) => Ok(String::from_utf8_lossy(&ended.stdout.bytes).into_owned()),
        exit => Err(Failure::failed(format!("cannot {what}: {}", reason(&exit, &ended.stderr.bytes)))),
    }
}

/// Runs `script` once for as many of `paths` as go into one command, behind the `fixed` arguments.
pub(super) async fn each(
    cx: &Context,
    what: &str,
    script: &str,
    fixed: &[String],
    paths: &[String],
) -> Result<(), Failure> {
    let mut rest = paths;
    while !rest.is_empty() {
        let mut room = ROOM;
        let fits = rest.iter().take_while(|path| take(&mut room, path.len() + 1)).count().max(1);
        let (now, later) = rest.split_at(fits);
        expect(cx, what, script, &[fixed, now].concat()).await?;
        rest = later;
    }
    Ok(())
}

fn take(room: &mut usize, size: usize) -> bool {
    let left = room.checked_sub(size);
    *room = left.unwrap_or(0);
    left.is_some()
}

/// The last thing a program said, else how it ended.
fn reason(exit: &Exit, stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    match (text.lines().rfind(|line| !line.trim().is_empty()), exit) {
        (Some(line), _) => line.trim().to_owned(),
        (None, Exit::Status(status)) => format!("exit status {status}"),
        (None, Exit::Signal(name)) => format!("killed by signal {name}"),
    }
}
