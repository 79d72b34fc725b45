//! The URL of a database, and the rules every driver has in common: options that are not known are refused by name, and
//! clear text goes to loopback and unix sockets only, unless the URL asks for it.

use std::net::IpAddr;

use url::Url;

use crate::connection::{ConnectionError, ServiceTarget, Stage};
use crate::text::nearest;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// As the URL says.
    Asked,
    /// Clear text.
    Clear,
    /// Encrypted, certificate and name verified.
    Verified,
}

/// The URL with the options that stand beside it.
pub(super) fn whole_url(target: &ServiceTarget) -> Result<Url, ConnectionError> {
    let mut url = Url::parse(target.url.reveal())
        .map_err(|error| refused(target, &format!("the URL cannot be read: {error}")))?;
    if !target.options.is_empty() {
        url.query_pairs_mut().extend_pairs(&target.options);
    }
    Ok(url)
}

/// Refuses an option that the driver does not know.
pub(super) fn check_options(target: &ServiceTarget, url: &Url, known: &[&str]) -> Result<(), ConnectionError> {
    for (key, _) in url.query_pairs() {
        let is_known = known.iter().any(|name| *name == key || (name.ends_with('[') && key.starts_with(name)));
        if !is_known {
            let error = refused(target, &format!("unknown option `{key}` in the URL"));
            return Err(match nearest(&key, known.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("known are {}", known.join(", "))),
            });
        }
    }
    Ok(())
}

/// Decides about TLS; the last of `sslmode` and `ssl-mode` counts, and must be one of `modes`.
pub(super) fn tls(target: &ServiceTarget, url: &Url, modes: &[&str], local: bool) -> Result<Tls, ConnectionError> {
    let mut found = if local { Tls::Clear } else { Tls::Verified };
    for (key, value) in url.query_pairs() {
        if matches!(&*key, "sslmode" | "ssl-mode") {
            let mode = value.to_lowercase();
            if !modes.contains(&mode.as_str()) {
                let error = refused(target, &format!("`{key}={value}` is refused"));
                return Err(
                    error.hint(format!("it must not fall back to clear text by itself; one of {}", modes.join(", ")))
                );
            }
            return Ok(Tls::Asked);
        }
        if key.starts_with("ssl") {
            found = Tls::Verified;
        }
    }
    Ok(found)
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An error of the URL itself.
pub(super) fn refused(target: &ServiceTarget, what: &str) -> ConnectionError {
    ConnectionError::new(Stage::Open, format!("connection `{}`: {what}", target.name))
}
