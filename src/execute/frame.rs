//! What governs a whole structure: `when`, `throttle`, `loop`, `retries` and `timeout` of a block, an include, `parallel`.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::attempt;
use super::seat::{Position, Seat};
use super::throttle::Slot;
use super::walk::{Fault, Flow};
use crate::cancel::Reason;
use crate::diagnostic::Problem;
use crate::event::{Outcome, StepError};
use crate::plan::{Frame, enter, holds, items};
use crate::secret::Taint;
use crate::template::{Binding, Data, Rules, Sink};
use crate::text::human_duration;

impl Seat {
    /// A structure, with all that governs it.
    pub async fn framed<'a, F>(self: &'a Arc<Self>, frame: &'a Frame, position: &'a Position, once: F) -> Flow
    where
        F: Fn(Position) -> BoxFuture<'a, Flow> + Send + Sync,
    {
        if let Some(flow) = self.inform(frame, position).await {
            return flow;
        }
        let scope = self.scope(&frame.vars, position);
        match holds(&frame.when, &scope) {
            Some(Ok(true)) => {}
            Some(Ok(false)) | None => return Flow::On,
            Some(Err(problem)) => return self.broken(frame, &problem),
        }
        let limit = match attempt::duration(frame.timeout.as_ref(), &scope) {
            Ok(limit) => limit,
            Err(problem) => return self.broken(frame, &problem),
        };
        let rollout = || match &frame.name {
            Some(_) => self.label(frame),
            None => format!("{} at {}", frame.word, frame.place),
        };
        let slot = match self.slot((frame.throttle.as_ref(), &frame.path), &rollout, &scope, position).await {
            Ok(Slot::Closed) => return Flow::Halted,
            Ok(slot) => slot,
            Err(problem) => return self.broken(frame, &problem),
        };
        let (cancel, _deadline) = position.cancel.child_for(limit);
        let inner = Position { cancel, around: position.cancel.clone(), ..position.clone() };
        let flow = match &frame.repeat.items {
            None => self.tried(frame, inner.clone(), &once).await,
            Some(tree) => match items(tree, &scope) {
                Ok(items) => self.turns(frame, inner.clone(), items, &once).await,
                Err(problem) => self.broken(frame, &problem),
            },
        };
        let flow = self.overdue(frame, flow, &inner);
        self.leave_slot(slot, &flow);
        flow
    }

    /// A structure that was stopped because it took too long has failed.
    pub fn overdue(&self, frame: &Frame, flow: Flow, position: &Position) -> Flow {
        match (flow, position.cancel.reason()) {
            (Flow::Halted, Some(Reason::TimedOut(limit))) if position.around.reason().is_none() => {
                self.broken(frame, &Problem::error(format!("it did not end within {}", human_duration(limit))))
            }
            (flow, _) => flow,
        }
    }

    /// `loop` of a structure.
    async fn turns<'a, F>(self: &'a Arc<Self>, frame: &'a Frame, position: Position, items: Vec<Data>, once: &F) -> Flow
    where
        F: Fn(Position) -> BoxFuture<'a, Flow> + Send + Sync,
    {
        for (n, item) in items.into_iter().enumerate() {
            let place = serde_json::json!({ "index0": n, "index": n + 1 });
            let place = Binding::Known(Data::from_json(&place, Taint::PUBLIC));
            let mut turn = position.with([("item", Binding::Known(item)), ("loop", place)]);
            turn.turns.push((frame.path.0.len(), u32::try_from(n).unwrap_or(u32::MAX)));
            let flow = self.tried(frame, turn, once).await;
            if !matches!(flow, Flow::On) {
                return flow;
            }
        }
        Flow::On
    }

    /// `retries`, `delay` and `until` of a structure. What is unknown is not tried again.
    async fn tried<'a, F>(self: &'a Arc<Self>, frame: &'a Frame, position: Position, once: &F) -> Flow
    where
        F: Fn(Position) -> BoxFuture<'a, Flow> + Send + Sync,
    {
        let scope = self.scope(&frame.vars, &position);
        let position = match enter(&frame.inputs, &scope) {
            Ok(inputs) if inputs.is_empty() => position,
            Ok(inputs) => position.with_names(inputs),
            Err(problem) => return self.broken(frame, &problem),
        };
        let (tries, delay) = match attempt::tries(&frame.repeat, &scope) {
            Ok(tries) => tries,
            Err(problem) => return self.broken(frame, &problem),
        };
        let mut n = 0;
        loop {
            let mut turn = position.clone();
            if n > 0 {
                turn.turns.push((frame.path.0.len(), n));
            }
            let flow = match once(turn.clone()).await {
                Flow::On => self.until(frame, &turn),
                flow => flow,
            };
            n += 1;
            let may_repeat = matches!(&flow, Flow::Failed(fault) if fault.outcome != Outcome::Unknown);
            if !may_repeat || n == tries {
                return flow;
            }
            let waited = position.cancel.bound(tokio::time::sleep(delay)).await;
            if waited.is_err() || position.cancel.reason().is_some() {
                return flow;
            }
        }
    }

    /// Whether a structure that went well has done what it should.
    fn until(&self, frame: &Frame, position: &Position) -> Flow {
        match holds(&frame.repeat.until, &self.scope(&frame.vars, position)) {
            Some(Ok(true)) => Flow::On,
            Some(Err(problem)) => self.broken(frame, &problem),
            Some(Ok(false)) | None => self.broken(frame, &Problem::error("`until` did not become true")),
        }
    }

    /// The structure itself fails on this host.
    fn broken(&self, frame: &Frame, problem: &Problem) -> Flow {
        let place = problem.place.as_ref().unwrap_or(&frame.place).to_string();
        let error = StepError {
            message: problem.message.clone(),
            hint: problem.hint.clone(),
            stage: None,
            place: Some(place),
            refused: false,
        };
        let (outcome, step) = (Outcome::Failed, self.label(frame));
        Flow::Failed(Arc::new(Fault { outcome, step, error, result: serde_json::Value::Null, is_told: false }))
    }

    /// How people call a structure.
    fn label(&self, frame: &Frame) -> String {
        let position = Position::beginning(&self.execution.cancel);
        let scope = self.scope(&frame.vars, &position);
        let name = frame.name.as_ref().and_then(|tree| tree.evaluate(&scope, Rules::of(Sink::Plain)).ok());
        name.map_or_else(|| frame.word.to_owned(), |data| data.value.to_string())
    }
}
