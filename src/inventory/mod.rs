//! Inventories: which hosts there are, in which groups, with which vars.
//!
//! In: Ansible's INI and YAML inventories with `group_vars` and `host_vars`. Out: an [`Inventory`], and the hosts a
//! pattern selects. Contacts nothing.

mod model;

pub use model::{Group, Host, HostVar, Inventory};
