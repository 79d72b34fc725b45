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

/// What a step found that stands in the way.
pub struct Objection {
    /// The step's name.
    pub step: String,
    /// What it is.
    pub error: StepError,
}

/// Asks every step whose type wants it (`StepType::looks_first`) and whose parameters are known. A system that cannot be
/// reached now is no objection: an earlier step may bring it up.
pub async fn preflight(execution: &Arc<Execution>) -> Vec<Objection> {
    let mut objections = Vec::new();
    for play in 0..execution.plan.plays.len() {
        let plan = &execution.plan.plays[play];
        let Some(host) = plan.batches.first().and_then(|batch| batch.first()) else { continue };
        let batch = Arc::new(Batch { play, number: 0, members: plan.batches[0].clone() });
        let snapshot = execution.snapshot(&batch);
        let seat = execution.seat(&batch, host, (&Arc::new(Meetings::new([])), &TaskTracker::new()), &snapshot);
        for action in actions(&plan.steps) {
            if action.kind.looks_first && action.is_service {
                objections.extend(seat.look_first(action).await);
            }
        }
    }
    objections
}

fn actions(nodes: &[Node]) -> Vec<&Arc<Action>> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            Node::Action(action) => found.push(action),
            Node::Block(block) => found.extend(actions(&block.steps)),
            Node::Parallel(parallel) => parallel.branches.iter().for_each(|branch| found.extend(actions(branch))),
            Node::Flush(_) => {}
        }
    }
    found
}

impl Seat {
    async fn look_first(self: &Arc<Self>, action: &Arc<Action>) -> Option<Objection> {
        let cancel = self.execution.cancel.child();
        let position = Position::beginning(&cancel);
        let scope = self.service_scope(&action.vars, &position);
        let is_known = action.repeat.items.is_none()
            && action.args.needs(&scope).is_empty()
            && matches!(holds(&action.when, &scope), Some(Ok(true)));
        if !is_known {
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
        let subject = Subject { seat: self, action, key, target: None, checkpoints: Vec::new(), cancel };
        let failure = subject.look(&scope).await.err()?;
        let mut error = failure.error;
        error.place.get_or_insert_with(|| action.place.to_string());
        (failure.kind == FailureKind::Failed)
            .then(|| Objection { step: super::perform::step_name(action, &scope), error })
    }
}
