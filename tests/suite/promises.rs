//! What runbook promises about secrets, outside data, ends and its own files, seen from outside the binary.

mod files;
mod interrupts;
mod payloads;
mod secrets;
mod withheld;
