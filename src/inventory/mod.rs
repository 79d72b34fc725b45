//! Inventories: which hosts there are, in which groups, with which vars.
//!
//! In: Ansible's INI and YAML inventories, executables that print its JSON, rows of a database, `group_vars` and
//! `host_vars`. Out: an [`Inventory`], the hosts a pattern selects, and its listing. Runs executables that were given;
//! databases are asked by who is handed in.
//!
//! `load` finds out what each source is; `ini_file`, `yaml_file` and `plugin_output` fill a `draft`; `resolve` makes
//! the inventory of it.

mod address;
mod draft;
mod ini_file;
pub mod known;
mod listing;
mod literal;
mod load;
mod model;
mod nesting;
mod passage;
mod pattern;
mod plugin;
mod plugin_output;
mod query;
mod resolve;
mod schema;
mod select;
mod value;
mod vars_files;
mod words;
mod yaml_file;

pub use load::Reach;
pub use model::{ALL, Group, Host, HostVar, Inventory, LOCALHOST, UNGROUPED, VarMap, Vars};
pub use query::Asks;
pub use schema::schema;
pub use select::{SelectError, Selection};
pub use value::is_secret_var;
