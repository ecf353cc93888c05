//! Redis, duyetd and the bare servers: child processes on free loopback ports, in temporary directories, which end
//! when their values are dropped.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use duyetd::{domain::rate_limit::Quotas, keyring::Keyring};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
/// A limit that is counted and never reached.
pub(crate) const LIMIT: &str = "100000/1s burst 1000000";
/// Environment entry of a server that sets another limit than [`LIMIT`] for whole sites.
pub(crate) const SUBMITS_PER_SITE: &str = "SUBMITS_PER_SITE";
/// The answer of every image in the benchmarks.
pub(crate) const ANSWER: &str = "KM7RT";

/// A child process, killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) dir: TempDir,
}

impl Server {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn redis() -> anyhow::Result<Self> {
        let (address, dir) = (free_address()?, TempDir::new()?);
        let child = Command::new("redis-server")
            .args([
                "--port",
                &address.port().to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
            ])
            .arg(dir.path())
            .stdout(Stdio::null())
            .spawn()
            .context("redis-server")?;
        let server = Self { child, address, dir };
        let (client, began) = (redis::Client::open(server.redis_url())?, Instant::now());
        while client.get_connection().and_then(|mut one| redis::cmd("PING").query::<String>(&mut one)).is_err() {
            ensure!(began.elapsed() < PATIENCE, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }

    pub(crate) fn redis_url(&self) -> String {
        format!("redis://{}/", self.address)
    }

    /// Starts duyetd in a directory of its own, with limits that deny no call and a fixed answer.
    pub(crate) fn duyetd(environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let dir = TempDir::new()?;
        std::fs::write(dir.path().join("duyet.keys"), Keyring::generate() + "\n")?;
        Self::duyetd_in(dir, environment)
    }

    /// Starts another replica with the keys and access tokens of the first.
    pub(crate) fn replica(&self, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let dir = TempDir::new()?;
        for file in self.dir.path().read_dir()? {
            let file = file?;
            std::fs::copy(file.path(), dir.path().join(file.file_name()))?;
        }
        Self::duyetd_in(dir, environment)
    }

    /// Restarts it in the same directory.
    pub(crate) fn again(mut self, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let dir = std::mem::replace(&mut self.dir, TempDir::new()?);
        drop(self);
        Self::duyetd_in(dir, environment)
    }

    fn duyetd_in(dir: TempDir, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut limits = Quotas::all(LIMIT.parse().map_err(anyhow::Error::msg)?);
        if let Some((_, limit)) = environment.iter().find(|(name, _)| *name == SUBMITS_PER_SITE) {
            limits.submits_per_site = limit.parse().map_err(anyhow::Error::msg)?;
        }
        let limits = toml::to_string(&limits)?;
        std::fs::write(
            dir.path().join("bench.toml"),
            format!(
                "[policy]\nsample_percent = 0\nexpire_pending_days = 365\n[retention]\nspam_days = 3650\nrejected_days = 3650\n[limits]\n{limits}"
            ),
        )?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_duyetd"));
        command
            .env_clear()
            .env("DUYET_CONFIG", dir.path().join("bench.toml"))
            .env("DUYET_DATA_DIR", dir.path())
            .env("DUYET_KEYS_FILE", dir.path().join("duyet.keys"))
            .env("DUYET_LOG", "warn")
            .env("DUYET_GRPC_ADDR", "127.0.0.1:0")
            .env("DUYET_HTTP_ADDR", "127.0.0.1:0")
            .env("DUYET_CAPTCHA_FIXED_ANSWER", ANSWER)
            .envs(environment.iter().copied());
        Self::spawn(command, dir)
    }

    /// Starts one of the bare servers of `bare_servers.rs` in a process of its own.
    pub(crate) fn bare(arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").args(arguments);
        Self::spawn(command, TempDir::new()?)
    }

    /// Starts another program in a directory of its own. It is ready when it listens on `address`.
    pub(crate) fn program(mut command: Command, address: SocketAddr, dir: TempDir) -> anyhow::Result<Self> {
        let name = command.get_program().to_owned();
        let messages = dir.path().join("messages.log");
        let file = File::create(&messages)?;
        let child = command.stdout(Stdio::null()).stderr(file).spawn();
        let child = child.with_context(|| format!("{}", name.display()))?;
        let (mut server, began) = (Self { child, address, dir }, Instant::now());
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{} ended with {status}: {}", name.display(), std::fs::read_to_string(messages)?);
            }
            ensure!(began.elapsed() < PATIENCE, "{} does not listen on {address}", name.display());
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    /// Starts a server and waits until it prints its gRPC address.
    fn spawn(mut command: Command, dir: TempDir) -> anyhow::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("a pipe")?;
        let line = BufReader::new(stdout).lines().next().context("a server did not start")??;
        let address = line.strip_prefix("grpc").context("an address")?.trim().parse()?;
        Ok(Self { child, address, dir })
    }

    pub(crate) fn token(&self, role: &str) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.dir.path().join(format!("{role}.token")))?.trim().to_owned())
    }

    /// Returns duyetd's keys, to create challenges beforehand: drawing an image is measured separately.
    pub(crate) fn keyring(&self) -> anyhow::Result<Keyring> {
        keyring_in(self.dir.path())
    }
}

/// Returns a loopback address with a port that is free at the moment.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn keyring_in(dir: &Path) -> anyhow::Result<Keyring> {
    Keyring::parse(std::fs::read_to_string(dir.join("duyet.keys"))?.trim()).map_err(anyhow::Error::msg)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
