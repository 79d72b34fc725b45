//! Mode, owner and group of things on a host: compared, shown and set.

use super::{Context, Failure, remote};
use crate::connection::host::PathState;

/// The attributes that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    /// Permission bits.
    pub mode: Option<u32>,
    /// Owner's name or number.
    pub owner: Option<String>,
    /// Group's name or number.
    pub group: Option<String>,
}

/// Owner before mode: a change of owner clears set-id bits, and a wider mode must never meet the old owner.
const SET: &str = r#"mode=$1 owner=$2; shift 2
if [ -n "$owner" ]; then chown -h -- "$owner" "$@" || exit; fi
if [ -n "$mode" ]; then chmod -- "$mode" "$@" || exit; fi"#;

/// The names behind two numbers; a line each, empty where there is none.
const NAMES: &str = r#"for ask in "passwd $1" "group $2"; do
  name=; id=${ask#* }
  if [ -n "$id" ]; then
    name=$( { getent ${ask%% *} "$id" || grep "^[^:]*:[^:]*:$id:" /etc/${ask%% *}; } 2>/dev/null | head -n 1)
  fi
  printf '%s\n' "${name%%:*}"
done"#;

impl Attributes {
    /// What cannot be right about them.
    pub fn problem(&self) -> Option<String> {
        let names = [("owner", &self.owner), ("group", &self.group)];
        let bad = |name: &str| name.is_empty() || name.contains([':', '\n', '\0', '/']) || name.starts_with('-');
        let (key, name) = names.into_iter().find(|(_, name)| name.as_deref().is_some_and(bad))?;
        Some(format!("`{key}`: `{}` is no name of a user or group", name.as_deref().unwrap_or("")))
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same with names in place of numbers, for hosts tell names. One round trip, only where there is a number.
    pub async fn named(&self, cx: &Context) -> Result<Self, Failure> {
        let number = |name: &Option<String>| {
            let is_number = |name: &&String| name.bytes().all(|byte| byte.is_ascii_digit());
            name.as_ref().filter(is_number).cloned().unwrap_or_default()
        };
        let asked = [number(&self.owner), number(&self.group)];
        if asked.iter().all(String::is_empty) {
            return Ok(self.clone());
        }
        let said = remote::expect(cx, "look up users", NAMES, &asked).await?;
        let mut names = said.lines().map(|line| Some(line.to_owned()).filter(|name| !name.is_empty()));
        let owner = names.next().flatten().or_else(|| self.owner.clone());
        let group = names.next().flatten().or_else(|| self.group.clone());
        Ok(Self { mode: self.mode, owner, group })
    }

    /// A line for each attribute that is not as asked: `mode 0600 -> 0644`.
    pub fn differences(&self, state: &PathState) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(mode) = self.mode.filter(|mode| *mode != state.mode) {
            lines.push(format!("mode {:04o} -> {mode:04o}", state.mode));
        }
        if let Some(owner) = self.owner.as_ref().filter(|owner| **owner != state.owner) {
            lines.push(format!("owner {} -> {owner}", state.owner));
        }
        if let Some(group) = self.group.as_ref().filter(|group| **group != state.group) {
            lines.push(format!("group {} -> {group}", state.group));
        }
        lines
    }

    /// Lines about a path, as a diff shows them.
    pub fn shown(path: &str, lines: &[String]) -> String {
        lines.iter().map(|line| format!("{path}: {line}\n")).collect::<Vec<_>>().concat()
    }

    /// What `chown` understands.
    fn ownership(&self) -> String {
        let owner = self.owner.as_deref().unwrap_or("");
        self.group.as_ref().map_or_else(|| owner.to_owned(), |group| format!("{owner}:{group}"))
    }

    /// The two arguments of the programs that set attributes: mode and ownership, each empty where it is not asked for.
    pub fn arguments(&self) -> [String; 2] {
        [self.mode.map(|mode| format!("{mode:04o}")).unwrap_or_default(), self.ownership()]
    }

    /// Sets them on paths that are there.
    pub async fn set(&self, cx: &Context, paths: &[String]) -> Result<(), Failure> {
        if self.is_empty() || paths.is_empty() {
            return Ok(());
        }
        let what = format!("set the attributes of {}", paths.first().map_or("", String::as_str));
        remote::each(cx, &what, SET, &self.arguments(), paths).await
    }
}
