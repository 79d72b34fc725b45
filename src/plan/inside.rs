//! Steps that a step holds and runs itself: `ready` once, `each` for every message.
//!
//! In: the lists under a step's parameters. Out: compiled steps at paths of their own, and what cannot stand there.

use super::args::Args;
use super::check::{Judge, add_items, outside};
use super::compile::{Compiler, Inherited};
use super::model::{Action, Inside, Names, Node};
use super::results;
use crate::diagnostic::{Place, Problem, Problems};
use crate::event::{Segment, StepPath};
use crate::playbook::{Body, Common, Named, Step};
use crate::step::StepType;

impl Compiler<'_> {
    /// Compiles the lists of a step. They inherit what the steps of a block would, but not what decides how the step that
    /// holds them ends.
    pub fn inside(&mut self, lists: &[(Named, Vec<Step>)], path: &StepPath, from: &Inherited) -> Vec<Inside> {
        let mut inherited = from.clone();
        (inherited.ignore_errors, inherited.delegate_to) = (None, None);
        inherited.notify.clear();
        let mut compiled = Vec::new();
        for (key, steps) in lists {
            flushes(steps, &key.name, self.problems);
            let part = if key.name == "ready" { Segment::Ready } else { Segment::Each(0) };
            compiled.push(Inside { part, steps: self.steps(steps, &path.join(part), &inherited) });
        }
        compiled
    }

    /// A step that waits for what may never come says when it ends.
    pub fn judge_end(&mut self, row: &StepType, (kind, args): (&Named, &Args), common: &Common) {
        let keys = args.keys();
        let ends = |key: &str| keys.iter().any(|given| &**given == key);
        if row.ends_with.is_empty() || common.timeout.is_some() || row.ends_with.iter().any(|key| ends(key)) {
            return;
        }
        let message = format!("`{}` would wait for ever: nothing says when it ends", row.name);
        let hint = format!("give it `{}`, or the step a `timeout`", row.ends_with.join("` or `"));
        self.problems.push(Problem::error(message).at(kind.place.clone()).hint(hint));
    }

    /// A step with steps inside runs once as it is; for each host it cannot run once.
    pub fn judge_turns(&mut self, row: &StepType, kind: &Named, inherited: &Inherited) {
        if row.lists().next().is_some() && inherited.each_host && inherited.run_once {
            let message = format!("`{}` cannot have both `each_host` and `run_once`", row.name);
            let problem = Problem::error(message).at(kind.place.clone());
            self.problems.push(problem.hint("leave both out: it runs once for all hosts"));
        }
    }
}

/// Handlers belong to hosts, and to the end of a batch.
fn flushes(steps: &[Step], key: &str, problems: &mut Problems) {
    for step in steps {
        if matches!(step.body, Body::FlushHandlers) {
            let problem = Problem::error(format!("`flush_handlers` cannot stand in `{key}`")).at(step.place.clone());
            problems.push(problem.hint("put it after the step that holds these"));
        }
        step.body.lists().into_iter().for_each(|list| flushes(list, key, problems));
    }
}

/// Whether some step holds others.
pub fn is_anywhere(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Action(action) => !action.inside.is_empty(),
        Node::Block(block) => [&block.steps, &block.rescue, &block.always].into_iter().any(|part| is_anywhere(part)),
        Node::Parallel(parallel) => parallel.branches.iter().any(|branch| is_anywhere(branch)),
        Node::Flush(_) => false,
    })
}

impl Judge<'_> {
    /// Judges the steps inside a step. Those of a step that runs once see what it sees, as in a play without hosts.
    pub(super) fn inside(&mut self, action: &Action, known: &mut Names, shared: &mut Names) {
        let control = action.is_service || self.control;
        let mut own = if control { shared.clone() } else { known.clone() };
        let before = (self.control, self.moment.clone());
        let groups = (control && !self.control).then(|| std::mem::replace(&mut self.groups, super::check::nobody()));
        self.control = control;
        for inside in action.inside.iter() {
            self.moment.clone_from(&before.1);
            add_items(&mut self.moment, &action.repeat, &action.place);
            if matches!(inside.part, Segment::Each(_)) {
                self.moment.insert("message".into(), results::of_message(action));
            }
            self.nodes(&inside.steps, &mut own, shared);
        }
        (self.control, self.moment) = before;
        if let Some(groups) = groups {
            self.groups = groups;
        }
        if !control {
            *known = own;
        }
    }
}

/// What a name stands for that steps inside give, where they are not run (`--check`).
pub fn awaited(name: &str, place: &Place) -> crate::template::Binding {
    outside(name, "what the steps inside give when it is applied", place)
}
