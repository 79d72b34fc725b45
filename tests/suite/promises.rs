//! What runbook promises about secrets, ends and its own files, seen from outside the binary.

mod faults;
mod files;
mod interrupts;
mod secrets;
mod withheld;
