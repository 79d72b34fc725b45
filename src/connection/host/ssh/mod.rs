//! Over SSH: OpenSSH's own client makes the connection, so that its configuration, agents, certificates and jump hosts
//! hold; commands and files go over its multiplexing socket.

mod asking;
mod askpass;
mod dialler;
mod effective;
mod guard;
mod host_key;
mod link;
mod log;
mod master;
mod pace;
mod settings;
mod stages;
mod straight;

pub use askpass::askpass;
pub use dialler::SshDialler;
pub use settings::{HostKeys, SshSettings};
