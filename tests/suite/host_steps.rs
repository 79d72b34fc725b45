//! The steps that run on or for hosts: worlds before, what a step finds and does, worlds after as `sh` sees them.

mod bad;
mod commands;
mod files;
mod hostile;
mod odds;
mod shapes;
mod world;
