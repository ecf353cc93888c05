//! A private Redis per test: a child process on a free loopback port, in a directory of its own.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::process::free_port;

/// Long enough for a busy machine, short enough to detect a hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server, which ends when it is dropped.
pub(crate) struct RedisServer {
    child: Child,
    port: u16,
    directory: TempDir,
    settings: Vec<String>,
}

impl RedisServer {
    /// Starts an empty server and waits until it responds.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts it with additional command-line arguments: `["--maxmemory", "8mb"]`.
    pub(crate) fn start_with(settings: &[&str]) -> Self {
        let started = Instant::now();
        loop {
            let (port, directory) = (free_port(), TempDir::new().unwrap());
            let settings: Vec<String> = settings.iter().map(|one| (*one).to_owned()).collect();
            let mut server = Self { child: spawn(port, &directory, &settings), port, directory, settings };
            if server.answers() {
                return server;
            }
            // Another process took the port in between.
            assert!(started.elapsed() < PATIENCE, "redis-server does not start");
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn connection(&self) -> redis::Connection {
        redis::Client::open(self.url()).unwrap().get_connection().unwrap()
    }

    /// Sends a command line as `redis-cli` would and returns the reply.
    pub(crate) fn say<T: redis::FromRedisValue>(&self, line: &str) -> T {
        let mut words = line.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        command.arg(words.collect::<Vec<_>>()).query(&mut self.connection()).unwrap()
    }

    /// Kills the server (SIGKILL). Its data is lost.
    pub(crate) fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts the server again on the same port, without data.
    pub(crate) fn start_again(&mut self) {
        let started = Instant::now();
        loop {
            self.child = spawn(self.port, &self.directory, &self.settings);
            if self.answers() {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "redis-server does not start again on port {}", self.port);
        }
    }

    /// Freezes the server: it keeps its connections but does not respond.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Waits for the first response of the server. Returns false if the server has exited instead.
    fn answers(&mut self) -> bool {
        let client = redis::Client::open(self.url()).unwrap();
        let started = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            let pong = client.get_connection().and_then(|mut one| redis::cmd("PING").query::<String>(&mut one));
            if pong.is_ok() {
                return true;
            }
            assert!(started.elapsed() < PATIENCE, "redis-server does not respond on port {}", self.port);
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(port: u16, directory: &TempDir, settings: &[String]) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(directory.path())
        .args(settings)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("redis-server: {error}; run tests/run, it installs redis-server"))
}
