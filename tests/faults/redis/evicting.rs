//! Scenario R10: Redis evicts counts because another client's data fills the memory. No call fails then, so the
//! service reports the evictions.

use super::super::scenario::scenario;
use super::time_until;
use crate::support::{daemon::Daemon, redis::RedisServer, redis_cluster::RedisCluster};

/// Starts Redis with a memory limit that another client's data soon reaches.
fn crowded(policy: &str) -> RedisServer {
    RedisServer::start_with(&["--maxmemory", "4mb", "--maxmemory-policy", policy])
}

/// Writes 8 MB of other data without an expiry.
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
async fn a_redis_that_evicts_is_logged_once_and_shown_as_a_metric() {
    scenario("R10", "Redis evicts keys because of another client's data", async |report| {
        let (redis, dir) = (crowded("allkeys-lru"), tempfile::tempdir().unwrap());
        let daemon = Daemon::start(dir.path(), &[("REDIS_URL", &redis.url())]);
        time_until("the policy is shown", || metric(&daemon, "duyet_redis_policy{policy=\"allkeys-lru\"}") == Some(1))
            .await;
        assert_eq!(metric(&daemon, "duyet_redis_evictions_total"), Some(0), "no key has been evicted yet");
        fill(&redis);
        let evicted = || metric(&daemon, "duyet_redis_evictions_total").unwrap();
        time_until("evictions are shown", || evicted() > 0).await;
        report.count("evicted", usize::try_from(evicted()).unwrap());
        // The next reading of the metric shows more evictions, and logs nothing new.
        let before = evicted();
        fill(&redis);
        time_until("more evictions are shown", || evicted() > before).await;
        let log = daemon.log();
        let (policy, evictions) = (warnings(&log, "maxmemory-policy"), warnings(&log, "redis evicts keys"));
        assert_eq!((policy.len(), evictions.len()), (1, 1), "each warning must be logged once: {log}");
        assert!(policy[0].contains("allkeys-lru") && policy[0].contains(&redis.port().to_string()), "{}", policy[0]);

        // Frees the memory. Otherwise writes would fail from now on, and the service would stop using Redis.
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

/// Redis denies `CONFIG` and `INFO`. The limits work without them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_redis_does_not_reveal_is_unknown() {
    let (redis, dir) = (crowded("allkeys-lru"), tempfile::tempdir().unwrap());
    redis.say::<()>("ACL SETUSER default -info -config");
    let daemon = Daemon::start(dir.path(), &[("REDIS_URL", &redis.url())]);
    time_until("it is shown", || metric(&daemon, "duyet_redis_policy{policy=\"unknown\"}") == Some(1)).await;
    assert!(daemon.log().contains("redis does not say what it evicts"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_of_every_master_of_a_cluster_is_shown() {
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
    let shown = warnings(&log, "maxmemory-policy");
    assert_eq!(shown.len(), 1, "{log}");
    assert!(shown[0].contains(&cluster.nodes()[careless].port().to_string()), "{}", shown[0]);
}
