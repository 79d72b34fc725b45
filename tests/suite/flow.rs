//! How a run goes: small playbooks, and what happens on each host in which order. The tables in `flow/rules` have a row
//! for each rule, which names it.

mod other_users;
mod rolling;
mod rule;
mod stops;
mod unreachable;

use rule::{prove, rules};

/// A table with one test for each of its files.
macro_rules! tables {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            prove(&rules(include_str!(concat!("flow/rules/", stringify!($name), ".txt"))));
        })*
    };
}

tables!(
    a_host_that_was_never_there,
    a_playbook_from_top_to_bottom,
    batches,
    handlers,
    hosts_and_places,
    loops_and_tries,
    meeting_points,
    modules,
    parallel,
    rescue_and_always,
    tags,
    throttle,
    what_is_handed_down,
    what_others_have_registered,
);
