//! What can be told about a host key that was refused.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::effective::Effective;
use crate::connection::{ConnectionError, Stage};
use crate::text::shell_quote;

/// The key that the server showed, as ssh's debugging line has it: `ssh-ed25519 SHA256:...`.
fn offered(lines: &[String]) -> Option<&str> {
    lines.iter().rev().find_map(|line| line.strip_prefix("debug1: Server host key: "))
}

/// Why the key was refused.
pub(super) fn explain(host: &str, effective: &Effective, lines: &[String]) -> ConnectionError {
    let offered = offered(lines).unwrap_or("unknown");
    let changed = lines.iter().any(|line| line.contains("HOST IDENTIFICATION HAS CHANGED"));
    let revoked = lines.iter().any(|line| line.contains("REVOKED HOST KEY"));
    if revoked {
        let message = format!("the host key of {host} is revoked in known_hosts ({offered})");
        return ConnectionError::new(Stage::Verify, message);
    }
    if changed {
        return changed_key(host, effective, lines, offered);
    }
    // A jump host's key is refused by another ssh, which names it.
    let name = lines
        .iter()
        .find_map(|line| line.split_once("host key is known for ")?.1.split_once(" and "))
        .map_or_else(|| effective.known_name(), |(name, _)| name.to_owned());
    let message = format!("the host key of {host} ({name}) is not known: it shows {offered}");
    ConnectionError::new(Stage::Verify, message)
        .hint("compare the fingerprint, then add the key to known_hosts, or run once with --host-keys accept-new")
}

fn changed_key(host: &str, effective: &Effective, lines: &[String], offered: &str) -> ConnectionError {
    let place = lines.iter().find_map(|line| {
        let (_, place) = line.strip_prefix("Offending ")?.split_once(" in ")?;
        place.rsplit_once(':')
    });
    let name = effective.known_name();
    let Some((file, number)) = place else {
        let message = format!("the host key of {host} has changed: it shows {offered}");
        return ConnectionError::new(Stage::Verify, message).hint(format!("ssh-keygen -R {}", shell_quote(&name)));
    };
    let known = number.parse().ok().and_then(|number| fingerprint(file, number)).unwrap_or_default();
    let message = format!("the host key of {host} has changed: it shows {offered}; {file} line {number} has {known}");
    ConnectionError::new(Stage::Verify, message).hint(format!(
        "someone may be listening in; if the host was set up anew: ssh-keygen -f {} -R {}",
        shell_quote(file),
        shell_quote(&name)
    ))
}

/// The fingerprint of the key on a line of `known_hosts`.
fn fingerprint(file: &str, number: usize) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().nth(number.checked_sub(1)?)?;
    let mut fields = line.split_whitespace().skip_while(|field| field.starts_with('@')).skip(1);
    let (kind, key) = (fields.next()?, fields.next()?);
    let key = STANDARD.decode(key).ok()?;
    Some(format!("{kind} SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&key))))
}
