//! Opens connections to hosts.

use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use super::effective::{Effective, effective};
use super::guard::Room;
use super::link::Link;
use super::master::{Ended, Master, Order};
use super::pace::Pace;
use super::settings::SshSettings;
use super::stages;
use crate::cancel::Cancel;
use crate::connection::host::local::Local;
use crate::connection::host::machine::Machine;
use crate::connection::host::{Dial, HostTarget, Transport, Via};
use crate::connection::{ConnectionError, Stage};

/// How often a server that hangs up at once is tried, with the pauses between.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1500)];

/// Opens connections to hosts: over SSH, or to this machine where the target says so.
pub struct SshDialler {
    settings: SshSettings,
    pace: Pace,
    room: Mutex<Weak<Room>>,
}

impl SshDialler {
    /// A dialler with these choices.
    pub fn new(settings: SshSettings) -> Self {
        Self { settings, pace: Pace::new(), room: Mutex::default() }
    }

    /// The room of the connections that are open; a new one if there is none.
    async fn room(&self) -> std::io::Result<Arc<Room>> {
        let mut known = self.room.lock().await;
        if let Some(room) = known.upgrade() {
            return Ok(room);
        }
        let room = Arc::new(Room::new()?);
        *known = Arc::downgrade(&room);
        Ok(room)
    }

    async fn ssh(&self, target: &HostTarget) -> Result<Link, ConnectionError> {
        let limit = self.settings.connect_timeout;
        let Ok(found) = timeout(limit, effective(&self.settings, target)).await else {
            let message = format!("ssh_config for {} could not be worked out in time", target.name);
            return Err(ConnectionError::new(Stage::TimedOut, message));
        };
        let found = found?;
        let room = self.room().await.map_err(|error| {
            let message = format!("cannot make a folder for the sockets of ssh: {error}");
            ConnectionError::new(Stage::Connect, message)
        })?;
        let order = Order { settings: &self.settings, target, effective: &found, room: &room };
        let mut pauses = PAUSES.iter();
        loop {
            let turn = self.pace.turn(&found.door()).await;
            let ended = match Master::connect(&order).await {
                Ok(master) => return Ok(Link::new(&target.name, master)),
                Err(ended) => ended,
            };
            drop(turn);
            match (&ended, pauses.next()) {
                (Ended::Told(lines), Some(pause)) if stages::is_turned_away(lines) => sleep(*pause).await,
                _ => return Err(self.told(target, &found, ended)),
            }
        }
    }

    fn told(&self, target: &HostTarget, found: &Effective, ended: Ended) -> ConnectionError {
        match ended {
            Ended::Error(error) => error,
            Ended::Silent => stages::silent(target, found, self.settings.connect_timeout),
            Ended::Told(lines) => stages::explain(target, found, &lines),
        }
    }
}

#[async_trait]
impl Dial for SshDialler {
    async fn dial(&self, target: &HostTarget, cancel: &Cancel) -> Result<Arc<dyn Transport>, ConnectionError> {
        if target.via == Via::Local {
            return Ok(Arc::new(Machine::new(Arc::new(Local::new(&target.name)))));
        }
        let link = cancel.bound(self.ssh(target)).await.map_err(|_| {
            ConnectionError::new(Stage::TimedOut, format!("stopped while {} was connected to", target.name))
        })??;
        Ok(Arc::new(Machine::new(Arc::new(link))))
    }
}
