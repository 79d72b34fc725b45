//! Connections to the world: hosts, Redis, RabbitMQ and SQL databases. One folder per transport with the same outline
//! (open, use, close), one error type that names the stage, and a pool that is keyed, lazy, limited and closed at the end.

pub mod amqp;
mod error;
pub mod host;
pub mod http;
mod pool;
pub mod redis;
pub mod sql;
mod target;
mod tls;
mod tunnel;

pub use error::{ConnectionError, Stage};
pub use pool::{Line, Pool};
pub use target::{Kind, ServiceTarget, absolute_sqlite, address};
pub use tunnel::Tunnel;
