//! The chain: each record's hash covers its number, its payload and the hash before it; the first one covers the run.

use sha2::{Digest, Sha256};

use crate::id::RunId;

/// A link of the chain.
pub(super) type Hash = [u8; 32];

/// What stands before the first record: no record fits into another run, or another format.
pub(super) fn genesis(run: &RunId) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"runbook journal 1\0");
    hasher.update(run.0.as_bytes());
    hasher.finalize().into()
}

/// The hash of a record.
pub(super) fn link(before: &Hash, number: u64, payload: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(number.to_be_bytes());
    hasher.update(payload);
    hasher.finalize().into()
}

/// The hash by which a large payload is found beside its record.
pub(super) fn digest(data: &[u8]) -> Hash {
    Sha256::digest(data).into()
}
