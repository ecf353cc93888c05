//! A private Redis Cluster: three masters with a replica each, on loopback ports.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::process::Command;

use super::{
    process::{free_port, wait_until},
    redis::RedisServer,
};

/// Milliseconds without a response after which a node counts as dead.
const NODE_TIMEOUT: &str = "2000";

pub(crate) struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts six empty nodes and forms a cluster.
    pub(crate) fn start() -> Self {
        let nodes: Vec<RedisServer> = (0..6).map(|_| node()).collect();
        let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port()));
        let mut create = Command::new("redis-cli");
        create.args(["--cluster", "create"]).args(addresses).args(["--cluster-replicas", "1", "--cluster-yes"]);
        let output = create.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let cluster = Self { nodes };
        cluster.wait_until_settled();
        cluster
    }

    /// Returns a URL with every node, so that any of them may be down.
    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    pub(crate) fn url_of(&self, node: usize) -> String {
        format!("redis+cluster://127.0.0.1:{}", self.nodes[node].port())
    }

    pub(crate) fn node(&mut self, at: usize) -> &mut RedisServer {
        &mut self.nodes[at]
    }

    pub(crate) fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// Returns the node that serves a key, as the other nodes see it.
    pub(crate) fn master_of(&self, key: &str) -> usize {
        let slot: u16 = self.nodes[0].say(&format!("CLUSTER KEYSLOT {key}"));
        let serves = |line: &str| {
            let own = line.contains("myself,master");
            own && line.split(' ').skip(8).any(|range| {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                first.parse::<u16>().is_ok_and(|first| (first..=last.parse().unwrap()).contains(&slot))
            })
        };
        let found = self.nodes.iter().position(|node| node.say::<String>("CLUSTER NODES").lines().any(serves));
        found.expect("no node serves the slot")
    }

    /// Waits until every node reports a healthy cluster and every replica is in sync with its master: before that, no
    /// replica can be promoted.
    pub(crate) fn wait_until_settled(&self) {
        wait_until("the cluster has settled", || {
            self.nodes.iter().all(|node| {
                let (state, role) = (node.say::<String>("CLUSTER INFO"), node.say::<String>("INFO replication"));
                let linked = if role.contains("role:master") {
                    role.contains("connected_slaves:1") && role.contains("state=online")
                } else {
                    role.contains("master_link_status:up")
                };
                state.contains("cluster_state:ok") && state.contains("cluster_known_nodes:6") && linked
            })
        });
    }
}

fn node() -> RedisServer {
    let bus = free_port().to_string();
    RedisServer::start_with(&[
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        &bus,
        "--cluster-node-timeout",
        NODE_TIMEOUT,
        "--repl-diskless-sync-delay",
        "0",
    ])
}
