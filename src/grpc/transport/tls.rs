//! TLS of the listener. Certificates are reloaded when their files change, so that renewing one needs no restart.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject as _},
        },
        server::WebPkiClientVerifier,
    },
};

use crate::ops::metric;

/// Interval at which the files are compared. Comparing contents also detects files that are replaced by a mount, as for
/// the configuration file.
const LOOK: Duration = Duration::from_secs(2);

/// Paths of the listener's certificate files, in PEM format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The server's certificate, followed by the intermediate certificates.
    pub cert: PathBuf,
    pub key: PathBuf,
    /// The authorities that clients' certificates must be signed by. `None` requests no client certificates.
    pub client_ca: Option<PathBuf>,
}

/// The contents of the files.
#[derive(PartialEq, Eq)]
struct FileContents {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// Why the files cannot be used. The text never contains key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    #[error("{}", .0.iter().map(FileProblem::to_string).collect::<Vec<_>>().join("; "))]
    Files(Vec<FileProblem>),
    #[error("{0}")]
    Protocol(String),
}

impl TlsError {
    fn of<const N: usize>(problems: [Option<FileProblem>; N]) -> Self {
        Self::Files(problems.into_iter().flatten().collect())
    }
}

/// What is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub struct FileProblem {
    path: PathBuf,
    reason: String,
}

impl FileProblem {
    fn new(path: &Path, reason: &dyn Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}

#[derive(Debug, thiserror::Error)]
enum PemProblem {
    #[error("no certificate in it")]
    NoCertificate,
    #[error(transparent)]
    Malformed(pem::Error),
}

/// The certificate in use, which follows its files.
pub struct Tls {
    files: Files,
    in_force: RwLock<Arc<ServerConfig>>,
    /// The contents that were last processed completely. If processing panics, the next comparison finds the change
    /// again.
    handled: Mutex<Result<FileContents, TlsError>>,
}

impl Tls {
    /// Loads the files.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn open(files: Files) -> Result<Self, TlsError> {
        let read = files.read()?;
        let config = files.config(&read)?;
        Ok(Self { files, in_force: RwLock::new(config), handled: Mutex::new(Ok(read)) })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Follows the files until the future is dropped. If they cannot be used, the last good certificate remains in use
    /// and the problem is logged once.
    pub async fn follow(self: Arc<Self>) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let files = self.files.clone();
            let Ok(found) = tokio::task::spawn_blocking(move || files.read()).await else { continue };
            self.handle(found);
        }
    }

    /// Applies the contents of the files if they changed.
    fn handle(&self, found: Result<FileContents, TlsError>) {
        let mut handled = self.handled.lock().unwrap_or_else(PoisonError::into_inner);
        if found != *handled {
            match found.as_ref().map_err(Clone::clone).and_then(|read| self.files.config(read)) {
                Ok(config) => {
                    *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = config;
                    metric::certificate_read("APPLIED");
                    tracing::info!("the certificate was reloaded");
                }
                Err(error) => {
                    metric::certificate_read("FAILED");
                    tracing::error!(%error, "the new certificate cannot be used; the last good one remains in use");
                }
            }
            *handled = found;
        }
    }
}

impl Files {
    /// Reads all files, so that the error names every unreadable one.
    fn read(&self) -> Result<FileContents, TlsError> {
        let bytes = |path: &Path| std::fs::read(path).map_err(|error| FileProblem::new(path, &error));
        let client_ca = self.client_ca.as_deref().map(bytes).transpose();
        match (bytes(&self.cert), bytes(&self.key), client_ca) {
            (Ok(cert), Ok(key), Ok(client_ca)) => Ok(FileContents { cert, key, client_ca }),
            (cert, key, client_ca) => Err(TlsError::of([cert.err(), key.err(), client_ca.err()])),
        }
    }

    /// Builds the server configuration: TLS 1.2 and 1.3, HTTP/2 only.
    fn config(&self, read: &FileContents) -> Result<Arc<ServerConfig>, TlsError> {
        let wrong = |path: &Path, error: &dyn Display| TlsError::Files(vec![FileProblem::new(path, error)]);
        let chain = certificates(&read.cert).map_err(|error| FileProblem::new(&self.cert, &error));
        let key = PrivateKeyDer::from_pem_slice(&read.key).map_err(|error| FileProblem::new(&self.key, &error));
        let (chain, key) = match (chain, key) {
            (Ok(chain), Ok(key)) => (chain, key),
            (chain, key) => return Err(TlsError::of([chain.err(), key.err()])),
        };
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Protocol(error.to_string()))?;
        let builder = match (&self.client_ca, &read.client_ca) {
            (Some(path), Some(pem)) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(pem).map_err(|error| wrong(path, &error))? {
                    roots.add(authority).map_err(|error| wrong(path, &error))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().map_err(|error| wrong(path, &error))?)
            }
            _ => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|error| wrong(&self.cert, &error))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Arc::new(config))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemProblem> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(PemProblem::NoCertificate),
        found => found.map_err(PemProblem::Malformed),
    }
}

/// Creates a self-signed certificate in `dir`, for tests.
#[cfg(test)]
pub(crate) fn self_signed(dir: &Path) -> Files {
    let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    let mut openssl = std::process::Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    openssl.args(["-subj", "/CN=test"]).arg("-keyout").arg(&key).arg("-out").arg(&cert);
    let output = openssl.output().unwrap_or_else(|error| panic!("openssl: {error}; tests/run installs it"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Files { cert, key, client_ca: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_before_the_task_starts_again_is_applied() {
        let dir = tempfile::tempdir().unwrap();
        let tls = Arc::new(Tls::open(self_signed(dir.path())).unwrap());
        let config = || Arc::clone(&tls.in_force.read().unwrap());
        let before = config();
        // Simulates a panic between reading and applying: the files change before the task starts again.
        self_signed(dir.path());
        let follow = tokio::spawn(Arc::clone(&tls).follow());
        let applied = async {
            while Arc::ptr_eq(&before, &config()) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), applied).await.expect("the change was not applied within 30 s");
        follow.abort();
    }

    #[test]
    fn an_error_names_its_file_and_never_shows_a_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let files = Files { cert: path("cert.pem"), key: path("key.pem"), client_ca: None };
        let error_of = |files: &Files| Tls::open(files.clone()).err().unwrap().to_string();
        assert!(error_of(&files).contains("cert.pem"));
        std::fs::write(path("cert.pem"), "hunter2").unwrap();
        assert!(error_of(&files).contains("key.pem"));
        std::fs::write(path("key.pem"), "hunter2").unwrap();
        let error = error_of(&files);
        assert!(error.contains("cert.pem: no certificate") && !error.contains("hunter2"), "{error}");
    }
}
