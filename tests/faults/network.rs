//! Scenarios N1 and N4: idle and slow sockets, and dependencies that fail at random.

use std::{
    io::Write as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use duyet_proto::v1;
use rand::Rng as _;
use tonic_health::pb::health_check_response::ServingStatus;

use super::{
    load::{Load, settle},
    scenario::{scenario, whole_or},
    stage::{Stage, time_until_serving},
};
use crate::support::{
    postgres::Postgres,
    proxy::{Proxy, Trouble},
    redis::RedisServer,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n1_idle_and_half_open_sockets_deny_no_other_caller() {
    scenario("N1", "sockets: silent, half a preface, one byte a second", async |report| {
        let stage = Stage::over("");
        let daemon = stage.daemon();
        let mut portal = daemon.portal();
        portal.say("bai", "Câu đầu").await;
        let wanted = whole_or(10_000, 1_500);
        let mut sockets = Vec::new();
        for n in 0..wanted {
            // The listener accepts up to its limit of connections. The rest wait in the kernel's backlog, and
            // connecting fails when that is full.
            let Ok(mut socket) = TcpStream::connect_timeout(&daemon.grpc_addr, Duration::from_secs(3)) else { break };
            if n % 32 == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let half: &[u8] = match n % 3 {
                0 => b"",
                1 => b"PRI * HTTP/2.0\r\n",
                _ => b"P",
            };
            let _ = socket.write_all(half);
            sockets.push(socket);
        }
        let (cpu, began) = (daemon.cpu(), Instant::now());
        let (mut calls, mut failed) = (0, 0);
        while began.elapsed() < whole_or(Duration::from_secs(40), Duration::from_secs(4)) {
            for socket in sockets.iter_mut().skip(2).step_by(3) {
                let _ = socket.write_all(b"R");
            }
            calls += 1;
            let request = v1::ListCommentsRequest { article_id: "bai".into(), ..Default::default() };
            failed += usize::from(portal.comments.list_comments(request).await.is_err());
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        let share = daemon.cpu().saturating_sub(cpu).as_secs_f64() / began.elapsed().as_secs_f64();
        report.figure("cpu_share", (share * 100.0).round() / 100.0);
        let descriptors = daemon.descriptors();
        report.count("sockets", sockets.len());
        report.count("descriptors", descriptors);
        report.count("calls_of_a_healthy_portal", calls);
        report.count("calls_of_a_healthy_portal_failed", failed);
        assert_eq!(failed, 0);
        assert!(descriptors <= 4_096 + 200, "{descriptors} descriptors");
        drop(sockets);
        report.goal("CPU < 10 %", share < 0.1);
        assert!(!daemon.http("/metrics").contains("duyet_panics_total 1"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n4_all_promises_hold_while_dependencies_fail_at_random() {
    scenario("N4", "PostgreSQL and Redis are delayed, stalled, black-holed and reset at random", async |report| {
        let postgres = Postgres::start();
        let redis = RedisServer::start();
        let clogs = [Proxy::start(postgres.port()).await, Proxy::start(redis.port()).await];
        let url = format!("postgres://tests@{}/postgres", clogs[0].addr);
        let stage = Stage::with(&url, &clogs[1].url(), "");
        let daemons = [stage.daemon(), stage.daemon()];
        let portals = daemons.each_ref().map(|daemon| stage.portal_at(daemon.grpc_addr));
        let (mut chance, mut all) = (report.chance(), Vec::new());
        let rounds = whole_or(50, 2);
        for _ in 0..rounds {
            let load = Load::begin(&portals, 8, Duration::from_millis(2));
            load.until_stored(20).await;
            // The proxies and their faults are chosen at random.
            for _ in 0..6 {
                let which = chance.random_range(0..2);
                let length = Duration::from_millis(chance.random_range(5..400));
                let trouble = match chance.random_range(0..5) {
                    0 => Trouble::Pass,
                    1 => Trouble::Delay(length),
                    2 => Trouble::Stall { share: 0.1, length },
                    3 => Trouble::BlackHole,
                    _ => Trouble::Reset,
                };
                clogs[which].make(trouble);
                tokio::time::sleep(Duration::from_millis(chance.random_range(50..800))).await;
            }
            for clog in &clogs {
                clog.make(Trouble::Pass);
            }
            for daemon in &daemons {
                time_until_serving(daemon.grpc_addr, ServingStatus::Serving).await;
            }
            let before = load.stored();
            load.until_stored(before + 5).await;
            all.extend(load.end().await);
        }
        report.count("rounds", rounds);
        settle(report, &portals[0], &stage.desk_at(daemons[1].grpc_addr), &all).await;
    })
    .await;
}
