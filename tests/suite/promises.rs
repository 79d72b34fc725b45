//! What runbook promises about secrets, ends and its own files, seen from outside the binary.

mod files;
mod interrupts;
mod secrets;
mod withheld;
