//! What tests stand on: servers of their own, and the shared ones on loopback.

pub mod authority;
pub mod case;
pub mod context;
pub mod proxy;
pub mod rabbitmq;
pub mod sshd;
