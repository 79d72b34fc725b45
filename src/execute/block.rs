//! `block` with `rescue` and `always`.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::future::FutureExt as _;

use super::seat::{Position, Seat};
use super::walk::{Fault, Flow};
use crate::cancel::{Cancel, Deadline};
use crate::event::Segment;
use crate::plan::Block;
use crate::secret::Taint;
use crate::template::{Binding, Data};

/// `always` has this long once the run is stopped; `rescue` and `always`, once their block has taken too long.
const LAST_WORDS: Duration = Duration::from_mins(1);

impl Seat {
    /// A block, with all that governs it.
    pub async fn block(self: &Arc<Self>, block: &Block, position: &Position) -> Flow {
        let flow = self.framed(&block.frame, position, |position| self.block_once(block, position).boxed()).await;
        self.pass(&block.frame.path, position);
        flow
    }

    async fn block_once(self: &Arc<Self>, block: &Block, position: Position) -> Flow {
        let part = |segment| block.frame.path.join(segment);
        let flow = self.walk(&block.steps, &position).await;
        let mut flow = self.overdue(&block.frame, flow, &position);
        self.pass(&part(Segment::Block), &position);
        if let Flow::Failed(fault) = &flow
            && !block.rescue.is_empty()
        {
            let (rescue, _deadline) = position.rescue(fault, &self.host);
            flow = match self.walk(&block.rescue, &rescue).await {
                Flow::On => Flow::On,
                worse => worse.or_worse(flow),
            };
        }
        self.pass(&part(Segment::Rescue), &position);
        if block.always.is_empty() {
            return flow;
        }
        let fault = match &flow {
            Flow::Failed(fault) => Some(&**fault),
            _ => None,
        };
        let (always, _deadline) = position.always(fault, &self.host);
        flow.or_worse(self.walk(&block.always, &always).await)
    }
}

impl Position {
    /// In `rescue`. Where the block itself has taken too long, its rescue is not stopped by that.
    fn rescue(&self, fault: &Fault, host: &str) -> (Self, Deadline) {
        let is_overdue = self.cancel.reason().is_some() && self.around.reason().is_none();
        let (cancel, deadline) =
            if is_overdue { self.around.child_for(Some(LAST_WORDS)) } else { self.cancel.child_for(None) };
        (Self { cancel, ..self.sheltered(Some(fault), host) }, deadline)
    }

    /// In `always`, which goes on for a while when everything around it is stopped.
    fn always(&self, fault: Option<&Fault>, host: &str) -> (Self, Deadline) {
        // One inside another has no time of its own.
        let root = self.last.clone().unwrap_or_else(Cancel::root);
        let (cancel, deadline) = self.cancel.outlived(LAST_WORDS, &root);
        (Self { last: Some(cancel.clone()), cancel, ..self.sheltered(fault, host) }, deadline)
    }

    fn sheltered(&self, fault: Option<&Fault>, host: &str) -> Self {
        let position = self.with(fault.map(|fault| ("failed", failed(fault, host))));
        Self { sheltered: true, lost: Some(Arc::new(AtomicBool::new(false))), ..position }
    }
}

/// What `rescue` and `always` see.
fn failed(fault: &Fault, host: &str) -> Binding {
    let value = serde_json::json!({
        "step": fault.step,
        "host": host,
        "error": fault.error.message,
        "result": fault.result,
    });
    Binding::Known(Data::from_json(&value, Taint::OUTSIDE))
}
