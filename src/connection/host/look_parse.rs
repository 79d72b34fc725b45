//! Reads the records that the looking script prints. They come from the host: nothing in them is trusted to fit.

use std::collections::HashMap;

use super::{PathKind, PathState};

/// One path as it was seen.
pub(super) struct Seen {
    /// Its name, as bytes.
    pub path: Vec<u8>,
    /// Its state, if something is there.
    pub state: Option<PathState>,
}

/// All batches' records; none if they do not fit together.
pub(super) fn parse(text: &[u8]) -> Option<Vec<Seen>> {
    let text = match text {
        [] => return Some(Vec::new()),
        [body @ .., 0] => body,
        _ => return None,
    };
    let mut records = text.split(|byte| *byte == 0).peekable();
    let mut all = Vec::new();
    while records.peek().is_some() {
        batch(&mut records, &mut all)?;
    }
    Some(all)
}

fn batch<'a>(records: &mut std::iter::Peekable<impl Iterator<Item = &'a [u8]>>, all: &mut Vec<Seen>) -> Option<()> {
    let first = all.len();
    let mut kinds = Vec::new();
    // A path begins with `/` or `.`; so a record that is a kind and a path is told from every other one.
    while let Some(record) =
        records.next_if(|record| matches!(record, [_, b'/' | b'.', ..]) && kind(record[0]).is_some())
    {
        kinds.push(record[0]);
        all.push(Seen { path: record[1..].to_vec(), state: None });
    }
    let there = kinds.iter().filter(|kind| **kind != b'-').count();
    if there > 0 {
        let states = String::from_utf8_lossy(records.next()?).into_owned();
        let lines: Vec<&str> = states.lines().collect();
        if lines.len() != there {
            return None;
        }
        let mut lines = lines.into_iter();
        for (seen, letter) in all[first..].iter_mut().zip(&kinds).filter(|(_, letter)| **letter != b'-') {
            seen.state = Some(state(lines.next()?, kind(*letter)??)?);
        }
    }
    for seen in all[first..].iter_mut().zip(&kinds).filter(|(_, letter)| **letter == b'l').map(|(seen, _)| seen) {
        let target = records.next()?.strip_suffix(b"\n")?;
        seen.state.as_mut()?.link = Some(String::from_utf8_lossy(target).into_owned());
    }
    let mut hashes = HashMap::new();
    loop {
        match records.next()? {
            b"E" => break,
            record => {
                let (hash, name) = record.split_at_checked(64)?;
                hashes.insert(name.strip_prefix(b"  ")?, std::str::from_utf8(hash).ok()?.to_owned());
            }
        }
    }
    for (seen, _) in all[first..].iter_mut().zip(&kinds).filter(|(_, letter)| **letter == b'F') {
        let hash = hashes.get(seen.path.as_slice()).cloned();
        seen.state.as_mut()?.sha256 = hash;
    }
    Some(())
}

/// The kind of a letter; inner none where nothing is.
#[allow(clippy::option_option)]
fn kind(letter: u8) -> Option<Option<PathKind>> {
    Some(match letter {
        b'f' | b'F' => Some(PathKind::File),
        b'd' => Some(PathKind::Directory),
        b'l' => Some(PathKind::Link),
        b'o' => Some(PathKind::Other),
        b'-' => None,
        _ => return None,
    })
}

fn state(line: &str, kind: PathKind) -> Option<PathState> {
    let fields: Vec<&str> = line.split('|').collect();
    let [mode, size, uid, gid, owner, group] = fields.as_slice() else { return None };
    let named = |name: &str, id: &str| if name == "UNKNOWN" { id.to_owned() } else { name.to_owned() };
    Some(PathState {
        kind,
        mode: u32::from_str_radix(mode, 8).ok()?,
        owner: named(owner, uid),
        group: named(group, gid),
        size: size.parse().ok()?,
        sha256: None,
        link: None,
    })
}
