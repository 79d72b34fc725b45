//! Owners, backups and validation of files that have arrived, before they are renamed.

use super::plan::{Item, Placing};
use crate::cancel::Cancel;
use crate::connection::host::carrier::Carrier;
use crate::connection::host::job::{Input, Job, quietly, said};
use crate::connection::host::{Become, Command, Exit, PathKind, PathState, refusal};
use crate::connection::{ConnectionError, Stage};
use crate::text::shell_quote;

/// What is there of one file.
pub(super) struct Seen {
    /// The temporary file.
    pub arrived: PathState,
    /// The target, if it exists.
    pub target: Option<PathState>,
}

/// Gives a new file's mode unless one is asked for.
pub(super) const NEW: u32 = 0o644;

/// Sets owners, makes backups and validates; answers how the files are to be placed.
pub(super) async fn settle(
    carrier: &dyn Carrier,
    plan: &[Item<'_>],
    seen: &[Seen],
    sudo: Option<&Become>,
    cancel: &Cancel,
) -> Result<Vec<Placing>, ConnectionError> {
    for (item, seen) in plan.iter().zip(seen) {
        if seen.target.as_ref().is_some_and(|target| target.kind == PathKind::Directory) {
            return Err(refusal::at(carrier, "is a directory", &item.file.dest));
        }
    }
    let room = Room { carrier, sudo, cancel };
    room.own(plan, seen).await?;
    let placings: Vec<Placing> = plan.iter().zip(seen).map(|(item, seen)| placing(item, seen)).collect();
    for (item, placing) in plan.iter().zip(&placings).filter(|(item, _)| item.file.validate.is_some()) {
        room.validate(item, placing).await?;
    }
    room.back_up(plan, seen).await?;
    Ok(placings)
}

fn placing(item: &Item<'_>, seen: &Seen) -> Placing {
    let kept = seen.target.as_ref().filter(|target| target.kind == PathKind::File).map(|target| target.mode);
    let mode = item.file.mode.or(kept).unwrap_or(NEW) & 0o7777;
    Placing { temporary: item.temporary.clone(), mode, dest: item.file.dest.clone() }
}

struct Room<'a> {
    carrier: &'a dyn Carrier,
    sudo: Option<&'a Become>,
    cancel: &'a Cancel,
}

impl Room<'_> {
    /// One command for all owners that differ: asked ones must be set, kept ones are set where that is allowed.
    async fn own(&self, plan: &[Item<'_>], seen: &[Seen]) -> Result<(), ConnectionError> {
        let script = r#"
LC_ALL=C; export LC_ALL
while [ $# -gt 2 ]; do
  case $1 in
    k) chown -h -- "$2" "$3" 2>/dev/null;;
    *) chown -h -- "$2" "$3" || { printf '%s\0' "$3"; exit 255; };;
  esac
  shift 3
done
exit 0
"#;
        let mut input = Vec::new();
        for (item, seen) in plan.iter().zip(seen) {
            if let Some((letter, owner)) = owner(item, seen) {
                for word in [letter, &owner, &item.temporary] {
                    input.extend_from_slice(word.as_bytes());
                    input.push(0);
                }
            }
        }
        self.all(script, 3, input, plan).await
    }

    /// One command for all backups. An old backup of that name is replaced.
    async fn back_up(&self, plan: &[Item<'_>], seen: &[Seen]) -> Result<(), ConnectionError> {
        let script = r#"
LC_ALL=C; export LC_ALL
while [ $# -gt 2 ]; do
  [ -d "$2" ] && { echo "Is a directory" >&2; printf '%s\0' "$3"; exit 255; }
  cp -p -- "$1" "$2" || { printf '%s\0' "$3"; exit 255; }
  shift 3
done
exit 0
"#;
        let mut input = Vec::new();
        for (item, _) in plan.iter().zip(seen).filter(|(_, seen)| seen.target.is_some()) {
            if let Some(backup) = &item.file.backup {
                for word in [&item.file.dest, backup, &item.temporary] {
                    input.extend_from_slice(word.as_bytes());
                    input.push(0);
                }
            }
        }
        self.all(script, 3, input, plan).await
    }

    async fn all(&self, script: &str, words: usize, input: Vec<u8>, plan: &[Item<'_>]) -> Result<(), ConnectionError> {
        if input.is_empty() {
            return Ok(());
        }
        let outer = r#"xargs -0 -n "$2" /bin/sh -c "$1" runbook"#;
        let many = (words * 100).to_string();
        let job = Job::script(outer, &[script, &many], Input::Bytes(input.into()), self.sudo);
        let ended = quietly(self.carrier, job, self.cancel).await?;
        if ended.exit == Exit::Status(0) {
            return Ok(());
        }
        let failed = ended.stdout.bytes.strip_suffix(b"\0").unwrap_or_default();
        let dest = plan.iter().find(|item| item.temporary.as_bytes() == failed).map_or("", |item| &item.file.dest);
        let said = said(&ended.stderr);
        Err(refusal::at(self.carrier, refusal::meaning(&said).unwrap_or(&said), dest))
    }

    async fn validate(&self, item: &Item<'_>, placing: &Placing) -> Result<(), ConnectionError> {
        let Some(validate) = &item.file.validate else { return Ok(()) };
        let text = validate.replace("%s", &shell_quote(&item.temporary));
        let chmod = format!("chmod {:o} {} && ", placing.mode, shell_quote(&item.temporary));
        let command =
            Command { sudo: self.sudo.cloned(), keep: 16 << 10, ..Command::script(chmod + "{ " + &text + "\n}") };
        let ended = Job::of(&command).run(self.carrier, &mut |_| {}, self.cancel).await?;
        if ended.exit == Exit::Status(0) {
            return Ok(());
        }
        let how = match &ended.exit {
            Exit::Status(status) => format!("exit status {status}"),
            Exit::Signal(name) => format!("signal {name}"),
        };
        let said = [said(&ended.stdout), said(&ended.stderr)].join("\n");
        let message = format!(
            "`{validate}` does not accept the new {} on {} ({how}): {}",
            item.file.dest,
            self.carrier.name(),
            said.trim()
        );
        Err(ConnectionError::new(Stage::Answered, message).hint("the file that was there is unchanged"))
    }
}

/// Whose the file has to be, if it is not that already, and whether that was asked for (`a`) or is kept (`k`).
fn owner(item: &Item<'_>, seen: &Seen) -> Option<(&'static str, String)> {
    let file = item.file;
    if file.owner.is_some() || file.group.is_some() {
        let owner = file.owner.clone().or_else(|| seen.target.as_ref().map(|target| target.owner.clone()));
        let group = file.group.clone().or_else(|| seen.target.as_ref().map(|target| target.group.clone()));
        let text = match (owner, group) {
            (Some(owner), Some(group)) => format!("{owner}:{group}"),
            (Some(owner), None) => owner,
            (None, group) => format!(":{}", group.unwrap_or_default()),
        };
        return Some(("a", text));
    }
    let target = seen.target.as_ref().filter(|target| target.kind == PathKind::File)?;
    let same = target.owner == seen.arrived.owner && target.group == seen.arrived.group;
    (!same).then(|| ("k", format!("{}:{}", target.owner, target.group)))
}
