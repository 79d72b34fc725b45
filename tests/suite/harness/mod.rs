//! What tests stand on: servers of their own, and the shared ones on loopback.

pub mod context;
