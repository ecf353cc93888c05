//! Starts, stops and kills a real `duyetd` process, and reads its output.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use super::newsroom::{ANSWER, Desk, Portal, desk_at, portal_at};

/// Timeout, longer than any start or stop should take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running process, killed when it is dropped.
pub struct Daemon {
    child: Child,
    pub grpc_addr: SocketAddr,
    pub http_addr: SocketAddr,
    data_dir: PathBuf,
    log_file: PathBuf,
    environment_secrets: Vec<String>,
}

pub fn duyetd(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duyetd"));
    command.env_clear().env("DUYET_DATA_DIR", data_dir);
    command
}

impl Daemon {
    /// Starts it on free ports with the given environment, and waits until it prints its addresses.
    pub fn start(data_dir: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_logging_to(data_dir, data_dir, environment)
    }

    /// Starts it with the log in another directory.
    pub fn start_logging_to(log_dir: &Path, data_dir: &Path, environment: &[(&str, &str)]) -> Self {
        Self::spawn(duyetd(data_dir), log_dir, data_dir, environment)
    }

    /// Starts it with a soft limit of descriptors that it may raise.
    pub fn start_with_descriptors(data_dir: &Path, soft_limit: usize) -> Self {
        let mut shell = Command::new("sh");
        let script = format!("ulimit -S -n {soft_limit} && exec \"$0\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_duyetd")]).env_clear().env("DUYET_DATA_DIR", data_dir);
        Self::spawn(shell, data_dir, data_dir, &[])
    }

    fn spawn(mut command: Command, log_dir: &Path, data_dir: &Path, environment: &[(&str, &str)]) -> Self {
        let log_file = log_dir.join("log.jsonl");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&log_file).unwrap();
        let mut child = command
            .env("DUYET_GRPC_ADDR", "127.0.0.1:0")
            .env("DUYET_HTTP_ADDR", "127.0.0.1:0")
            .env("DUYET_CAPTCHA_FIXED_ANSWER", ANSWER)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |name: &str| {
            let line =
                lines.next().unwrap_or_else(|| panic!("duyetd did not start, see {}", data_dir.display())).unwrap();
            line.strip_prefix(name).unwrap().trim().parse().unwrap()
        };
        let (grpc_addr, http_addr) = (address("grpc"), address("http"));
        Self {
            child,
            grpc_addr,
            http_addr,
            data_dir: data_dir.to_owned(),
            log_file,
            environment_secrets: secrets_of(environment),
        }
    }

    pub fn token(&self, name: &str) -> String {
        std::fs::read_to_string(self.token_file(name)).unwrap().trim().to_owned()
    }

    pub fn token_file(&self, name: &str) -> PathBuf {
        self.data_dir.join(format!("{name}.token"))
    }

    pub fn portal(&self) -> Portal {
        portal_at(self.grpc_addr, &self.token("portal"))
    }

    pub fn desk(&self) -> Desk {
        desk_at(self.grpc_addr, &self.token("moderator"))
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log_file).unwrap()
    }

    /// Kills it with SIGKILL, as a power failure would.
    pub fn kill9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends SIGHUP, which reloads the configuration.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    pub fn resident_bytes(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap();
        text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
    }

    /// Reads the kernel's status value `name`, if there is one.
    pub fn status(&self, name: &str) -> Option<String> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.map(|value| value.trim().to_owned())
    }

    pub fn cpu(&self) -> Duration {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let ticks =
            text.rsplit(") ").next().unwrap().split(' ').skip(11).take(2).map(|one| one.parse::<u64>().unwrap());
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// Counts the files and sockets that it has open.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// Reads its soft and hard limit of open descriptors.
    pub fn descriptor_limits(&self) -> (String, String) {
        let text = std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
        let mut limits = line.split_whitespace().map(str::to_owned);
        (limits.next().unwrap(), limits.next().unwrap())
    }

    /// Freezes it: it keeps its connections and does nothing.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Waits until it exits.
    pub fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "duyetd does not stop");
            std::thread::yield_now();
        }
    }

    /// Returns status line and body of an HTTP response.
    pub fn http(&self, path: &str) -> String {
        use std::io::Write as _;
        let mut socket = std::net::TcpStream::connect(self.http_addr).unwrap();
        write!(socket, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Daemon {
    /// Returns the strings that must not be in any log: tokens, keys, passwords, readers' addresses.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = vec!["203.0.113.".to_owned()];
        for file in ["portal.token", "moderator.token", "admin.token", "duyet.keys"] {
            let text = std::fs::read_to_string(self.data_dir.join(file)).unwrap_or_default();
            // The last part of a token is the secret; the rest identifies it.
            let text = text.trim();
            secrets.extend(text.len().checked_sub(43).map(|at| text[at..].to_owned()));
        }
        secrets.extend(self.environment_secrets.clone());
        secrets
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let Ok(log) = std::fs::read_to_string(&self.log_file) else { return };
        for secret in self.secrets() {
            if log.contains(&secret) && !std::thread::panicking() {
                let line = log.lines().find(|line| line.contains(&secret)).unwrap_or_default();
                panic!("a secret is in the log: {}", line.replace(&secret, "(the secret)"));
            }
        }
    }
}

fn secrets_of(environment: &[(&str, &str)]) -> Vec<String> {
    let password = |value: &str| Some(value.split_once("://")?.1.split_once('@')?.0.split_once(':')?.1.to_owned());
    let secret = |(name, value): &(&str, &str)| match *name {
        "DATABASE_URL" | "REDIS_URL" => password(value),
        "DUYET_KEYS" => value.split_once(':').map(|(_, key)| key.to_owned()),
        _ => None,
    };
    environment.iter().filter_map(secret).filter(|secret| !secret.is_empty()).collect()
}
