//! brokers.
