//! Looking ahead: the states of the paths that neighbouring steps of one type will ask for are fetched in one round trip.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use super::attempt::sudo;
use super::seat::{Position, Seat};
use crate::plan::{Action, Node, Scale, holds, items, prepare, with_item};
use crate::template::Scope;

/// At most so many paths at a time.
const MOST: usize = 512;

impl Seat {
    /// Fetches for the first of `nodes` and those of its kind that follow it directly. What is fetched is used once; a
    /// step of another type drops the rest, for it may change what was seen.
    pub async fn fetch_ahead(self: &Arc<Self>, nodes: &[Node], position: &Position) {
        // In `rescue` and `always` nothing is asked of a host that may be out of reach.
        let Some(Node::Action(first)) = nodes.first().filter(|_| position.lost.is_none()) else { return };
        {
            // What is there already is used first; a step of another type drops it.
            let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            let has_own = |ahead: &HashMap<String, _>| {
                let own = self.paths(first, position);
                !own.is_empty() && own.iter().all(|path| ahead.contains_key(path))
            };
            if first.kind.looks_ahead && !ahead.is_empty() && has_own(&ahead) {
                return;
            }
            ahead.clear();
        }
        if !first.kind.looks_ahead {
            return;
        }
        let Some(target) = self.plan.as_ref().and_then(|host| host.target.clone()) else { return };
        // What one user sees says nothing of what another would.
        let user = |action: &Action| sudo(action, &self.scope(&action.vars, position), Some(&target));
        let Ok(sudo) = user(first) else { return };
        let neighbours = nodes.iter().map_while(|node| match node {
            Node::Action(action) if std::ptr::eq(action.kind, first.kind) && action.scale == Scale::PerHost => {
                Some(action)
            }
            _ => None,
        });
        let mut paths: Vec<String> = Vec::new();
        for action in neighbours.take_while(|action| user(action).is_ok_and(|other| other == sudo)) {
            let own = self.paths(action, position);
            if own.is_empty() || paths.len() + own.len() > MOST {
                break;
            }
            paths.extend(own.into_iter().filter(|path| !paths.contains(path)).collect::<Vec<_>>());
        }
        if paths.len() < 2 {
            return;
        }
        // An error here is found again by the step itself, which tells it.
        let Ok(transport) = self.execution.pool.host(&target, &position.cancel).await else { return };
        if let Ok(states) = transport.probe(&paths, sudo.as_ref(), &position.cancel).await {
            let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            ahead.extend(paths.into_iter().zip(states));
        }
    }

    /// The paths a step will ask for, where that is known; none where it will run elsewhere or not at all.
    fn paths(&self, action: &Action, position: &Position) -> Vec<String> {
        if action.delegate_to.is_some() || action.r#become.is_some() && action.become_user.is_some() {
            return Vec::new();
        }
        let scope = self.scope(&action.vars, position);
        let scopes: Vec<Scope> = match &action.repeat.items {
            None => vec![scope],
            Some(tree) if tree.needs(&scope).is_empty() => match items(tree, &scope) {
                Ok(items) => items.into_iter().enumerate().map(|(n, item)| with_item(&scope, n, item)).collect(),
                Err(_) => return Vec::new(),
            },
            Some(_) => return Vec::new(),
        };
        let known = |scope: &&Scope| {
            matches!(holds(&action.when, scope), Some(Ok(true))) && action.args.needs(scope).is_empty()
        };
        let prepared = scopes.iter().filter(known).filter_map(|scope| {
            prepare(action, scope, None, &self.execution.files).ok().map(|prepared| prepared.step.paths())
        });
        prepared.flatten().collect()
    }
}
