//! Certificate authorities and certificates, created with openssl.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A certificate authority, with its files in a directory of the test.
pub struct Authority {
    dir: PathBuf,
    name: &'static str,
}

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Certificate {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    pub fn new(dir: &Path, name: &'static str) -> Self {
        let authority = Self { dir: dir.to_owned(), name };
        let mut request = request(&format!("/CN={name}"));
        request.args(["-x509", "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE"]);
        request.args(["-addext", "keyUsage=critical,keyCertSign"]);
        request.arg("-keyout").arg(authority.file("key")).arg("-out").arg(authority.cert());
        run(request);
        authority
    }

    pub fn cert(&self) -> PathBuf {
        self.file("pem")
    }

    /// Creates a certificate for `subject`, in openssl's syntax of alternative names (`IP:127.0.0.1`), valid for
    /// `days` days: -1 means that it expired yesterday.
    pub fn sign(&self, name: &str, subject: &str, days: i32) -> Certificate {
        let path = |ending: &str| self.dir.join(format!("{}-{name}.{ending}", self.name));
        let mut request = request(&format!("/CN={name}"));
        request.arg("-keyout").arg(path("key")).arg("-out").arg(path("csr"));
        run(request);
        let extensions =
            format!("subjectAltName={subject}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n");
        std::fs::write(path("ext"), extensions).unwrap();
        let mut sign = Command::new("openssl");
        sign.args(["x509", "-req", "-CAcreateserial", "-days", &days.to_string()]);
        sign.arg("-in").arg(path("csr")).arg("-CA").arg(self.cert()).arg("-CAkey").arg(self.file("key"));
        sign.arg("-extfile").arg(path("ext")).arg("-out").arg(path("pem"));
        run(sign);
        Certificate { cert: path("pem"), key: path("key") }
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.dir.join(format!("{}.{ending}", self.name))
    }
}

fn request(subject: &str) -> Command {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", subject]);
    openssl
}

fn run(mut openssl: Command) {
    let output = openssl.output().unwrap_or_else(|error| panic!("openssl: {error}; run tests/run, it installs it"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
