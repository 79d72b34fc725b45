//! doors.
