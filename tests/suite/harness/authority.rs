//! A certificate authority of the tests' own, and a certificate of it for the name `localhost` and no other.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The authority; its files go with it.
pub struct Authority {
    folder: TempDir,
}

impl Authority {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("authority-").tempdir().expect("a folder");
        // Servers that run as other users read in it.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("a mode");
        let authority = Self { folder };
        let key = ["-newkey", "rsa:2048", "-nodes", "-keyout"];
        authority.openssl(
            &[&["req", "-x509", "-days", "2"], &key[..], &["ca.key", "-subj", "/CN=tests", "-out", "ca.pem"]].concat(),
        );
        authority.openssl(&[&["req"], &key[..], &["key.pem", "-subj", "/CN=localhost", "-out", "csr.pem"]].concat());
        std::fs::write(authority.path("names"), "subjectAltName=DNS:localhost\n").expect("a file");
        let sign = ["x509", "-req", "-in", "csr.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
        authority.openssl(&[&sign[..], &["-days", "2", "-extfile", "names", "-out", "cert.pem"]].concat());
        authority
    }

    /// The authority's certificate.
    pub fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// The server's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.path("cert.pem")
    }

    /// The key of the server's certificate, for a server that runs as `user`.
    pub fn key(&self, user: &str) -> PathBuf {
        let copy = self.path(&format!("key-{user}.pem"));
        std::fs::copy(self.path("key.pem"), &copy).expect("a copy");
        std::fs::set_permissions(&copy, PermissionsExt::from_mode(0o600)).expect("a mode");
        own(&copy, user);
        copy
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, args: &[&str]) {
        let done = Command::new("openssl").args(args).current_dir(self.folder.path()).output().expect("openssl");
        assert!(done.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

/// Gives a path to a user (tests run as root).
pub fn own(path: &Path, user: &str) {
    let done = Command::new("chown").args(["-R", user]).arg(path).status();
    assert!(done.is_ok_and(|status| status.success()), "chown {user}");
}
