//! Scenarios S1 to S3: the server itself is killed, restarted in a rolling update, and frozen.

use std::{
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use duyet_proto::v1;
use tonic_health::pb::health_check_response::ServingStatus;

use super::{
    load::{Known, Load, Sent, settle, times},
    scenario::{percentile, scenario, whole_or},
    stage::{Stage, ports, time_until_serving},
};
use crate::support::newsroom::{Desk, empty_database_url};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_a_server_killed_during_submits_loses_and_duplicates_no_comment() {
    scenario("S1", "kill -9 of duyetd under submits, on PostgreSQL", async |report| {
        kill_repeatedly(report, &empty_database_url().await).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e1_an_embedded_server_killed_during_submits_loses_and_duplicates_no_comment() {
    scenario("E1", "kill -9 of duyetd under submits, on SQLite", async |report| {
        kill_repeatedly(report, "").await;
    })
    .await;
}

async fn kill_repeatedly(report: &mut super::scenario::Report, url: &str) {
    let stage = Stage::over(url);
    let [port] = ports();
    let rounds = whole_or(30, 3);
    let (mut all, mut slowest) = (Vec::new(), Duration::ZERO);
    let mut daemon = stage.daemon_at(port);
    for round in 0..rounds {
        let load = Load::begin(&[daemon.portal()], 12, Duration::ZERO);
        load.until_stored(whole_or(150, 60) + round).await;
        daemon.kill9();
        let sent = load.end().await;
        let began = Instant::now();
        daemon = stage.daemon_at(port);
        time_until_serving(daemon.grpc_addr, ServingStatus::Serving).await;
        slowest = slowest.max(began.elapsed());
        all.extend(sent);
    }
    let there = settle(report, &daemon.portal(), &daemon.desk(), &all).await;
    report.count("rounds", rounds);
    report.count("comments", there);
    report.ms("ready_after_restart", slowest);
    report.goal("ready < 1 s after restart", slowest < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_a_rolling_restart_fails_no_call_and_watchers_miss_no_comment() {
    scenario("S2", "SIGTERM in turns to two replicas under load, with a watch and a silent socket", async |report| {
        let stage = Stage::over(&empty_database_url().await);
        let ports: [u16; 2] = ports();
        let mut daemons = ports.map(|port| stage.daemon_at(port));
        let portals = daemons.each_ref().map(|daemon| stage.portal_at(daemon.grpc_addr));
        let desks = daemons.each_ref().map(|daemon| stage.desk_at(daemon.grpc_addr));
        let over = Arc::new(AtomicBool::new(false));
        let watcher = tokio::spawn(watch_on(desks.clone(), Arc::clone(&over)));
        let load = Load::begin(&portals, 4, Duration::from_millis(5));
        load.until_stored(20).await;
        let (rolls, mut slowest) = (whole_or(20, 3), Duration::ZERO);
        for roll in 0..rolls {
            let daemon = &mut daemons[roll % 2];
            let _silent = TcpStream::connect(daemon.grpc_addr).unwrap();
            let began = Instant::now();
            daemon.terminate();
            let status = tokio::task::block_in_place(|| daemon.ended());
            assert_eq!(status.code(), Some(0));
            slowest = slowest.max(began.elapsed());
            *daemon = stage.daemon_at(ports[roll % 2]);
            let before = load.stored();
            load.until_stored(before + 10).await;
        }
        let sent = load.end().await;
        over.store(true, Ordering::Relaxed);
        let failed: Vec<&Known> =
            sent.iter().map(|one| &one.known).filter(|known| !matches!(known, Known::Stored(_))).collect();
        settle(report, &portals[0], &desks[0], &sent).await;
        let seen = watcher.await.unwrap();
        let missed = sent.iter().filter(|one| matches!(&one.known, Known::Stored(id) if !seen.contains(id))).count();
        report.count("rolling_restarts", rolls);
        report.count("failed_at_both_replicas", failed.len());
        report.count("comments_that_a_watcher_missed", missed);
        report.ms("longest_exit", slowest);
        assert_eq!((&failed[..], missed), (&[][..], 0));
        assert!(slowest <= Duration::from_secs(27), "{slowest:?}");
    })
    .await;
}

/// Watches the queue. When a watch ends, continues at the other replica, and lists the queue to find what it missed.
/// Returns the ids of all comments that it received.
async fn watch_on(desks: [Desk; 2], over: Arc<AtomicBool>) -> std::collections::HashSet<String> {
    let mut seen = std::collections::HashSet::new();
    let mut turn = 0;
    loop {
        let last = over.load(Ordering::Relaxed);
        let mut desk = desks[turn % 2].clone();
        turn += 1;
        let Ok(stream) = desk.moderation.watch_queue(v1::WatchQueueRequest::default()).await else { continue };
        let mut stream = stream.into_inner();
        let listed = list_all(&mut desk, &mut seen).await;
        if last && listed {
            return seen;
        }
        while !over.load(Ordering::Relaxed) {
            match tokio::time::timeout(Duration::from_millis(100), stream.message()).await {
                Ok(Ok(Some(event))) => drop(seen.insert(event.comment_id)),
                Ok(_) => break,
                Err(_) => {}
            }
        }
    }
}

async fn list_all(desk: &mut Desk, seen: &mut std::collections::HashSet<String>) -> bool {
    let mut page_token = String::new();
    loop {
        let request = v1::ListQueueRequest { page_size: 200, page_token, ..Default::default() };
        let Ok(page) = desk.moderation.list_queue(request).await else { return false };
        let page = page.into_inner();
        seen.extend(page.cases.into_iter().map(|case| case.comment.unwrap().id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return true;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_a_frozen_replica_delays_callers_of_the_other_only_briefly() {
    scenario("S3", "SIGSTOP of one of two replicas under load", async |report| {
        let stage = Stage::over(&empty_database_url().await);
        let daemons = [stage.daemon(), stage.daemon()];
        let portals = daemons.each_ref().map(|daemon| stage.portal_at(daemon.grpc_addr));
        // The frozen replica may hold locks of an article that both replicas write to. Only the database's timeouts
        // release those locks.
        let busy = Load::begin(&portals[..1], 4, Duration::ZERO);
        let healthy = Load::begin(&portals[1..], 4, Duration::from_millis(2));
        healthy.until_stored(50).await;
        busy.until_stored(50).await;
        let frozen_at = Instant::now();
        daemons[0].pause();
        tokio::time::sleep(whole_or(Duration::from_secs(20), Duration::from_secs(8))).await;
        let thawed_at = Instant::now();
        daemons[0].resume();
        let (held_up, mut sent) = (busy.end().await, healthy.end().await);
        let after = frozen_at + Duration::from_secs(3);
        let late: Vec<&Sent> = sent.iter().filter(|one| (after..thawed_at).contains(&one.asked)).collect();
        let failed = late.iter().filter(|one| !matches!(one.known, Known::Stored(_))).count();
        report.count("submits_to_the_healthy_replica_after_3_s", late.len());
        report.count("submits_to_the_healthy_replica_failed_after_3_s", failed);
        report.ms("p99_at_the_healthy_replica", percentile(&times(&sent, after, thawed_at), 99));
        assert!(!late.is_empty(), "no submit was sent to the healthy replica");
        report.goal("error share < 1 % after 3 s", failed * 100 < late.len());
        sent.extend(held_up);
        settle(report, &portals[1], &stage.desk_at(daemons[1].grpc_addr), &sent).await;
    })
    .await;
}
