//! A way to a service through a host's SSH connection (`via`).
//!
//! In: a socket that the host's connection leads to the service. Out: that socket for drivers that take one, and a
//! [`Door`] for those that only take an address. Both are this user's alone: the socket lies in a folder of mode 0700, and
//! the door is open only while a connection is made.

use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

/// A socket of this machine that leads to the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    socket: PathBuf,
    number: u16,
}

impl Tunnel {
    /// The name of socket `number` of a folder: as PostgreSQL's clients put it together from a folder and a port.
    pub(super) fn socket_name(number: u16) -> String {
        format!(".s.PGSQL.{number}")
    }

    /// The tunnel behind socket `number` of a folder.
    pub(super) fn new(folder: &Path, number: u16) -> Self {
        Self { socket: folder.join(Self::socket_name(number)), number }
    }

    /// The socket.
    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The folder it lies in.
    pub(super) fn folder(&self) -> &Path {
        self.socket.parent().unwrap_or(Path::new("/"))
    }

    /// Its number in the folder.
    pub(super) fn number(&self) -> u16 {
        self.number
    }

    /// Opens a door.
    pub(super) async fn door(&self) -> Result<Door> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let socket = self.socket.clone();
        let porter = tokio::spawn(async move {
            while let Ok((outside, _)) = listener.accept().await {
                tokio::spawn(lead(outside, socket.clone()));
            }
        });
        Ok(Door { address, porter })
    }
}

/// A port of this machine's loopback that leads into a tunnel until it is dropped; what came in by then stays.
pub(super) struct Door {
    /// Where to knock.
    pub address: SocketAddr,
    porter: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.porter.abort();
    }
}

/// Carries bytes both ways until one side hangs up.
async fn lead(mut outside: TcpStream, socket: PathBuf) {
    let _ = outside.set_nodelay(true);
    if let Ok(mut inside) = UnixStream::connect(socket).await {
        let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
    }
}
