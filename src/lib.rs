//! `runbook`: a declarative, YAML-driven automation runner for hosts, brokers and databases.
//!
//! Data flows one way: `cli -> run -> playbook + inventory -> plan -> execute -> step -> connection -> the world`;
//! events flow out at the end: `execute -> event -> run's hub -> journal first, then reporters`.
//! The modules form an ordered list (ARCHITECTURE.md); one imports only from those below it, and a test checks that.

pub mod cancel;
pub mod diagnostic;
pub mod fault;
pub mod id;
pub mod secret;
pub mod text;

pub mod event;
pub mod yaml;

pub mod template;

pub mod connection;
pub mod inventory;
pub mod playbook;

pub mod step;

pub mod plan;

pub mod execute;
pub mod journal;
pub mod report;

pub mod run;

pub mod cli;
