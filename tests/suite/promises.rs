//! What runbook promises about secrets, ends and its own files, seen from outside the binary.

mod canaries;
mod faults;
mod files;
mod interrupts;
mod payloads;
mod secrets;
mod withheld;
