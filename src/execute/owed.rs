//! Results that the journal holds only masked and that a step still wants: their steps are repeated when a run is taken
//! up again, if they may be.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Class, History, Past, Segment, StepFinished, StepKey, StepPath};
use crate::plan::{Action, Node, Plan, Uses};

/// What is owed, and what of it cannot be had again.
#[derive(Default)]
pub struct Owed {
    /// Steps and loop items that are run again for their results.
    pub again: BTreeSet<StepKey>,
    /// Those that act, which is not done twice: their names and for whom they ran.
    pub lost: Vec<String>,
}

impl Owed {
    /// What a run that is taken up again lacks.
    pub fn of(plan: &Plan, history: &History) -> Self {
        let withheld: Vec<&StepFinished> = history.steps.values().filter_map(|past| ended(past, true)).collect();
        if withheld.is_empty() {
            return Self::default();
        }
        let (uses, actions) = (Uses::of(plan), actions(plan));
        let mut owed = Self::default();
        for end in withheld {
            let path = plain(&end.key.path);
            let Some(action) = actions.get(&(end.key.play, path)) else { continue };
            if !is_wanted(&uses, action, &end.key, history) {
                continue;
            }
            if action.class.or(history.class(&end.key)) == Some(Class::Action) {
                let whom = end.host.as_deref().map(|host| format!(" on {host}")).unwrap_or_default();
                let name = format!("`{}`{whom}", end.step);
                if !owed.lost.contains(&name) {
                    owed.lost.push(name);
                }
            }
            owed.again.insert(end.key.clone());
        }
        owed
    }
}

/// The end of a step that went well (or was passed over), with its result withheld or not.
fn ended(past: &Past, withheld: bool) -> Option<&StepFinished> {
    match past {
        Past::Finished(end) if end.withheld == withheld && (end.outcome.is_good() || end.ignored) => Some(end),
        _ => None,
    }
}

fn is_wanted(uses: &Uses, action: &Action, key: &StepKey, history: &History) -> bool {
    let is_done = |play: u32, path: &StepPath| {
        let whole = StepKey { play, path: path.clone(), item: None, attempt: None, sub: None, ..key.clone() };
        history.past(&whole).is_some_and(|past| ended(past, false).is_some())
    };
    let own = (key.play, &action.path);
    // What `set` gives is worked out again: that changes nothing anywhere.
    action.kind.defines_names || action.register.as_ref().is_some_and(|name| uses.is_wanted(name, own, is_done))
}

/// Every step by play and path.
fn actions(plan: &Plan) -> BTreeMap<(u32, StepPath), &Action> {
    let mut found = BTreeMap::new();
    for play in &plan.plays {
        let mut pending: Vec<&Node> = play.steps.iter().chain(play.handlers.iter().map(|(_, node)| node)).collect();
        while let Some(node) = pending.pop() {
            match node {
                Node::Action(action) => {
                    found.insert((play.index, action.path.clone()), &**action);
                    pending.extend(action.lists().flatten());
                }
                Node::Block(block) => pending.extend(block.steps.iter().chain(&block.rescue).chain(&block.always)),
                Node::Parallel(parallel) => pending.extend(parallel.branches.iter().flatten()),
                Node::Flush(_) => {}
            }
        }
    }
    found
}

/// The path as the plan has it: without the turns of loops and the numbers of messages, and a handler's without the place where it was flushed.
fn plain(path: &StepPath) -> StepPath {
    let from = path.0.iter().position(|segment| matches!(segment, Segment::Handler(_))).unwrap_or(0);
    let kept = path.0[from..].iter().filter(|segment| !matches!(segment, Segment::Turn(_)));
    let numberless = |segment: &Segment| if matches!(segment, Segment::Each(_)) { Segment::Each(0) } else { *segment };
    StepPath(kept.map(numberless).collect())
}
