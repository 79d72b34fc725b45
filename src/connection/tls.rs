//! TLS as we speak it ourselves: verified against the system's authorities, `SSL_CERT_FILE` and `SSL_CERT_DIR`, and never
//! given up for clear text.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// A client's configuration.
pub(super) fn client() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
