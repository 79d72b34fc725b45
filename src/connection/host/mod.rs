//! Hosts: commands, files and folders on a machine, over SSH or on this one. No type of an SSH crate leaks.

mod transport;

pub use transport::{
    Become, Captured, Chunk, Command, Dial, Ended, Exit, HostTarget, OnBytes, OnChunk, PathKind, PathState, Program,
    Received, SendFile, Sent, Sink, Source, Stream, Transport, Via,
};
