//! What is at many paths, in one round trip: a constant script that is fed paths and prints records.

use bytes::Bytes;

use super::carrier::Carrier;
use super::job::{Input, Job, said};
use super::look_parse::{Seen, parse};
use super::{Become, Exit, PathState, refusal};
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, Stage};

/// The most that the records of one look may take.
const LIMIT: u64 = 256 << 20;

/// Looks at the paths it gets as arguments, each after a letter: `h` asks for the hash too. Records end in NUL:
/// what each path is (`f`, `d`, `l`, `o`, `-`) in the order of the arguments; the states of those that exist, a line each;
/// where each link points; hashes with the file's name. What one tool does with a whole batch is done in one go.
const BATCH: &str = r#"
LC_ALL=C; export LC_ALL
n=$#
for a do
  p=${a#?}
  if [ -L "$p" ]; then k=l
  elif [ -f "$p" ]; then k=f; case $a in h*) [ -r "$p" ] && k=F;; esac
  elif [ -d "$p" ]; then k=d
  elif [ -e "$p" ]; then k=o
  else k=-; fi
  printf '%s%s\0' "$k" "$p"
  [ "$k" = - ] || set -- "$@" "$k$p"
done
shift "$n"
[ $# -gt 0 ] || { printf 'E\0'; exit 0; }
n=$#
for a do set -- "$@" "${a#?}"; done
m=$#
( shift "$n"; stat -c '%a|%s|%u|%g|%U|%G' -- "$@" )
printf '\0'
i=0
for a do
  i=$((i + 1)); [ $i -gt "$n" ] && break
  case $a in
    l*) readlink -- "${a#?}"; printf '\0';;
  esac
done
i=0
for a do
  i=$((i + 1)); [ $i -gt "$n" ] && break
  case $a in F*) set -- "$@" "${a#?}";; esac
done
shift "$m"
if [ $# -gt 0 ]; then
  if sha256sum -z </dev/null >/dev/null 2>&1; then sha256sum -z -- "$@"
  else
    for p do
      h=$(sha256sum <"$p" 2>/dev/null || shasum -a 256 <"$p" 2>/dev/null)
      [ "$h" ] && printf '%s  %s\0' "${h%% *}" "$p"
    done
  fi 2>/dev/null
fi
printf 'E\0'
"#;

/// One path to look at.
pub(super) struct Query<'a> {
    /// The path.
    pub path: &'a str,
    /// Whether the content counts.
    pub hash: bool,
}

/// The state of each path, none where nothing is.
pub(super) async fn look(
    carrier: &dyn Carrier,
    queries: &[Query<'_>],
    sudo: Option<&Become>,
    cancel: &Cancel,
) -> Result<Vec<Option<PathState>>, ConnectionError> {
    if queries.is_empty() {
        return Ok(Vec::new());
    }
    let mut input = Vec::new();
    for query in queries {
        if query.path.is_empty() || query.path.contains('\0') {
            return Err(refusal::at(carrier, "not a path", &format!("{:?}", query.path)));
        }
        input.extend_from_slice(if query.hash { b"h" } else { b"-" });
        input.extend_from_slice(rooted(query.path).as_bytes());
        input.push(0);
    }
    let script = r#"xargs -0 /bin/sh -c "$1" runbook"#;
    let seen = records(carrier, script, &[BATCH], input.into(), sudo, cancel).await?;
    let matches = seen.len() == queries.len()
        && seen.iter().zip(queries).all(|(seen, query)| seen.path == rooted(query.path).as_bytes());
    if !matches {
        return Err(garbled(carrier));
    }
    Ok(seen.into_iter().map(|seen| seen.state).collect())
}

/// Everything below a directory, sorted, by relative path.
pub(super) async fn walk(
    carrier: &dyn Carrier,
    directory: &str,
    sudo: Option<&Become>,
    cancel: &Cancel,
) -> Result<Vec<(String, PathState)>, ConnectionError> {
    let script = r#"
LC_ALL=C; export LC_ALL
[ -e "$2" ] || { ls -d -- "$2" >/dev/null; exit 3; }
[ -d "$2" ] || exit 4
case $2 in */) r=$2;; *) r=$2/;; esac
find "$r" -mindepth 1 -print0 >/dev/null || exit 5
find "$r" -mindepth 1 -exec /bin/sh -c 'for p do printf "h%s\0" "$p"; done' runbook {} + | xargs -0 -r /bin/sh -c "$1" runbook
"#;
    let directory = rooted(directory);
    let prefix = if directory.ends_with('/') { directory.clone() } else { format!("{directory}/") };
    let seen = records(carrier, script, &[BATCH, &directory], Bytes::new(), sudo, cancel).await?;
    let mut found = Vec::with_capacity(seen.len());
    for seen in seen {
        let Some(state) = seen.state else { continue };
        let name = seen.path.strip_prefix(prefix.as_bytes()).ok_or_else(|| garbled(carrier))?;
        let name = String::from_utf8(name.to_vec()).map_err(|error| {
            refusal::at(carrier, "a name that is not UTF-8", &String::from_utf8_lossy(error.as_bytes()))
        })?;
        found.push((name, state));
    }
    found.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(found)
}

/// A path that no tool takes for an option.
fn rooted(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("./{path}") }
}

async fn records(
    carrier: &dyn Carrier,
    script: &str,
    arguments: &[&str],
    input: Bytes,
    sudo: Option<&Become>,
    cancel: &Cancel,
) -> Result<Vec<Seen>, ConnectionError> {
    // A path that vanishes while it is looked at leaves a hole in the records: then we look again.
    for _ in 0..3 {
        let (exit, text, complaint) = collect(carrier, script, arguments, input.clone(), sudo, cancel).await?;
        let path = arguments.get(1).copied().unwrap_or("");
        match exit {
            Exit::Status(3) => {
                let what = refusal::meaning(&complaint).unwrap_or("no such file or directory");
                return Err(refusal::at(carrier, what, path));
            }
            Exit::Status(4) => return Err(refusal::at(carrier, "not a directory", path)),
            Exit::Status(5) => {
                return Err(refusal::at(carrier, refusal::meaning(&complaint).unwrap_or("cannot be read"), path));
            }
            _ => {}
        }
        if let Some(seen) = parse(&text) {
            return Ok(seen);
        }
        if exit != Exit::Status(0) {
            return Err(ConnectionError::new(
                Stage::Answered,
                format!("looking at files on {} failed: {complaint}", carrier.name()),
            ));
        }
    }
    Err(garbled(carrier))
}

async fn collect(
    carrier: &dyn Carrier,
    script: &str,
    arguments: &[&str],
    input: Bytes,
    sudo: Option<&Become>,
    cancel: &Cancel,
) -> Result<(Exit, Vec<u8>, String), ConnectionError> {
    let mut text = Vec::new();
    let mut too_much = false;
    let mut take = |(stream, bytes): super::Chunk| {
        if stream == super::Stream::Stdout {
            too_much |= (text.len() + bytes.len()) as u64 > LIMIT;
            if !too_much {
                text.extend_from_slice(&bytes);
            }
        }
    };
    let mut job = Job::script(script, arguments, Input::Bytes(input), sudo);
    job.keep = 16 << 10;
    let ended = job.run(carrier, &mut take, cancel).await?;
    if too_much {
        return Err(ConnectionError::new(Stage::Answered, format!("too many files to look at on {}", carrier.name())));
    }
    Ok((ended.exit, text, said(&ended.stderr)))
}

fn garbled(carrier: &dyn Carrier) -> ConnectionError {
    let message = format!("the files on {} change while they are looked at", carrier.name());
    ConnectionError::new(Stage::Answered, message)
}
