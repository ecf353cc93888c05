//! The cost of a check for Redis: round trips, keys, memory.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::num::NonZeroU32;

use duyetd::{
    domain::rate_limit::{Allowance, Charge, ChargeWeight, LimitName, Quotas},
    limiter::Limiter,
};
use futures_util::future::join_all;

use crate::{
    limits::exactly,
    support::{
        newsroom::{Database, Newsroom, wide_quotas},
        process::wait_until,
        redis::RedisServer,
        redis_cluster::RedisCluster,
    },
};

/// Builds a charge with a subject like the keyring's pseudonyms: 32 hexadecimal digits.
fn charge(limit: LimitName, subject: usize) -> Charge {
    Charge { limit, subject: format!("default/{subject:032x}"), weight: ChargeWeight::One }
}

fn limiter(url: &str, quotas: Quotas) -> Limiter {
    let limiter = Limiter::with_redis(quotas, url, NonZeroU32::MIN).unwrap();
    wait_until("limits are shared", || !limiter.is_degraded());
    limiter
}

/// Counts the script runs by these servers: each reads its keys with one `MGET`.
fn runs(servers: &[&RedisServer]) -> u64 {
    let stats: String = servers.iter().map(|server| server.say::<String>("INFO commandstats")).collect();
    let counts = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_mget:calls="));
    counts.map(|line| line.split(',').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_four_limits_of_a_submit_take_one_round_trip() {
    let redis = RedisServer::start();
    let limiter = limiter(&redis.url(), wide_quotas());
    let charges = [
        charge(LimitName::SubmitsPerDevice, 1),
        charge(LimitName::SubmitsPerPrefix, 2),
        charge(LimitName::SubmitsPerArticle, 3),
        charge(LimitName::SubmitsPerSite, 4),
    ];
    let before = runs(&[&redis]);
    for _ in 0..100 {
        assert!(matches!(limiter.check(&charges).await, Allowance::Allowed { .. }));
    }
    let runs = runs(&[&redis]) - before;
    println!("100 checks of four limits: {runs} runs of the script; a health check every half a second is one run");
    assert!((100..110).contains(&runs), "{runs}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_checks_share_calls_and_are_decided_independently() {
    let redis = RedisServer::start();
    let quotas = Quotas {
        submits_per_device: "1/24h".parse().unwrap(),
        submits_per_article: "1000/24h".parse().unwrap(),
        ..wide_quotas()
    };
    // Each replica also counts locally, so only Redis adds up the two events of a device at different replicas.
    let replicas = [limiter(&redis.url(), quotas.clone()), limiter(&redis.url(), quotas)];
    let article = |name: &str| Charge {
        limit: LimitName::SubmitsPerArticle,
        subject: format!("default/{name}"),
        weight: ChargeWeight::One,
    };
    let mut called = Vec::new();
    exactly((200, 200), async |name| {
        let before = runs(&[&redis]);
        let check = async |number: usize| {
            let device =
                Charge { subject: format!("default/{name}-{}", number / 2), ..charge(LimitName::SubmitsPerDevice, 0) };
            let allowance = replicas[number % 2].check(&[device, article(name)]).await;
            u32::from(matches!(allowance, Allowance::Allowed { .. }))
        };
        let allowed: u32 = join_all((0..400).map(check)).await.into_iter().sum();
        called.push(runs(&[&redis]) - before);
        let mut of_article = 0;
        for _ in 0..1_000 {
            of_article += u32::from(matches!(replicas[0].check(&[article(name)]).await, Allowance::Allowed { .. }));
        }
        (allowed, 1_000 - of_article)
    })
    .await;
    println!("400 checks at once, of two replicas: {called:?} runs of the script");
    assert!(called.iter().all(|runs| *runs < 100), "{called:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_submit_with_a_correct_answer_calls_redis_once() {
    let redis = RedisServer::start();
    let newsroom = Newsroom::open_with(Database::Sqlite, |config| config.redis_url = redis.url().parse().ok()).await;
    let mut portal = newsroom.portal();
    portal.say("bai", "Limits are shared from here on").await;
    redis.say::<()>("CONFIG SET slowlog-max-len 10000");
    redis.say::<()>("CONFIG SET slowlog-log-slower-than 0");
    for number in 0..5 {
        portal.say("bai", &format!("Comment {number}, which is unlike the others")).await;
    }
    let commands: redis::Value = redis.say("SLOWLOG GET 10000");
    let logged = format!("{commands:?}");
    let submits = logged.split("EVALSHA").filter(|call| call.contains(":SubmitsPerDevice")).count();
    assert_eq!(submits, 5, "each of the five submits calls Redis once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster_limits_of_one_subject_share_a_call() {
    let cluster = RedisCluster::start();
    let limiter = limiter(&cluster.url(), wide_quotas());
    let charges = [
        charge(LimitName::SubmitsPerDevice, 1),
        charge(LimitName::ChallengesPerDevice, 1),
        charge(LimitName::ReportsPerDevice, 1),
        charge(LimitName::SubmitsPerPrefix, 2),
    ];
    let nodes: Vec<&RedisServer> = cluster.nodes().iter().collect();
    let before = runs(&nodes);
    for _ in 0..100 {
        assert!(matches!(limiter.check(&charges).await, Allowance::Allowed { .. }));
    }
    let runs = runs(&nodes) - before;
    println!("100 checks of four limits of two subjects on a cluster: {runs} runs of the script");
    assert!((200..230).contains(&runs), "{runs}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subject_has_one_small_key_per_limit() {
    let redis = RedisServer::start();
    // The period is long, so that no key expires during the test.
    let limiter = limiter(&redis.url(), Quotas::all("20/1h".parse().unwrap()));
    for subject in 0..20 {
        for limit in LimitName::ALL {
            for _ in 0..30 {
                limiter.check(&[charge(*limit, subject)]).await;
            }
        }
    }
    let mut keys: Vec<String> = redis.say("KEYS rl:*");
    keys.retain(|key| !key.contains("probe"));
    assert!(keys.len() <= 20 * LimitName::ALL.len(), "{}", keys.len());
    assert!(keys.len() > 15 * LimitName::ALL.len(), "{}", keys.len());
    let bytes = |key: &String| redis.say::<Option<u64>>(&format!("MEMORY USAGE {key}")).unwrap_or(0);
    let most = keys.iter().map(bytes).max().unwrap();
    let whole = keys.iter().map(bytes).sum::<u64>() / 20;
    println!("a count takes at most {most} bytes in Redis, and the counts of a subject of every limit take {whole}");
    assert!(most <= 160, "{most}");
    for key in &keys {
        // -1 means that the key has no expiry, and -2 that it does not exist.
        assert_ne!(redis.say::<i64>(&format!("PTTL {key}")), -1, "{key} expires");
    }
}
