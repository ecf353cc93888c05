//! Three sentinels that monitor one master and two replicas, on loopback ports.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::process::Command;

use tempfile::TempDir;

use super::{
    process::{Process, free_port, wait_until},
    redis::RedisServer,
};

const SERVICE: &str = "comments";
/// Milliseconds without a response after which the sentinels consider the master down.
const DOWN_AFTER: u16 = 1_000;

pub(crate) struct SentinelRedis {
    servers: Vec<RedisServer>,
    sentinels: Vec<Sentinel>,
}

struct Sentinel {
    port: u16,
    _process: Process,
    _home: TempDir,
}

impl SentinelRedis {
    /// Starts a master, two replicas in sync with it, and sentinels that know them and each other.
    pub(crate) fn start() -> Self {
        let quick = ["--repl-diskless-sync-delay", "0"];
        let mut servers = vec![RedisServer::start_with(&quick)];
        let master = servers[0].port();
        for _ in 0..2 {
            let replica = RedisServer::start_with(&quick);
            let _: () = replica.say(&format!("REPLICAOF 127.0.0.1 {master}"));
            servers.push(replica);
        }
        let this = Self { servers, sentinels: (0..3).map(|_| Sentinel::start(master, 2, &[])).collect() };
        this.wait_until_settled();
        this
    }

    /// Starts a master and one sentinel, both of which require a password.
    pub(crate) fn start_alone(password: &str) -> Self {
        let master = RedisServer::start();
        master.say::<()>(&format!("CONFIG SET requirepass {password}"));
        let settings = [format!("requirepass {password}"), format!("sentinel auth-pass {SERVICE} {password}")];
        let sentinels = vec![Sentinel::start(master.port(), 1, &settings)];
        Self { servers: vec![master], sentinels }
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> = self.sentinels.iter().map(|one| format!("127.0.0.1:{}", one.port)).collect();
        format!("redis+sentinel://{}/{SERVICE}", hosts.join(","))
    }

    /// Returns the server that the first sentinel considers the master.
    pub(crate) fn master(&self) -> usize {
        let mut question = redis::cmd("SENTINEL");
        question.arg("get-master-addr-by-name").arg(SERVICE);
        let (_, port): (String, u16) = question.query(&mut self.sentinels[0].connection()).unwrap();
        self.servers.iter().position(|server| server.port() == port).unwrap()
    }

    pub(crate) fn server(&mut self, at: usize) -> &mut RedisServer {
        &mut self.servers[at]
    }

    /// Waits until all servers are up, the replicas are in sync, and each sentinel knows them and both others.
    pub(crate) fn wait_until_settled(&self) {
        wait_until("sentinels and replicas have settled", || {
            let in_step =
                |state: &str| state.contains("connected_slaves:2") && state.matches("state=online").count() == 2;
            let watched = |sentinel: &Sentinel| {
                let mut question = redis::cmd("INFO");
                let state: String = question.arg("sentinel").query(&mut sentinel.connection()).unwrap();
                state.contains("status=ok") && state.contains("slaves=2,sentinels=3")
            };
            in_step(&self.servers[self.master()].say::<String>("INFO replication"))
                && self.sentinels.iter().all(watched)
        });
    }
}

impl Sentinel {
    fn start(master: u16, quorum: u8, settings: &[String]) -> Self {
        let (home, port) = (TempDir::new().unwrap(), free_port());
        let config = home.path().join("sentinel.conf");
        let lines = [
            format!("port {port}"),
            "bind 127.0.0.1".to_owned(),
            format!("dir {}", home.path().display()),
            format!("sentinel monitor {SERVICE} 127.0.0.1 {master} {quorum}"),
            format!("sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER}"),
            format!("sentinel failover-timeout {SERVICE} 5000"),
        ];
        std::fs::write(&config, [&lines[..], settings].concat().join("\n")).unwrap();
        let mut command = Command::new("redis-server");
        command.arg(&config).arg("--sentinel");
        let mut process = Process::spawn(command);
        wait_until("a sentinel answers", || {
            assert!(!process.has_ended(), "the sentinel ended: is port {port} taken?");
            client(port).get_connection().is_ok()
        });
        Self { port, _process: process, _home: home }
    }

    fn connection(&self) -> redis::Connection {
        client(self.port).get_connection().unwrap()
    }
}

fn client(port: u16) -> redis::Client {
    redis::Client::open(format!("redis://127.0.0.1:{port}/")).unwrap()
}
