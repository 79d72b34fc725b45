//! TODO execute
