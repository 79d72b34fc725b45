//! How many handshakes are under way: sshd turns connections away at random past ten (`MaxStartups`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// At one server, or through one jump host.
const PER_DOOR: usize = 8;
/// Of one run.
const AT_ALL: usize = 50;

/// Lets handshakes through.
pub(super) struct Pace {
    all: Arc<Semaphore>,
    doors: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Pace {
    /// All doors open.
    pub fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ALL)), doors: Mutex::default() }
    }

    /// Waits for a turn at `door`; it ends when the permits are dropped.
    pub async fn turn(&self, door: &str) -> Vec<OwnedSemaphorePermit> {
        let semaphore = {
            let mut doors = self.doors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(doors.entry(door.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(PER_DOOR))))
        };
        // A semaphore that is never closed always gives a permit. The door first: who waits there blocks nobody else.
        let mut permits: Vec<OwnedSemaphorePermit> = semaphore.acquire_owned().await.into_iter().collect();
        permits.extend(Arc::clone(&self.all).acquire_owned().await);
        permits
    }
}
