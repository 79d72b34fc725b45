//! Before anything is touched: steps that may find something that cannot be reconciled are asked to look first.

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::attempt::Subject;
use super::batch::Batch;
use super::meeting::Meetings;
use super::run::Execution;
use super::seat::{Position, Seat};
use crate::event::{StepError, StepKey, Target};
use crate::plan::{Action, Node, holds};
use crate::step::FailureKind;
use crate::template::Scope;

/// What a step found that stands in the way.
pub struct Objection {
    /// The step's name.
    pub step: String,
    /// What it is.
    pub error: StepError,
}

/// Asks every step whose type wants it (`StepType::looks_first`) and whose parameters are known. A system that cannot be
/// reached now is no objection: an earlier step may bring it up. Nor is a step asked about what an earlier one writes.
pub async fn preflight(execution: &Arc<Execution>) -> Vec<Objection> {
    let (mut objections, mut written) = (Vec::new(), Vec::new());
    for play in 0..execution.plan.plays.len() {
        let plan = &execution.plan.plays[play];
        let Some(host) = plan.batches.first().and_then(|batch| batch.first()) else { continue };
        let batch = Arc::new(Batch { play, number: 0, members: plan.batches[0].clone() });
        let snapshot = execution.snapshot(&batch);
        let seat = execution.seat(&batch, host, (&Arc::new(Meetings::new([])), &TaskTracker::new()), &snapshot);
        for action in actions(&plan.steps) {
            if action.kind.looks_first && action.is_service {
                objections.extend(seat.look_first(action, &written).await);
            }
            written.extend(seat.writes(action));
        }
    }
    objections
}

fn actions(nodes: &[Node]) -> Vec<&Arc<Action>> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            Node::Action(action) => {
                found.push(action);
                action.lists().for_each(|list| found.extend(actions(list)));
            }
            Node::Block(block) => found.extend(actions(&block.steps)),
            Node::Parallel(parallel) => parallel.branches.iter().for_each(|branch| found.extend(actions(branch))),
            Node::Flush(_) => {}
        }
    }
    found
}

impl Seat {
    /// How a step is seen before the run begins, where its parameters are known.
    fn beforehand<'a>(
        self: &'a Arc<Self>,
        action: &'a Arc<Action>,
        position: &'a Position,
    ) -> Option<(Subject<'a>, Scope)> {
        let scope = if action.is_service {
            self.service_scope(&action.vars, position)
        } else {
            self.scope(&action.vars, position)
        };
        if action.repeat.items.is_some() || !action.args.needs(&scope).is_empty() {
            return None;
        }
        let key = StepKey {
            play: self.play().index,
            batch: self.batch.number,
            path: action.path.clone(),
            target: Target::Service,
            item: None,
            attempt: None,
            sub: None,
        };
        let cancel = position.cancel.clone();
        Some((Subject { seat: self, action, position, key, target: None, checkpoints: Vec::new(), cancel }, scope))
    }

    async fn look_first(self: &Arc<Self>, action: &Arc<Action>, written: &[String]) -> Option<Objection> {
        let position = Position::beginning(&self.execution.cancel.child());
        let (subject, scope) = self.beforehand(action, &position)?;
        let is_asked = matches!(holds(&action.when, &scope), Some(Ok(true)))
            && !subject.access(&scope).is_some_and(|access| access.meets(written));
        if !is_asked {
            return None;
        }
        let failure = subject.look(&scope).await.err()?;
        let mut error = failure.error;
        error.place.get_or_insert_with(|| action.place.to_string());
        (failure.kind == FailureKind::Failed)
            .then(|| Objection { step: super::perform::step_name(action, &scope), error })
    }

    /// What a step will write in services, as far as it can be known; a connection as a whole where it cannot.
    fn writes(self: &Arc<Self>, action: &Arc<Action>) -> Vec<String> {
        if action.connections.is_empty() {
            return Vec::new();
        }
        let position = Position::beginning(&self.execution.cancel.child());
        let Some((subject, scope)) = self.beforehand(action, &position) else { return action.connections.clone() };
        if matches!(holds(&action.when, &scope), Some(Ok(false))) {
            return Vec::new();
        }
        subject.access(&scope).map_or_else(|| action.connections.clone(), |access| access.writes)
    }
}
