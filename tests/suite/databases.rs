//! databases.
