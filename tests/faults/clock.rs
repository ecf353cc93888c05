//! Scenario T1: clocks that differ, and a clock that jumps.

use std::{fs, path::Path};

use duyet_proto::v1::{self, Action};
use tonic::Code;

use super::{
    load::{Known, known},
    scenario::{scenario, skip},
    stage::Stage,
};
use crate::support::{
    newsroom::{Portal, decision, empty_database_url, fresh_challenge, reason},
    redis::RedisServer,
};

fn faketime() -> Option<&'static str> {
    let path = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    Path::new(path).exists().then_some(path)
}

/// Limits each device to five submits.
fn narrow(stage: &Stage) {
    let config = stage.dir.path().join("duyet.toml");
    let text = fs::read_to_string(&config).unwrap();
    let wide = "submits_per_device = \"1000000/1h\"";
    fs::write(&config, text.replace(wide, "submits_per_device = \"5/24h\"")).unwrap();
}

/// Submits twelve times from one device, with each challenge issued by one replica and used at the other. Returns the
/// number of submits that were allowed.
async fn twelve_by_one_device(portals: &mut [Portal; 2]) -> usize {
    let client = portals[0].form("bai", "x").await.client;
    let mut let_through = 0;
    for n in 0..12 {
        let form = portals[n % 2].form("bai", &format!("Câu {n}")).await;
        let form = v1::SubmitCommentRequest { client: client.clone(), ..form };
        match known(portals[(n + 1) % 2].comments.submit_comment(form).await) {
            Known::Stored(_) => let_through += 1,
            Known::Failed(Code::ResourceExhausted, _) => {}
            other => panic!("{other:?}"),
        }
    }
    let_through
}

const FAULT: &str = "one clock 28 s ahead, the other 28 s behind, then 5 min apart, then a step back of an hour";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1_clocks_that_differ_or_jump_lose_no_comment_and_raise_no_limit() {
    scenario("T1", FAULT, async |report| {
        let Some(library) = faketime() else { return skip(report, "libfaketime is not installed") };
        let redis = RedisServer::start();
        let stage = Stage::with(&empty_database_url().await, &redis.url(), "");
        narrow(&stage);
        let clock = stage.dir.path().join("clock");
        fs::write(&clock, "+28s").unwrap();
        let common = [("LD_PRELOAD", library), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")];
        let file = [("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()), ("FAKETIME_NO_CACHE", "1")];
        let ahead = stage.daemon_with(&[common, file].concat());
        let behind = stage.daemon_with(&[&common[..], &[("FAKETIME", "-28s")]].concat());
        let mut portals = [stage.portal_at(ahead.grpc_addr), stage.portal_at(behind.grpc_addr)];
        // The clocks differ by less than a minute, which is tolerated, so every challenge is valid.
        let let_through = twelve_by_one_device(&mut portals).await;
        report.count("allowed_with_a_burst_of_5", let_through);
        assert_eq!(let_through, 5, "limits must be counted with the clock of Redis");
        // With a larger difference, the challenge seems to be from the future. It is rejected with the matching reason,
        // and a fresh challenge is returned.
        fs::write(&clock, "+300s").unwrap();
        let early = portals[0].form("bai", "Từ tương lai").await;
        let status = portals[1].comments.submit_comment(early).await.unwrap_err();
        assert_eq!(reason(&status), "CAPTCHA_EXPIRED");
        assert!(fresh_challenge(&status).is_some());
        // Decisions are ordered by revision, so the clocks do not matter.
        let id = portals[0].say("bai", "Câu để duyệt").await.comment_id;
        assert!(stage.desk_at(behind.grpc_addr).approve(&id).await.changed);
        let rejection = v1::DecideRequest { expected_revision: 2, ..decision(&id, Action::Reject) };
        assert!(stage.desk_at(ahead.grpc_addr).decide(rejection).await.unwrap().changed);
        fs::write(&clock, "-3600s").unwrap();
        for n in 0..5 {
            portals[0].say("bai", &format!("Sau khi lùi một giờ {n}")).await;
        }
        assert!(ahead.http("/readyz").starts_with("HTTP/1.1 200"));
        for daemon in [&ahead, &behind] {
            assert!(!daemon.http("/metrics").contains("duyet_panics_total 1"), "the server panicked");
        }
    })
    .await;
}
