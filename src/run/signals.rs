//! Signals: the first asks the run to end well, the second ends the program.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cancel::{Cancel, Reason};

/// Listens for SIGINT, SIGTERM and SIGHUP until the task is dropped.
pub fn listen(cancel: &Cancel) -> tokio::task::JoinHandle<()> {
    let cancel = cancel.clone();
    tokio::spawn(async move {
        let mut heard = false;
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let streams: Result<Vec<Signal>, _> = kinds.iter().map(|kind| signal(*kind)).collect();
        let Ok(mut streams) = streams else { return };
        loop {
            let [interrupt, terminate, hangup] = streams.as_mut_slice() else { return };
            let number = tokio::select! {
                _ = interrupt.recv() => 2,
                _ = terminate.recv() => 15,
                _ = hangup.recv() => 1,
            };
            if heard {
                std::process::exit(if number == 2 { 130 } else { 143 });
            }
            heard = true;
            cancel.cancel(Reason::Interrupted(number));
        }
    })
}
