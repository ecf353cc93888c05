//! The portal's settings: its address, and the duyetd that it uses.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;

/// The default filter of the log, overridden by `DUYET_LOG`.
pub(crate) const QUIET: &str = "warn";

/// The portal's settings. The embedded duyetd reads its settings from the same environment.
pub(crate) struct Config {
    /// `PORTAL_ADDR`, by default 127.0.0.1:8080. Port 0 selects a free port.
    pub(crate) addr: SocketAddr,
    /// A duyetd that runs elsewhere. Without it the portal starts an embedded one.
    pub(crate) remote: Option<Remote>,
    /// `PORTAL_ALTCHA`: the directory `dist` of the npm package `altcha`. With it the form uses the widget instead of
    /// the image.
    pub(crate) altcha: Option<PathBuf>,
    pub(crate) log: String,
    /// Time limit for open connections after a signal.
    pub(crate) grace: Duration,
}

/// The address of a duyetd and the portal's token for it.
#[derive(Clone)]
pub(crate) struct Remote {
    /// For example `http://127.0.0.1:50051`.
    pub(crate) addr: String,
    /// A token with the role PORTAL.
    pub(crate) token: String,
}

impl Config {
    pub(crate) fn from_env() -> anyhow::Result<Self> {
        let addr = read("PORTAL_ADDR").unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let addr = addr.parse().with_context(|| format!("PORTAL_ADDR is not an address with a port: {addr}"))?;
        let remote = match read("DUYET_ADDR") {
            Some(addr) => Some(Remote { addr: with_scheme(addr), token: token()? }),
            None => None,
        };
        let log = read("DUYET_LOG").unwrap_or_else(|| QUIET.to_owned());
        Ok(Self { addr, remote, altcha: read("PORTAL_ALTCHA").map(PathBuf::from), log, grace: Duration::from_secs(2) })
    }
}

fn token() -> anyhow::Result<String> {
    if let Some(token) = read("DUYET_TOKEN") {
        return Ok(token);
    }
    let path = read("DUYET_TOKEN_FILE")
        .context("DUYET_ADDR needs DUYET_TOKEN or DUYET_TOKEN_FILE, a token with the role portal")?;
    read_token(Path::new(&path))
}

/// Reads a token file, which contains one line.
pub(crate) fn read_token(path: &Path) -> anyhow::Result<String> {
    let token = fs::read_to_string(path).with_context(|| format!("cannot read the token in {}", path.display()))?;
    Ok(token.trim().to_owned())
}

/// Accepts `host:port`, as in `DUYET_GRPC_ADDR`, as well as a URL.
fn with_scheme(addr: String) -> String {
    if addr.contains("://") { addr } else { format!("http://{addr}") }
}

/// An empty variable counts as unset.
fn read(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
