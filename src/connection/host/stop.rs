//! Ends what runs on a host: TERM to its process group, KILL after 5 s, and a look whether it is gone.

use std::time::Duration;

use bytes::Bytes;

use super::Become;
use super::Exit;
use super::carrier::{Carrier, Lane};
use super::job::{Input, Job, quietly};
use crate::cancel::Cancel;

/// The whole of a stop takes no longer.
pub(super) const LIMIT: Duration = Duration::from_secs(15);

/// Zombies count as gone: nothing of them runs. Without `/proc` only the signal 0 can tell.
const SCRIPT: &str = r#"
g=$1
there() {
  [ -r /proc/self/stat ] || { kill -0 -- "-$g" 2>/dev/null; return; }
  for f in /proc/[0-9]*/stat; do
    { IFS= read -r l <"$f"; } 2>/dev/null || continue
    set -- ${l##*) }
    [ "$3" = "$g" ] && [ "$1" != Z ] && [ "$1" != X ] && return 0
  done
  return 1
}
nap() { sleep 0.1 2>/dev/null || sleep 1; }
gone() { n=0; while there; do n=$((n + 1)); [ $n -gt "$1" ] && return 1; nap; done; }
kill -s TERM -- "-$g" 2>/dev/null
gone 50 && exit 0
kill -s KILL -- "-$g" 2>/dev/null
gone 20
"#;

/// Whether the process group is known to be gone after the attempt.
pub(super) async fn stop(carrier: &dyn Carrier, group: i32, sudo: Option<&Become>) -> bool {
    if group <= 1 {
        return false;
    }
    let (cancel, _deadline) = Cancel::root().child_for(None);
    let group = group.to_string();
    let mut job = Job::script(SCRIPT, &[&group], Input::Bytes(Bytes::new()), sudo);
    job.lane = Lane::Spare;
    let ended = tokio::time::timeout(LIMIT, quietly(carrier, job, &cancel)).await;
    matches!(ended, Ok(Ok(ended)) if ended.exit == Exit::Status(0))
}
