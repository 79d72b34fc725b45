//! Texts that Ansible Vault has encrypted, and the passwords that open them.
//!
//! The format (ansible-core, `lib/ansible/parsing/vault`): a header `$ANSIBLE_VAULT;1.1;AES256` (1.2 adds `;LABEL`), then
//! hexadecimal text over lines. Decoded, that is three more hexadecimal texts, one a line: salt, HMAC-SHA256 of the
//! ciphertext, ciphertext. PBKDF2-HMAC-SHA256 makes of password and salt, in 10,000 rounds, a key for AES-256-CTR, one
//! for the HMAC, and the first counter. The plain text is padded as PKCS#7 says.

use std::sync::Arc;

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Secret;

/// How an encrypted text begins.
pub const MARK: &str = "$ANSIBLE_VAULT;";

const ROUNDS: u32 = 10_000;
const BLOCK: usize = 16;
const KEY: usize = 32;

/// A password, and the vault it is for.
#[derive(Clone, Debug)]
pub struct Key {
    /// The label that `--vault-id` gives it; any vault without one.
    pub label: Option<String>,
    /// The password.
    pub password: Secret,
}

/// The passwords at hand.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    /// In the order in which they were given.
    pub keys: Arc<[Key]>,
    /// Without any, an encrypted value is one that is not there yet, and not a mistake.
    pub may_wait: bool,
}

/// Why an encrypted text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Locked {
    /// There is no password.
    #[error("it is encrypted by Ansible Vault, and no password was given")]
    NoPassword,
    /// No password fits; how many were tried.
    #[error("none of the vault passwords opens it ({0} tried)")]
    WrongPassword(usize),
    /// Another version or cipher.
    #[error("only Ansible Vault 1.1 and 1.2 with AES256 are read")]
    OtherFormat,
    /// What should be there is not.
    #[error("the encrypted text is damaged")]
    Damaged,
    /// What comes out is no text.
    #[error("what is encrypted is not UTF-8")]
    NoText,
}

impl Locked {
    /// What to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::NoPassword => "give it with `--vault-password-file FILE`",
            Self::WrongPassword(_) => "look at `--vault-password-file` and `--vault-id`",
            Self::OtherFormat | Self::Damaged => "encrypt it again with `ansible-vault`",
            Self::NoText => "only texts can stand in a playbook",
        }
    }
}

/// Whether a text is encrypted.
pub fn is_encrypted(text: &str) -> bool {
    text.trim_start().starts_with(MARK)
}

impl Keyring {
    /// What an encrypted text holds. The keys of its label are tried first, as in Ansible.
    pub fn open(&self, text: &str) -> Result<Secret, Locked> {
        let sealed = Sealed::parse(text)?;
        if self.keys.is_empty() {
            return Err(Locked::NoPassword);
        }
        let fits = |key: &&Key| sealed.label.is_some() && key.label.as_deref() == sealed.label;
        let first = self.keys.iter().filter(fits);
        let rest = self.keys.iter().filter(|key| !fits(key));
        let opened = first.chain(rest).find_map(|key| sealed.open(&key.password));
        let plain = opened.ok_or(Locked::WrongPassword(self.keys.len()))?;
        let plain = unpadded(plain).ok_or(Locked::Damaged)?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| Locked::NoText)
    }
}

struct Sealed<'t> {
    label: Option<&'t str>,
    salt: Vec<u8>,
    mac: Vec<u8>,
    ciphertext: Vec<u8>,
}

impl<'t> Sealed<'t> {
    fn parse(text: &'t str) -> Result<Self, Locked> {
        let text = text.trim();
        let (header, body) = text.split_once('\n').unwrap_or((text, ""));
        let fields: Vec<&str> = header.trim_end().split(';').collect();
        let label = match fields.as_slice() {
            [_, "1.1", "AES256"] => None,
            [_, "1.2", "AES256", label] => Some(*label),
            _ => return Err(Locked::OtherFormat),
        };
        let digits: String = body.split_whitespace().collect();
        let parts = hex::decode(digits).map_err(|_| Locked::Damaged)?;
        let parts: Vec<Vec<u8>> =
            parts.split(|byte| *byte == b'\n').filter_map(|part| hex::decode(part).ok()).collect();
        let [salt, mac, ciphertext] = <[Vec<u8>; 3]>::try_from(parts).map_err(|_| Locked::Damaged)?;
        Ok(Self { label, salt, mac, ciphertext })
    }

    /// The padded plain text, where the password is right.
    fn open(&self, password: &Secret) -> Option<Vec<u8>> {
        let mut derived = [0; KEY + KEY + BLOCK];
        pbkdf2::pbkdf2_hmac::<Sha256>(password.reveal().as_bytes(), &self.salt, ROUNDS, &mut derived);
        let (cipher_key, rest) = derived.split_at(KEY);
        let (mac_key, counter) = rest.split_at(KEY);
        let mut mac = Hmac::<Sha256>::new_from_slice(mac_key).ok()?;
        mac.update(&self.ciphertext);
        mac.verify_slice(&self.mac).ok()?;
        let mut plain = self.ciphertext.clone();
        Ctr128BE::<Aes256>::new_from_slices(cipher_key, counter).ok()?.apply_keystream(&mut plain);
        Some(plain)
    }
}

/// Without the padding of RFC 5652 (6.3).
fn unpadded(mut plain: Vec<u8>) -> Option<Vec<u8>> {
    let padding = usize::from(*plain.last()?);
    let length = plain.len().checked_sub(padding)?;
    let fits = (1..=BLOCK).contains(&padding) && plain[length..].iter().all(|byte| usize::from(*byte) == padding);
    plain.truncate(length);
    fits.then_some(plain)
}
