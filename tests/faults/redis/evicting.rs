//! R10: Redis evicts counts to make room for a neighbour's data. No call fails, so it must be told otherwise.

use super::super::scenario::scenario;
use super::time_until;
use crate::support::{daemon::Daemon, redis::RedisServer, redis_cluster::RedisCluster};

/// Redis with a bound that a neighbour soon reaches.
fn crowded(policy: &str) -> RedisServer {
    RedisServer::start_with(&["--maxmemory", "4mb", "--maxmemory-policy", policy])
}

/// Other data on the same server, without an end of its life: 8 MB.
fn fill(redis: &RedisServer) {
    let (mut connection, value) = (redis.connection(), "x".repeat(8_192));
    for number in 0..1_000 {
        redis::cmd("SET").arg(format!("neighbour:{number}")).arg(&value).query::<()>(&mut connection).unwrap();
    }
}

fn metric(daemon: &Daemon, name: &str) -> Option<u64> {
    let metrics = daemon.http("/metrics");
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map(|value| value.trim().parse().unwrap())
}

fn warnings<'a>(log: &'a str, of: &str) -> Vec<&'a str> {
    log.lines().filter(|line| line.contains("WARN") && line.contains(of)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_evicts_is_told_of_once_and_shown_as_a_metric() {
    scenario("R10", "Redis evicts keys for a noisy neighbour", async |report| {
        let (redis, dir) = (crowded("allkeys-lru"), tempfile::tempdir().unwrap());
        let daemon = Daemon::start(dir.path(), &[("REDIS_URL", &redis.url())]);
        time_until("the policy is shown", || metric(&daemon, "duyet_redis_policy{policy=\"allkeys-lru\"}") == Some(1))
            .await;
        assert_eq!(metric(&daemon, "duyet_redis_evictions_total"), Some(0), "nothing is evicted yet");
        fill(&redis);
        let evicted = || metric(&daemon, "duyet_redis_evictions_total").unwrap();
        time_until("evictions are shown", || evicted() > 0).await;
        report.count("evicted", usize::try_from(evicted()).unwrap());
        // A second reading with more of the same.
        let before = evicted();
        fill(&redis);
        time_until("more evictions are shown", || evicted() > before).await;
        let log = daemon.log();
        let (policy, evictions) = (warnings(&log, "maxmemory-policy"), warnings(&log, "redis evicts keys"));
        assert_eq!((policy.len(), evictions.len()), (1, 1), "each once: {log}");
        assert!(policy[0].contains("allkeys-lru") && policy[0].contains(&redis.port().to_string()), "{}", policy[0]);

        // With room again, or writes would fail from now on, and Redis be out of use.
        redis.say::<()>("FLUSHALL");
        redis.say::<()>("CONFIG SET maxmemory-policy noeviction");
        time_until("the other policy is shown", || {
            metric(&daemon, "duyet_redis_policy{policy=\"noeviction\"}") == Some(1)
        })
        .await;
        assert_eq!(metric(&daemon, "duyet_redis_policy{policy=\"allkeys-lru\"}"), Some(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_evicts_no_counts_is_shown_without_a_warning() {
    let (redis, dir) = (crowded("noeviction"), tempfile::tempdir().unwrap());
    let daemon = Daemon::start(dir.path(), &[("REDIS_URL", &redis.url())]);
    time_until("the policy is shown", || metric(&daemon, "duyet_redis_policy{policy=\"noeviction\"}") == Some(1)).await;
    assert!(warnings(&daemon.log(), "maxmemory-policy").is_empty());
}

/// Neither `CONFIG` nor `INFO` may be called: limits work all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_redis_keeps_to_itself_is_unknown() {
    let (redis, dir) = (crowded("allkeys-lru"), tempfile::tempdir().unwrap());
    redis.say::<()>("ACL SETUSER default -info -config");
    let daemon = Daemon::start(dir.path(), &[("REDIS_URL", &redis.url())]);
    time_until("it is shown", || metric(&daemon, "duyet_redis_policy{policy=\"unknown\"}") == Some(1)).await;
    assert!(daemon.log().contains("redis does not say what it evicts"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_master_of_a_cluster_is_asked() {
    let (cluster, dir) = (RedisCluster::start(), tempfile::tempdir().unwrap());
    for node in cluster.nodes() {
        node.say::<()>("CONFIG SET maxmemory 100mb");
    }
    let careless = cluster.master_of("{default/late}");
    cluster.nodes()[careless].say::<()>("CONFIG SET maxmemory-policy volatile-lru");
    let daemon = Daemon::start(dir.path(), &[("REDIS_URL", &cluster.url())]);
    let masters = |policy: &str| metric(&daemon, &format!("duyet_redis_policy{{policy=\"{policy}\"}}"));
    time_until("both policies are shown", || (masters("noeviction"), masters("volatile-lru")) == (Some(2), Some(1)))
        .await;
    let log = daemon.log();
    let told = warnings(&log, "maxmemory-policy");
    assert_eq!(told.len(), 1, "{log}");
    assert!(told[0].contains(&cluster.nodes()[careless].port().to_string()), "{}", told[0]);
}
