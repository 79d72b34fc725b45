//! TODO run
