//! Hashes and base64.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use md5::Md5;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, Value};
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::{argument, refuse, text};

pub(super) fn register(env: &mut Environment<'static>) {
    env.add_filter("hash", |value: Value, kind: Option<String>, kwargs: Kwargs| {
        let kind = argument(kind, &kwargs, "hashtype")?;
        kwargs.assert_all_used()?;
        digest(&text(&value)?, kind.as_deref().unwrap_or("sha1"))
    });
    env.add_filter("checksum", |value: Value| digest(&text(&value)?, "sha1"));
    env.add_filter("sha1", |value: Value| digest(&text(&value)?, "sha1"));
    env.add_filter("md5", |value: Value| digest(&text(&value)?, "md5"));
    env.add_filter("b64encode", |value: Value, kwargs: Kwargs| {
        let engine = if url_safe(&kwargs)? { &URL_SAFE } else { &STANDARD };
        Ok::<_, Error>(engine.encode(text(&value)?))
    });
    env.add_filter("b64decode", |value: Value, kwargs: Kwargs| {
        let alphabet = if url_safe(&kwargs)? { base64::alphabet::URL_SAFE } else { base64::alphabet::STANDARD };
        let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let dense: String = text(&value)?.split_whitespace().collect();
        let bytes = GeneralPurpose::new(&alphabet, lenient).decode(dense);
        let bytes = bytes.map_err(|_| refuse("`b64decode` needs base64"))?;
        String::from_utf8(bytes).map_err(|_| refuse("`b64decode`: what is encoded there is no UTF-8 text"))
    });
}

fn url_safe(kwargs: &Kwargs) -> Result<bool, Error> {
    let encoding = argument(None::<String>, kwargs, "encoding")?;
    if encoding.is_some_and(|encoding| !matches!(encoding.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "ascii")) {
        return Err(refuse("the only encoding is utf-8"));
    }
    let url_safe = argument(None::<bool>, kwargs, "urlsafe")?.unwrap_or(false);
    kwargs.assert_all_used()?;
    Ok(url_safe)
}

fn digest(text: &str, kind: &str) -> Result<String, Error> {
    fn hex_of<D: Digest>(text: &str) -> String {
        hex::encode(D::digest(text.as_bytes()))
    }
    match kind {
        "md5" => Ok(hex_of::<Md5>(text)),
        "sha1" => Ok(hex_of::<Sha1>(text)),
        "sha224" => Ok(hex_of::<Sha224>(text)),
        "sha256" => Ok(hex_of::<Sha256>(text)),
        "sha384" => Ok(hex_of::<Sha384>(text)),
        "sha512" => Ok(hex_of::<Sha512>(text)),
        other => {
            Err(refuse(format!("there is no hash `{other}`; there are md5, sha1, sha224, sha256, sha384, sha512")))
        }
    }
}
