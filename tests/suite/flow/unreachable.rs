//! Hosts over SSH whose server goes away in the middle of the run.

use super::rule::{Rule, prove, rules};
use crate::harness::sshd::Fleet;

/// The server of this host goes away for good.
const DIES: &str = "exec: 'kill -9 {{ pid }} $(ps --no-headers -o pid --ppid {{ pid }})', delegate_to: a";
/// The connections of this host are lost; new ones can be made.
const DROPS: &str = "exec: 'kill -9 $(ps --no-headers -o pid --ppid {{ pid }})', delegate_to: a";

/// Two hosts over SSH beside a local one.
fn inventory(fleet: &Fleet) -> String {
    let text = fleet.inventory();
    let text = text.replacen("h0 ", &format!("h0 pid={} ", fleet.server(0).pid()), 1);
    let text = text.replacen("h1 ", &format!("h1 pid={} ", fleet.server(1).pid()), 1);
    format!("{text}\n[far]\nh0\nh1\n[local]\na ansible_connection=local\n")
}

#[test]
fn a_host_that_goes_away() {
    let table = include_str!("rules/a_host_that_goes_away.txt").replace("DIES", DIES).replace("DROPS", DROPS);
    let rules = rules(&table);
    let fleets: Vec<Fleet> = rules.iter().map(|_| Fleet::start(2)).collect();
    let with = |(rule, fleet): (Rule, &Fleet)| rule.file("hosts.ini", &inventory(fleet));
    prove(&rules.into_iter().zip(&fleets).map(with).collect::<Vec<_>>());
}
