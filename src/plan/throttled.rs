//! A meeting point inside `throttle` would wait for hosts that are not let in before it is over.

use super::model::{Action, Frame, Node, PlayPlan, Scale};
use crate::diagnostic::Problem;
use crate::template::{Rules, Scope, Sink};

/// Finds what would wait for ever in a structure.
pub fn judge(frame: &Frame, inside: &[&[Node]], play: &PlayPlan, scope: &Scope) -> Option<Problem> {
    let throttle = frame.throttle.as_ref()?;
    let known = throttle.needs(scope).is_empty().then(|| throttle.evaluate(scope, Rules::of(Sink::Plain)).ok());
    let most = known.flatten().and_then(|data| data.value.to_string().parse::<usize>().ok());
    let largest = play.batches.iter().map(Vec::len).max().unwrap_or(0);
    if largest <= most.unwrap_or(1).max(1) {
        return None;
    }
    let meeting = inside.iter().find_map(|nodes| meeting(nodes, Some(play)))?;
    let hint = if meeting.is_service {
        "add `each_host: true`, so that each host takes this step for itself"
    } else {
        "take it out of what is throttled: `run_once` waits for all hosts"
    };
    let message = "this step waits for all hosts of the batch, and `throttle` around it does not let all of them in";
    let problem = Problem::error(message).at(meeting.place.clone()).hint(hint);
    Some(problem.note("throttled here", throttle.place.clone()))
}

/// The first meeting point in these; handlers that are flushed there are looked at where a play is given.
fn meeting<'a>(nodes: &'a [Node], play: Option<&'a PlayPlan>) -> Option<&'a Action> {
    nodes.iter().find_map(|node| match node {
        Node::Action(action) => (action.scale == Scale::Once).then_some(&**action),
        Node::Block(block) => [&block.steps, &block.rescue, &block.always].iter().find_map(|part| meeting(part, play)),
        Node::Parallel(parallel) => parallel.branches.iter().find_map(|branch| meeting(branch, play)),
        Node::Flush(_) => play?.handlers.iter().find_map(|(_, handler)| meeting(std::slice::from_ref(handler), None)),
    })
}
