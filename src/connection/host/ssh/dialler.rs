//! Opens connections to hosts.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use super::effective::{Effective, effective};
use super::guard::Room;
use super::link::Link;
use super::master::{Ended, Master, Order};
use super::pace::Pace;
use super::settings::{HostKeys, SshSettings};
use super::stages;
use super::straight::Straight;
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
    straight: OnceLock<Straight>,
    pace: Pace,
    room: Mutex<Weak<Room>>,
}

impl SshDialler {
    /// A dialler with these choices.
    pub fn new(settings: SshSettings) -> Self {
        Self { settings, straight: OnceLock::new(), pace: Pace::new(), room: Mutex::default() }
    }

    /// The room of the connections that are open; a new one if there is none.
    async fn room(&self) -> std::io::Result<Arc<Room>> {
        let mut known = self.room.lock().await;
        if let Some(room) = known.upgrade() {
            return Ok(room);
        }
        let room = Arc::new(Room::new(&self.settings)?);
        *known = Arc::downgrade(&room);
        Ok(room)
    }

    async fn ssh(&self, target: &HostTarget) -> Result<Link, ConnectionError> {
        let known = self.beforehand(target).await?;
        let door = known.as_ref().map_or_else(|| door(target), Effective::door);
        let room = self.room().await.map_err(|error| {
            let message = format!("cannot make a folder for the sockets of ssh: {error}");
            ConnectionError::new(Stage::Connect, message)
        })?;
        let order = Order { settings: &self.settings, target, effective: known.as_ref(), room: &room };
        let mut pauses = PAUSES.iter();
        let ended = loop {
            let turn = self.pace.turn(&door).await;
            let ended = match Master::connect(&order).await {
                Ok(master) => return Ok(Link::new(&target.name, master)),
                Err(ended) => ended,
            };
            drop(turn);
            match (&ended, pauses.next()) {
                (Ended::Told(lines), Some(pause)) if stages::is_turned_away(lines) => sleep(*pause).await,
                _ => break ended,
            }
        };
        let found = match known {
            Some(found) => found,
            None => self.effective(target).await?,
        };
        Err(self.told(target, &found, ended))
    }

    /// What ssh makes of the target, where that is needed before the connection is made: to answer for passwords, to
    /// know the files of known hosts, or because it may lead elsewhere.
    async fn beforehand(&self, target: &HostTarget) -> Result<Option<Effective>, ConnectionError> {
        let asks = target.password.is_some() || target.passphrase.is_some();
        let straight = self.straight.get_or_init(|| Straight::read(&self.settings));
        if !asks && self.settings.host_keys != HostKeys::Off && straight.leads(target) {
            return Ok(None);
        }
        self.effective(target).await.map(Some)
    }

    async fn effective(&self, target: &HostTarget) -> Result<Effective, ConnectionError> {
        timeout(self.settings.connect_timeout, effective(&self.settings, target)).await.unwrap_or_else(|_| {
            let message = format!("ssh_config for {} could not be worked out in time", target.name);
            Err(ConnectionError::new(Stage::TimedOut, message))
        })
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
            return Ok(Arc::new(Machine::new(Arc::new(Local::new(&target.name, self.settings.withheld.clone())))));
        }
        let link = cancel.bound(self.ssh(target)).await.map_err(|_| {
            ConnectionError::new(Stage::TimedOut, format!("stopped while {} was connected to", target.name))
        })??;
        Ok(Arc::new(Machine::new(Arc::new(link))))
    }
}

/// The server of a target that is reached straight.
fn door(target: &HostTarget) -> String {
    format!("{} {}", target.address, target.port.map_or_else(String::new, |port| port.to_string()))
}
