//! Problems that may stand for some hosts of a play and not for others.

use std::sync::Arc;

use crate::diagnostic::Problem;

/// So many hosts are named.
const NAMED: usize = 3;
/// So many different problems are kept.
const MOST: usize = 20;

/// What was found, each with the hosts for which it stands.
#[derive(Default)]
pub struct OnHosts(Vec<(Problem, Vec<Arc<str>>)>);

impl OnHosts {
    /// Notes a problem of some hosts; beyond twenty different ones they are dropped.
    pub fn add<'h>(&mut self, problem: Problem, hosts: impl Iterator<Item = &'h Arc<str>>) {
        let hosts = hosts.cloned();
        let is_full = self.0.len() >= MOST;
        match self.0.iter_mut().find(|(other, _)| *other == problem) {
            Some((_, known)) => known.extend(hosts),
            None if is_full => {}
            None => self.0.push((problem, hosts.collect())),
        }
    }

    /// The problems in their order; each says for how many of `total` hosts it stands, unless that is for all.
    pub fn told(self, total: usize) -> impl Iterator<Item = Problem> {
        self.0.into_iter().map(move |(mut problem, hosts)| {
            if hosts.len() < total {
                let some: Vec<&str> = hosts.iter().take(NAMED).map(|host| &**host).collect();
                let more = if hosts.len() > NAMED { ", ..." } else { "" };
                problem.message =
                    format!("{} on {} of {total} hosts: {}{more}", problem.message, hosts.len(), some.join(", "));
            }
            problem
        })
    }
}
