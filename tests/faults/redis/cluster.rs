//! Scenarios R4 to R6: a master of a cluster is killed or frozen, with the writes that its replica has not received.

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

/// Measures the time from the loss of a master until limits are shared again.
async fn lose_a_master(fault: Fault) -> Duration {
    let name = if fault == Fault::Killed { "cluster master killed" } else { "cluster master frozen" };
    let mut cluster = RedisCluster::start();
    let lost = cluster.master_of("{default/late}");
    // The second limiter is configured with only one node, which is then lost. It has learned of the others before.
    let (one, other) = (limiter(&cluster.url()), limiter(&cluster.url_of(lost)));
    time_until_shared(&one).await;
    time_until_shared(&other).await;
    let shared = let_through(&[&one, &other], 20, "early").await;
    let crowd = Crowd::gather(&[&one, &other], 16);
    // Uses a burst at the last moment, which may never be replicated.
    let mut through = let_through(&[&one], 10, "late").await;
    let began = Instant::now();
    match fault {
        Fault::Killed => cluster.node(lost).stop(),
        Fault::Frozen => cluster.node(lost).pause(),
    }
    let noticed = time_until_degraded(&one).await.max(time_until_degraded(&other).await);
    through += let_through(&[&other, &one], 20, "late").await;
    // The limiter must not consider the cluster healthy because one shard is healthy.
    let mut flaps = 0;
    while one.is_degraded() || other.is_degraded() {
        let before = one.is_degraded();
        tokio::time::sleep(Duration::from_millis(10)).await;
        flaps += u32::from(!before && one.is_degraded());
        assert!(began.elapsed() < Duration::from_secs(40), "limits are never shared again");
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
    assert_eq!((shared, afresh), (BURST, BURST), "two replicas must share one burst, before and after the loss");
    assert!(through <= 2 * BURST, "at most one additional burst may be allowed");
    assert_eq!(flaps, 0);
    healed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subjects_on_all_masters_are_counted_together_or_not_at_all() {
    let mut cluster = RedisCluster::start();
    let (one, other) = (limiter(&cluster.url()), limiter(&cluster.url()));
    time_until_shared(&one).await;
    time_until_shared(&other).await;
    // There are three devices on three masters. The other replica has used up the burst of the last device.
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
        assert!(!super::allows(&one, &charges).await, "the burst of the third device is used up");
    }
    for name in &names[..2] {
        assert_eq!(let_through(&[&one], 9, name).await, BURST, "the charge of {name} was not refunded");
    }
    // The limiter notices every lost master without any call, sooner than the other masters replace it.
    for lost in masters(&cluster) {
        cluster.node(lost).pause();
        let missed = time_until("the loss of an idle master is noticed", || one.is_degraded()).await;
        println!("cluster master frozen while idle: noticed after {}", ms(missed));
        assert!(missed < Duration::from_secs(1), "the limiter noticed the loss after {missed:?}, which is too late");
        cluster.node(lost).resume();
        time_until_shared(&one).await;
    }
}

/// A denial by a SHADOW limit does not refund the charges on the other masters.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster_a_shadow_limit_denies_nothing() {
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
        assert_eq!(through, (5, 0), "only the device's limit of reports denies");
    }
    // Unknown readers may not use the reserve. Their device's charge on another master is refunded.
    let (reporter, site) = (charge(LimitName::ReportsPerDevice, "reporter"), charge(LimitName::ReportsPerSite, "site"));
    let stranger = [reporter.clone(), Charge { weight: ChargeWeight::OneBesideReserve, ..site.clone() }];
    assert!(super::allows(&one, &stranger).await);
    for _ in 0..5 {
        assert!(!super::allows(&other, &stranger).await, "one event is reserved");
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
    assert!(!keys.iter().any(|key| key.contains("Failures")), "a check without a charge stores nothing: {keys:?}");
}

fn masters(cluster: &RedisCluster) -> Vec<usize> {
    let is_master = |at: &usize| cluster.nodes()[*at].say::<String>("INFO replication").contains("role:master");
    (0..cluster.nodes().len()).filter(is_master).collect()
}
