//! Puts in place what differs: directories, then files, then attributes.

use std::sync::Arc;

use super::Params;
use super::compare::{Comparison, Pair};
use crate::connection::Stage;
use crate::connection::host::{PathKind, SendFile};
use crate::step::attributes::Attributes;
use crate::step::{Context, Failure, Results, path, remote};

/// Parents as the system makes them; what is asked for, with its ownership (the first argument).
const MAKE: &str = r#"umask 022; owner=$1; shift
for directory do
  mkdir -p -- "$directory" || exit
  if [ -n "$owner" ]; then chown -- "$owner" "$directory" || exit; fi
done"#;

/// Does what the comparison found left to do, and answers the step's result.
pub(super) async fn apply(cx: &Context, params: &Params, comparison: &Comparison) -> Result<Results, Failure> {
    let [_, ownership] = comparison.attributes.arguments();
    let what = format!("make the directory {}", comparison.dest);
    remote::each(cx, &what, MAKE, &[ownership], &comparison.missing).await?;
    let backups = send(cx, params, comparison).await?;
    let touched: Vec<String> = comparison.touched().map(|(pair, _)| pair.dest.clone()).collect();
    comparison.attributes.set(cx, &touched).await?;
    let directories: Vec<String> = comparison.directories.iter().map(|(directory, _)| directory.clone()).collect();
    comparison.ownership().set(cx, &directories).await?;
    Ok(comparison.result(&backups))
}

/// Sends the files that differ and answers where backups were put.
async fn send(cx: &Context, params: &Params, comparison: &Comparison) -> Result<Vec<String>, Failure> {
    let pairs: Vec<&Pair> = comparison.sent().collect();
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let files: Vec<SendFile> = pairs.iter().map(|pair| file(cx, params, &comparison.attributes, pair)).collect();
    let backups = files.iter().filter_map(|file| file.backup.clone()).collect();
    let (progress, total) = (cx.progress.clone(), pairs.iter().map(|pair| pair.item.size).sum());
    let on_bytes = Arc::new(move |done| progress.moved(done, Some(total)));
    let transport = cx.transport().await?;
    let sent = match transport.send(files, cx.sudo.as_ref(), on_bytes, &cx.cancel).await {
        Ok(sent) => sent,
        Err(error) if error.stage == Stage::Answered => {
            let failure = cx.failure(error);
            return Err(missing_parent(cx, &pairs).await.unwrap_or_else(|| named(failure, comparison)));
        }
        Err(error) => return Err(cx.failure(error)),
    };
    let changed = sent.iter().zip(&pairs).find(|(sent, pair)| sent.sha256 != pair.item.sha256);
    match changed {
        Some((_, pair)) => Err(Failure::failed(format!("the source of {} changed while it was sent", pair.dest))
            .hint("run it again once nothing writes to the source")),
        None => Ok(backups),
    }
}

fn file(cx: &Context, params: &Params, attributes: &Attributes, pair: &Pair) -> SendFile {
    let old = pair.old.as_ref().filter(|old| old.kind == PathKind::File && params.backup);
    // Named after run and content: two backups of one run never take each other's place.
    let backup = old.map(|old| {
        let content = old.sha256.as_deref().and_then(|sha256| sha256.get(..12)).unwrap_or("unread");
        format!("{}.{}.{content}~", pair.dest, cx.run)
    });
    SendFile {
        source: pair.item.source.clone(),
        dest: pair.dest.clone(),
        mode: attributes.mode,
        owner: attributes.owner.clone(),
        group: attributes.group.clone(),
        backup,
        validate: params.validate.clone(),
    }
}

/// The commonest reason why a file cannot be put, seen by a look of its own.
async fn missing_parent(cx: &Context, pairs: &[&Pair]) -> Option<Failure> {
    let parents: Vec<String> = pairs.iter().map(|pair| path::parent(&pair.dest)).collect();
    let states = cx.probe_now(&parents).await.ok()?;
    let (parent, state) = parents.iter().zip(states).find(|(_, state)| {
        !state.as_ref().is_some_and(|state| matches!(state.kind, PathKind::Directory | PathKind::Link))
    })?;
    Some(match state {
        None => Failure::failed(format!("the directory {parent} does not exist"))
            .hint(format!("make it first: `file: {{ path: {parent}, state: directory }}`")),
        Some(state) => Failure::failed(format!("{parent} is {}, not a directory", path::word(state.kind))),
    })
}

fn named(mut failure: Failure, comparison: &Comparison) -> Failure {
    if !failure.error.message.contains(&comparison.dest) {
        failure.error.message = format!("cannot write {}: {}", comparison.dest, failure.error.message);
    }
    failure
}
