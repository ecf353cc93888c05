//! A configuration for daemons that share a data directory, a database and Redis. Its rate limits are so high that no
//! test reaches them by accident.

use std::{
    net::SocketAddr,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::support::{
    daemon::{Daemon, duyetd},
    newsroom::{Desk, Portal, channel, desk_at, portal_at},
    process::free_port,
};

/// A data directory with a configuration, and the environment of every daemon that uses it.
pub(crate) struct Stage {
    pub(crate) dir: TempDir,
    environment: Vec<(String, String)>,
}

impl Stage {
    /// Prepares a stage for the database at `url`; an empty URL means SQLite in the directory.
    pub(crate) fn over(url: &str) -> Self {
        Self::with(url, "", "")
    }

    /// Prepares a stage with Redis and additional lines of configuration.
    pub(crate) fn with(url: &str, redis: &str, toml: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let subjects = ["device", "prefix", "article", "site"];
        let limits = ["submits", "challenges", "reports"]
            .iter()
            .flat_map(|name| subjects.map(|subject| format!("{name}_per_{subject} = \"1000000/1h\"\n")));
        let text = format!("{toml}\n[limits]\n{}", limits.collect::<String>());
        let config = dir.path().join("duyet.toml");
        std::fs::write(&config, text).unwrap();
        let keys = if url.is_empty() { String::new() } else { duyetd::keyring::Keyring::generate() };
        let environment = [
            ("DUYET_CONFIG", config.to_str().unwrap()),
            ("DATABASE_URL", url),
            ("REDIS_URL", redis),
            ("DUYET_KEYS", &keys),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { dir, environment }
    }

    pub(crate) fn daemon(&self) -> Daemon {
        self.daemon_with(&[])
    }

    pub(crate) fn daemon_with(&self, more: &[(&str, &str)]) -> Daemon {
        let own = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Daemon::start(self.dir.path(), &own.chain(more.iter().copied()).collect::<Vec<_>>())
    }

    /// Starts a daemon whose data, but not its log, is in another directory.
    pub(crate) fn daemon_in(&self, data: &Path) -> Daemon {
        let own = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Daemon::start_logging_to(self.dir.path(), data, &own.collect::<Vec<_>>())
    }

    /// Returns the command that starts a daemon with its data in another directory, without running it.
    pub(crate) fn command_in(&self, data: &Path) -> Command {
        let mut command = duyetd(data);
        command.env("DUYET_GRPC_ADDR", "127.0.0.1:0").env("DUYET_HTTP_ADDR", "127.0.0.1:0");
        command.envs(self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        command
    }

    /// Starts a daemon at a fixed port, so that it can be restarted at the same address.
    pub(crate) fn daemon_at(&self, port: u16) -> Daemon {
        self.daemon_with(&[("DUYET_GRPC_ADDR", &format!("127.0.0.1:{port}"))])
    }

    pub(crate) fn portal_at(&self, addr: SocketAddr) -> Portal {
        portal_at(addr, &self.token("portal"))
    }

    pub(crate) fn desk_at(&self, addr: SocketAddr) -> Desk {
        desk_at(addr, &self.token("moderator"))
    }

    pub(crate) fn token(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(format!("{name}.token"))).unwrap().trim().to_owned()
    }
}

/// A failing test prints what the daemons logged.
impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.dir.path().join("log.jsonl")).unwrap_or_default();
            let complaints: Vec<&str> = log.lines().filter(|line| !line.contains("\"INFO\"")).collect();
            for line in complaints.iter().rev().take(20).rev() {
                println!("{line}");
            }
        }
    }
}

/// Returns free ports for daemons that are restarted at the same address.
pub(crate) fn ports<const N: usize>() -> [u16; N] {
    std::array::from_fn(|_| free_port())
}

/// Measures the time until the health service reports `expected`.
pub(crate) async fn time_until_serving(addr: SocketAddr, expected: ServingStatus) -> Duration {
    let (mut health, began) = (HealthClient::new(channel(addr)), Instant::now());
    loop {
        let request = HealthCheckRequest { service: "duyet.v1.CommentService".into() };
        if health.check(request).await.is_ok_and(|answer| answer.into_inner().status() == expected) {
            return began.elapsed();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{expected:?} was never reported");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
