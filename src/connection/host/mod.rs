//! Hosts: commands, files and folders on a machine, over SSH or on this one. No type of an SSH crate leaks.
//!
//! What a host can do ([`Transport`]) is written once, over a [`carrier::Carrier`] that starts a line of shell and
//! hands out its three streams. There are two carriers with the same outline: `local` and `ssh`.

mod capture;
mod carrier;
mod command_line;
mod facts;
mod fetch;
mod filter;
mod job;
mod local;
mod look;
mod look_parse;
mod machine;
mod pump;
mod refusal;
mod send;
mod ssh;
mod stop;
mod transport;

pub use facts::{FACTS, facts};
pub use ssh::{HostKeys, SshDialler, SshSettings, askpass};
pub use transport::{
    Become, Captured, Chunk, Command, Dial, Ended, Exit, HostTarget, OnBytes, OnChunk, PathKind, PathState, Program,
    Received, SendFile, Sent, Sink, Source, Stream, Transport, Via,
};
