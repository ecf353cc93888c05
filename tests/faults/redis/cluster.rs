//! R4 to R6: a master of a cluster is killed or frozen, with all that its replica has not heard of.

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

use duyetd::{
    domain::rate_limit::{Charge, ChargeWeight, LimitName, Quotas},
    limiter::Limiter,
};

use super::super::scenario::scenario;
use super::{
    BURST, charge, crowd::Crowd, device, let_through, limiter, ms, time_until, time_until_degraded, time_until_shared,
};
use crate::support::redis_cluster::RedisCluster;

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Killed,
    Frozen,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_master_of_a_cluster_is_replaced() {
    scenario("R5", "a master of a Redis Cluster killed", async |report| {
        let healed = lose_a_master(Fault::Killed).await;
        report.ms("shared_again_after", healed);
        assert!(healed < Duration::from_secs(8), "{healed:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_master_of_a_cluster_is_replaced_within_six_seconds() {
    scenario("R6", "a master of a Redis Cluster frozen", async |report| {
        let healed = lose_a_master(Fault::Frozen).await;
        report.ms("shared_again_after", healed);
        assert!(healed < Duration::from_secs(6), "{healed:?}");
    })
    .await;
}

/// The time from the loss of a master until limits are shared again.
async fn lose_a_master(fault: Fault) -> Duration {
    let name = if fault == Fault::Killed { "cluster master killed" } else { "cluster master frozen" };
    let mut cluster = RedisCluster::start();
    let lost = cluster.master_of("{default/late}");
    // Told of one node only, and that one is lost: the others are known from before.
    let (one, other) = (limiter(&cluster.url()), limiter(&cluster.url_of(lost)));
    time_until_shared(&one).await;
    time_until_shared(&other).await;
    let shared = let_through(&[&one, &other], 20, "early").await;
    let crowd = Crowd::gather(&[&one, &other], 16);
    // A burst at the last moment: the replica may never hear of it.
    let mut through = let_through(&[&one], 10, "late").await;
    let began = Instant::now();
    match fault {
        Fault::Killed => cluster.node(lost).stop(),
        Fault::Frozen => cluster.node(lost).pause(),
    }
    let noticed = time_until_degraded(&one).await.max(time_until_degraded(&other).await);
    through += let_through(&[&other, &one], 20, "late").await;
    // Nobody takes one healthy shard for a healthy cluster.
    let mut flaps = 0;
    while one.is_degraded() || other.is_degraded() {
        let before = one.is_degraded();
        tokio::time::sleep(Duration::from_millis(10)).await;
        flaps += u32::from(!before && one.is_degraded());
        assert!(began.elapsed() < Duration::from_secs(40), "it never heals");
    }
    let healed = began.elapsed();
    through += let_through(&[&other, &one], 20, "late").await;
    let afresh = let_through(&[&one, &other], 20, "afresh").await;
    println!(
        "{name}: noticed after {}, shared again after {}, {flaps} flaps; {through} let through of a burst of 5",
        ms(noticed),
        ms(healed)
    );
    crowd.leave().await.assert_within_bound(name);
    assert_eq!((shared, afresh), (BURST, BURST), "two replicas share one burst, before and after");
    assert!(through <= 2 * BURST, "at most one burst more");
    assert_eq!(flaps, 0);
    healed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subjects_on_all_masters_are_counted_together_or_not_at_all() {
    let mut cluster = RedisCluster::start();
    let (one, other) = (limiter(&cluster.url()), limiter(&cluster.url()));
    time_until_shared(&one).await;
    time_until_shared(&other).await;
    // Three devices on three masters; the last one's burst is used up by the other replica.
    let names: Vec<String> = (0..3)
        .map(|master| {
            let candidates = (0..).map(|number| format!("reader-{number}"));
            let mut served = candidates.map(|name| (cluster.master_of(&format!("{{default/{name}}}")), name));
            let masters: Vec<usize> = masters(&cluster);
            served.find(|(node, _)| *node == masters[master]).unwrap().1
        })
        .collect();
    assert_eq!(let_through(&[&other], 9, &names[2]).await, BURST);
    let charges: Vec<_> = names.iter().map(|name| device(name)).collect();
    for _ in 0..10 {
        assert!(!super::allows(&one, &charges).await, "the third is used up");
    }
    for name in &names[..2] {
        assert_eq!(let_through(&[&one], 9, name).await, BURST, "nothing of {name} was kept");
    }
    // Nobody asks, and yet each of the masters is missed. Shorter than what makes the others replace it.
    for lost in masters(&cluster) {
        cluster.node(lost).pause();
        let missed = time_until("a master that nobody asks is missed", || one.is_degraded()).await;
        println!("cluster master frozen while nobody asks: noticed after {}", ms(missed));
        assert!(missed < Duration::from_secs(1), "{missed:?}: before the others miss it themselves");
        cluster.node(lost).resume();
        time_until_shared(&one).await;
    }
}

/// A denial that is only told refunds nothing on the other masters.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster_a_limit_that_shadows_holds_nothing_back() {
    let cluster = RedisCluster::start();
    let quotas = Quotas {
        submits_per_device: "2/24h SHADOW".parse().unwrap(),
        reports_per_device: "5/24h".parse().unwrap(),
        submits_per_prefix: "1000/24h".parse().unwrap(),
        failures_per_prefix: "3/24h".parse().unwrap(),
        reports_per_site: "2/24h".parse().unwrap(),
        ..Quotas::default()
    };
    let limiter = || Limiter::with_redis(quotas.clone(), &cluster.url(), NonZeroU32::MIN).unwrap();
    let (one, other) = (limiter(), limiter());
    time_until_shared(&one).await;
    time_until_shared(&other).await;
    for round in 0..6 {
        let (name, net) = (format!("reader-{round}"), format!("net-{round}"));
        let look = Charge { weight: ChargeWeight::Look, ..charge(LimitName::FailuresPerPrefix, &net) };
        let charges = [
            device(&name),
            charge(LimitName::ReportsPerDevice, &name),
            charge(LimitName::SubmitsPerPrefix, &net),
            look,
        ];
        let mut through = (0, 0);
        for _ in 0..10 {
            through.0 += u32::from(super::allows(&one, &charges).await);
        }
        for _ in 0..10 {
            through.1 += u32::from(super::allows(&other, &charges).await);
        }
        assert_eq!(through, (5, 0), "the device's reports deny, and nothing else");
    }
    // Strangers leave the reserve alone, and what their devices paid comes back from another master.
    let (reporter, site) = (charge(LimitName::ReportsPerDevice, "reporter"), charge(LimitName::ReportsPerSite, "site"));
    let stranger = [reporter.clone(), Charge { weight: ChargeWeight::OneBesideReserve, ..site.clone() }];
    assert!(super::allows(&one, &stranger).await);
    for _ in 0..5 {
        assert!(!super::allows(&other, &stranger).await, "one event is kept");
    }
    let mut left = 0;
    for _ in 0..9 {
        left += u32::from(super::allows(&other, std::slice::from_ref(&reporter)).await);
    }
    assert_eq!(left, 4);
    assert!(super::allows(&other, &[site]).await, "a known reader may use it");
    assert!(!one.is_degraded() && !other.is_degraded());
    let keys = |at: &usize| cluster.nodes()[*at].say::<Vec<String>>("KEYS *");
    let keys: Vec<String> = masters(&cluster).iter().flat_map(keys).collect();
    assert!(!keys.iter().any(|key| key.contains("Failures")), "a look leaves nothing: {keys:?}");
}

fn masters(cluster: &RedisCluster) -> Vec<usize> {
    let is_master = |at: &usize| cluster.nodes()[*at].say::<String>("INFO replication").contains("role:master");
    (0..cluster.nodes().len()).filter(is_master).collect()
}
