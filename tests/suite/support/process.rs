//! Child processes of tests: signals by stored pid, ended when dropped.

use std::{
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// A process with all its children.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn spawn(mut command: Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?} does not start ({error}): run tests/run")))
    }

    pub(crate) fn signal(&self, signal: &str) {
        send(signal, &[self.0.id()]);
    }

    /// Signals the process and its children. The process is stopped first, so that it cannot fork.
    pub(crate) fn signal_tree(&self, signal: &str) {
        self.signal("STOP");
        let id = self.0.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let mut pids: Vec<u32> = children.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
        pids.push(id);
        send(signal, &pids);
    }

    pub(crate) fn wait(&mut self) {
        self.0.wait().unwrap();
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.signal_tree("KILL");
            self.wait();
        }
    }
}

/// Errors are ignored, because a process may have ended already.
fn send(signal: &str, pids: &[u32]) {
    let pids = pids.iter().map(u32::to_string);
    Command::new("kill").arg("-s").arg(signal).args(pids).stderr(Stdio::null()).status().unwrap();
}

/// Returns a loopback port that was free a moment ago, and a different one for each call in this process. It is below
/// the range of ephemeral ports (32768 to 60999), so that no other program gets the port while a server restarts, and
/// no client connects to itself.
pub(crate) fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(rand::random()));
    let mut ports = (0..10_000).map(|_| 10_000 + NEXT.fetch_add(1, Ordering::Relaxed) % 10_000);
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).expect("no port is free")
}

/// Waits until the condition is true; fails after half a minute.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited too long until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Returns true for root, as which PostgreSQL does not run.
pub(crate) fn is_root() -> bool {
    Path::new("/proc/self").metadata().unwrap().uid() == 0
}
