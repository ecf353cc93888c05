//! Monitoring of evictions by Redis. A server that evicts counts loosens limits without failing a call. The watch
//! therefore reads each server's eviction policy and its number of evicted keys, logs warnings and updates the metrics.

use std::{collections::HashMap, time::Duration};

use redis::{RedisResult, aio::MultiplexedConnection};
use tokio::time::Instant;

use super::{answer_timeout::answered, servers::Servers};

/// Time between two readings. A reading costs a server less than a check.
const PERIOD: Duration = Duration::from_secs(5);
/// Least time between two warnings of evicted keys.
const WARNING_PAUSE: Duration = Duration::from_secs(600);

const POLICY: &str = "duyet_redis_policy";
const EVICTIONS: &str = "duyet_redis_evictions_total";

/// The eviction policies, which say what a server evicts once its memory is full.
const POLICIES: [&str; 10] = [
    "noeviction",
    "volatile-ttl",
    "volatile-lru",
    "volatile-lfu",
    "volatile-lrm",
    "volatile-random",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-lrm",
    "allkeys-random",
];
/// Number of leading policies that protect counts. The first evicts nothing: writes fail, and Redis is out of use until
/// memory is free. The second evicts keys that expire soonest first, which are the counts that have nearly drained.
const CAREFUL: usize = 2;
/// The policy of a server that does not report one.
const UNKNOWN: &str = "unknown";

/// The part of one server's `INFO` that concerns evictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EvictionInfo {
    policy: &'static str,
    /// Whether the server has a memory limit. Without one, it evicts nothing.
    is_bounded: bool,
    /// Number of keys that the server has evicted since it started.
    evicted: u64,
}

impl EvictionInfo {
    fn parse(info: &str) -> Self {
        let value =
            |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
        let number = |name| value(name).and_then(|value| value.parse().ok()).unwrap_or(0);
        let policy = value("maxmemory_policy").and_then(|name| POLICIES.into_iter().find(|known| *known == name));
        let (is_bounded, evicted) = (number("maxmemory") > 0, number("evicted_keys"));
        Self { policy: policy.unwrap_or(UNKNOWN), is_bounded, evicted }
    }

    fn is_careless(&self) -> bool {
        self.is_bounded && POLICIES[CAREFUL..].contains(&self.policy)
    }
}

/// The last reading of every master.
#[derive(Debug, Default)]
pub(super) struct Evictions {
    /// Readings by the master's address.
    known: HashMap<String, EvictionInfo>,
    read_at: Option<Instant>,
    warned_at: Option<Instant>,
}

impl Evictions {
    /// Reads every server if the last reading is at least [`PERIOD`] old. A server that does not answer is skipped
    /// until the next reading.
    pub(super) async fn read(&mut self, servers: &Servers, now: Instant) {
        if self.read_at.is_some_and(|before| now.duration_since(before) < PERIOD) {
            return;
        }
        self.read_at = Some(now);
        self.known.retain(|address, _| servers.shards().iter().any(|shard| shard.address == *address));
        for shard in servers.shards() {
            let reading = match info(shard.calls.connection()).await {
                Ok(info) => EvictionInfo::parse(&info),
                Err(error) if error.code() == Some("NOPERM") => EvictionInfo::parse(""),
                Err(_) => continue,
            };
            self.take_in(&shard.address, reading, now);
        }
        self.show();
    }

    fn take_in(&mut self, address: &str, reading: EvictionInfo, now: Instant) {
        let before = self.known.insert(address.to_owned(), reading);
        let logged = |one: &EvictionInfo| (one.policy, one.is_careless());
        if before.as_ref().map(logged) != Some(logged(&reading)) {
            log_policy(address, &reading);
        }
        // A restarted server counts from zero.
        let base =
            before.map_or(reading.evicted, |before| if before.evicted > reading.evicted { 0 } else { before.evicted });
        let evicted = reading.evicted - base;
        metrics::counter!(EVICTIONS).increment(evicted);
        if evicted > 0 && self.warned_at.is_none_or(|warned| now.duration_since(warned) >= WARNING_PAUSE) {
            self.warned_at = Some(now);
            tracing::warn!(
                redis = address,
                evicted,
                "redis evicts keys to free memory: limits allow more events if counts are among these keys"
            );
        }
    }

    fn show(&self) {
        for policy in POLICIES.into_iter().chain([UNKNOWN]) {
            let masters = self.known.values().filter(|reading| reading.policy == policy).count();
            let masters = u32::try_from(masters).unwrap_or(u32::MAX);
            metrics::gauge!(POLICY, "policy" => policy).set(masters);
        }
    }
}

async fn info(mut connection: MultiplexedConnection) -> RedisResult<String> {
    answered(redis::cmd("INFO").query_async(&mut connection)).await
}

fn log_policy(address: &str, reading: &EvictionInfo) {
    let policy = reading.policy;
    if reading.is_careless() {
        tracing::warn!(
            redis = address,
            policy,
            "redis may evict counts when its memory is full, which loosens limits without an error: set maxmemory-policy \
             to noeviction or volatile-ttl"
        );
    } else if policy == UNKNOWN {
        tracing::info!(
            redis = address,
            "redis does not say what it evicts: make sure that its maxmemory-policy is noeviction"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(policy: &str, maxmemory: u64, evicted: u64) -> String {
        let memory = format!("# Memory\r\nmaxmemory:{maxmemory}\r\nmaxmemory_policy:{policy}\r\n");
        format!("{memory}\r\n# Stats\r\nevicted_keys:{evicted}\r\nevicted_clients:7\r\n")
    }

    #[test]
    fn a_policy_is_careless_when_it_may_evict_keys_that_expire_late() {
        for (policy, careless) in [
            ("noeviction", false),
            ("volatile-ttl", false),
            ("volatile-lru", true),
            ("allkeys-lru", true),
            ("allkeys-random", true),
            ("of-tomorrow", false),
        ] {
            assert_eq!(EvictionInfo::parse(&info(policy, 1, 0)).is_careless(), careless, "{policy}");
            assert!(!EvictionInfo::parse(&info(policy, 0, 0)).is_careless(), "unlimited memory");
        }
    }

    #[test]
    fn info_is_parsed_and_a_missing_policy_is_unknown() {
        let read = EvictionInfo::parse(&info("allkeys-lfu", 8_388_608, 12));
        assert_eq!(read, EvictionInfo { policy: "allkeys-lfu", is_bounded: true, evicted: 12 });
        assert_eq!(EvictionInfo::parse(""), EvictionInfo { policy: UNKNOWN, is_bounded: false, evicted: 0 });
        assert_eq!(EvictionInfo::parse(&info("of-tomorrow", 1, 2)).policy, UNKNOWN);
    }
}
