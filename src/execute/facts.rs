//! `host.facts`: gathered when a host first comes to something that uses them, once per run.

use std::sync::Arc;

use super::ended::Ended;
use super::seat::{Position, Seat};
use super::walk::{Fault, Flow};
use crate::connection::host::facts;
use crate::plan::{Action, FACTS_NEED, Frame, Names};
use crate::secret::Taint;
use crate::step::{Failure, FailureKind};
use crate::template::{Binding, Data, Record, Scope, Tree};

impl Seat {
    /// The scope of an action, with the facts if it uses them.
    pub async fn informed(&self, action: &Action, scope: &Scope, position: &Position) -> Result<Scope, Failure> {
        let trees = action.trees();
        if !uses_facts(&trees, scope) && !self.template_uses_facts(action, scope) {
            return Ok(scope.clone());
        }
        self.gather(position).await?;
        Ok(self.scope(&action.vars, position))
    }

    /// Has the facts there before a block, an include or `parallel` begins; how it ends where they cannot be had.
    pub async fn inform(&self, frame: &Frame, position: &Position) -> Option<Flow> {
        let given = frame.inputs.iter().map(|input| &input.value);
        let trees = frame.when.iter().chain(&frame.repeat.items).chain(&frame.timeout).chain(given);
        let trees: Vec<&Tree> = trees.collect();
        if !uses_facts(&trees, &self.scope(&frame.vars, position)) {
            return None;
        }
        let failure = self.gather(position).await.err()?;
        let ended = Ended::of(&failure, Taint::PUBLIC);
        let (outcome, step, result) = (ended.outcome, frame.word.to_owned(), ended.result);
        let mut error = failure.error;
        error.place.get_or_insert_with(|| frame.place.to_string());
        Some(Flow::Failed(Arc::new(Fault { outcome, step, error, result, is_told: false })))
    }

    /// A file that `put` renders may use them too.
    fn template_uses_facts(&self, action: &Action, scope: &Scope) -> bool {
        let rendered = action.args.literal("src").filter(|_| action.args.keys().iter().any(|key| &**key == "template"));
        let files = rendered.and_then(|path| self.execution.files.templates(&path, &action.aliases).ok());
        files.is_some_and(|files| files.iter().any(|(_, tree)| uses_facts(&[tree], scope)))
    }

    async fn gather(&self, position: &Position) -> Result<(), Failure> {
        let target = self.plan.as_ref().and_then(|host| host.target.clone());
        let Some(target) = target else { return Err(Failure::failed("`host.facts`: there is no host here")) };
        let cell = self.execution.state().hosts.entry(self.host.clone()).or_default().facts.clone();
        let ask = async || {
            let stopped = |reason| Failure::new(FailureKind::Stopped(reason), "stopped before it began");
            let _permit = position.cancel.bound(self.execution.permits.acquire()).await.map_err(stopped)?;
            let told = |error| Failure::of(error, &position.cancel);
            let host = self.execution.pool.host(&target, &position.cancel).await.map_err(told)?;
            let found = facts(&*host, &position.cancel).await.map_err(told)?;
            Ok(Data::from_json(&found, Taint::OUTSIDE))
        };
        cell.get_or_try_init(ask).await.map(drop)
    }

    /// `host` with its facts, once they are there.
    pub fn with_facts(&self, own: &mut Names) {
        let facts = self.execution.state().hosts.get(&self.host).and_then(|host| host.facts.get().cloned());
        if let (Some(facts), Some(Binding::Record(view))) = (facts, own.get("host")) {
            let mut view: Record = view.as_ref().clone();
            view.insert("facts".into(), Binding::Known(facts));
            own.insert("host".into(), Binding::Record(view.into()));
        }
    }
}

fn uses_facts(trees: &[&Tree], scope: &Scope) -> bool {
    trees.iter().any(|tree| tree.needs(scope).iter().any(|need| need.name == FACTS_NEED))
}
