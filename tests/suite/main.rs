//! The tests of runbook: one binary, real servers, effects seen with clients that are not ours.

mod bad_inputs;
mod brokers;
mod command_line;
mod databases;
mod documents;
mod facts;
mod flow;
mod harness;
mod host_steps;
mod hosts;
mod inventories;
mod journals;
mod layers;
mod playbooks;
mod promises;
mod protected;
mod readme;
mod reference;
mod resume;
mod sealed;
mod templates;
mod web;
