//! What Redis does when its memory is full. A server that evicts counts loosens limits, and no call of ours fails: so the
//! watch reads its policy and what it has evicted, warns and keeps the metrics.

use std::{collections::HashMap, time::Duration};

use redis::{RedisResult, aio::MultiplexedConnection};
use tokio::time::Instant;

use super::{answer_timeout::answered, servers::Servers};

/// Time between two readings. One costs a server less than a check does.
const PERIOD: Duration = Duration::from_secs(5);
/// Least time between two warnings of evicted keys.
const WARNING_PAUSE: Duration = Duration::from_secs(600);

const POLICY: &str = "duyet_redis_policy";
const EVICTIONS: &str = "duyet_redis_evictions_total";

/// What a server may evict once its memory is full.
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
/// The policies that take care of counts. The first evicts nothing: writes fail, and Redis is out of use until there is room.
/// The second evicts first what ends first: the counts that are nearest to being whole again.
const CAREFUL: usize = 2;
/// A server that does not let us read its policy.
const UNKNOWN: &str = "unknown";

/// What `INFO` says of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EvictionInfo {
    policy: &'static str,
    /// It has a bound of memory, without which it evicts nothing.
    is_bounded: bool,
    /// Keys that it evicted since it started.
    evicted: u64,
}

impl EvictionInfo {
    fn parse(info: &str) -> Self {
        let value =
            |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
        let number = |name| value(name).and_then(|value| value.parse().ok()).unwrap_or(0);
        let policy = value("maxmemory_policy").and_then(|told| POLICIES.into_iter().find(|known| *known == told));
        let (is_bounded, evicted) = (number("maxmemory") > 0, number("evicted_keys"));
        Self { policy: policy.unwrap_or(UNKNOWN), is_bounded, evicted }
    }

    fn is_careless(&self) -> bool {
        self.is_bounded && POLICIES[CAREFUL..].contains(&self.policy)
    }
}

/// What is known of every master.
#[derive(Debug, Default)]
pub(super) struct Evictions {
    /// By address.
    known: HashMap<String, EvictionInfo>,
    read_at: Option<Instant>,
    warned_at: Option<Instant>,
}

impl Evictions {
    /// Asks every server, when the last time is long enough ago. A server that does not answer is asked the next time.
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
        let told = |one: &EvictionInfo| (one.policy, one.is_careless());
        if before.as_ref().map(told) != Some(told(&reading)) {
            tell_policy(address, &reading);
        }
        // A server that was restarted counts from zero.
        let base =
            before.map_or(reading.evicted, |before| if before.evicted > reading.evicted { 0 } else { before.evicted });
        let evicted = reading.evicted - base;
        metrics::counter!(EVICTIONS).increment(evicted);
        if evicted > 0 && self.warned_at.is_none_or(|warned| now.duration_since(warned) >= WARNING_PAUSE) {
            self.warned_at = Some(now);
            tracing::warn!(
                redis = address,
                evicted,
                "redis evicts keys to make room: counts may be among them, and limits let more through"
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

fn tell_policy(address: &str, reading: &EvictionInfo) {
    let policy = reading.policy;
    if reading.is_careless() {
        tracing::warn!(
            redis = address,
            policy,
            "redis evicts counts when its memory is full, which loosens limits without an error: set maxmemory-policy to \
             noeviction, or to volatile-ttl"
        );
    } else if policy == UNKNOWN {
        tracing::info!(
            redis = address,
            "redis does not say what it evicts: see that its maxmemory-policy is noeviction"
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
    fn a_policy_is_careless_when_it_may_evict_what_has_long_to_live() {
        for (policy, careless) in [
            ("noeviction", false),
            ("volatile-ttl", false),
            ("volatile-lru", true),
            ("allkeys-lru", true),
            ("allkeys-random", true),
            ("of-tomorrow", false),
        ] {
            assert_eq!(EvictionInfo::parse(&info(policy, 1, 0)).is_careless(), careless, "{policy}");
            assert!(!EvictionInfo::parse(&info(policy, 0, 0)).is_careless(), "without a bound nothing is evicted");
        }
    }

    #[test]
    fn what_info_says_is_read_and_what_it_does_not_say_is_unknown() {
        let read = EvictionInfo::parse(&info("allkeys-lfu", 8_388_608, 12));
        assert_eq!(read, EvictionInfo { policy: "allkeys-lfu", is_bounded: true, evicted: 12 });
        assert_eq!(EvictionInfo::parse(""), EvictionInfo { policy: UNKNOWN, is_bounded: false, evicted: 0 });
        assert_eq!(EvictionInfo::parse(&info("of-tomorrow", 1, 2)).policy, UNKNOWN);
    }
}
