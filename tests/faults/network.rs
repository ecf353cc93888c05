//! N1, N3, N4: sockets that say nothing or nonsense, messages that cannot be, and dependencies that come and go by chance.

use std::{
    io::Write as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use axum::body::{Body, Bytes, HttpBody};
use duyet::proto::v1;
use rand::Rng as _;
use tonic::{Code, codegen::Service as _};

use super::{
    load::{Known, Load, known, settle},
    scenario::{scenario, skip, whole_or},
    stage::{Stage, time_until_serving},
};
use crate::support::{
    newsroom::{channel, decision, empty_database_url, fresh_challenge, reason},
    postgres::Postgres,
    proxy::{Proxy, Trouble},
    redis::RedisServer,
};
use tonic_health::pb::health_check_response::ServingStatus;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n1_sockets_that_say_nothing_or_half_take_nobody_elses_place() {
    scenario("N1", "sockets: silent, half a preface, one byte a second", async |report| {
        let stage = Stage::over("");
        let daemon = stage.daemon();
        let mut portal = daemon.portal();
        portal.say("bai", "Câu đầu").await;
        let wanted = whole_or(10_000, 1_500);
        let mut sockets = Vec::new();
        for n in 0..wanted {
            // The listener takes no more than it has places for: the rest wait in the kernel's queue, and when that is full there is
            // no more.
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
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        report.figure(
            "cpu_share",
            ((daemon.cpu() - cpu).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0).round() / 100.0,
        );
        let descriptors = daemon.descriptors();
        report.count("sockets", sockets.len());
        report.count("descriptors", descriptors);
        report.count("calls_of_a_healthy_portal", calls);
        report.count("of_them_failed", failed);
        assert_eq!(failed, 0);
        assert!(descriptors <= 4_096 + 200, "{descriptors} descriptors");
        drop(sockets);
        let share = (daemon.cpu() - cpu).as_secs_f64() / began.elapsed().as_secs_f64();
        report.goal("CPU < 10 %", share < 0.1);
        assert!(!daemon.http("/metrics").contains("duyet_panics_total 1"));
    })
    .await;
}

/// A frame as gRPC has it: compressed or not, length, bytes.
fn frame(flag: u8, length: u32, bytes: &[u8]) -> Vec<u8> {
    [&[flag], &length.to_be_bytes()[..], bytes].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n3_messages_that_cannot_be_get_the_right_status_and_cost_nothing() {
    scenario("N3", "malformed, deep, huge and falsely compressed messages", async |report| {
        let stage = Stage::over("");
        let daemon = stage.daemon();
        let token = daemon.token("portal");
        let deep: Vec<u8> = (0..5_000).fold(Vec::new(), |inner, _| {
            let mut outer = vec![0x0a];
            let mut length = inner.len();
            while length >= 0x80 {
                outer.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
                length >>= 7;
            }
            outer.push(u8::try_from(length).unwrap());
            [outer, inner].concat()
        });
        let fit = |bytes: &[u8]| frame(0, u32::try_from(bytes.len()).unwrap(), bytes);
        // Ten megabytes of zeros as gzip: one in a thousand of its size.
        let bomb = std::process::Command::new("sh")
            .args(["-c", "head -c 10000000 /dev/zero | gzip -9"])
            .output()
            .unwrap()
            .stdout;
        let cases: [(&str, Vec<u8>, Option<&str>, &[Code]); 9] = [
            ("no protobuf", fit(&[0xff; 40]), None, &[Code::InvalidArgument]),
            ("a field cut short", fit(&[0x0a, 0x7f, 1, 2]), None, &[Code::InvalidArgument]),
            ("no UTF-8", fit(&[0x0a, 2, 0xc3, 0x28]), None, &[Code::InvalidArgument]),
            ("very deep", fit(&deep), None, &[Code::InvalidArgument]),
            ("over 64 KiB", fit(&vec![0; 64 * 1024 + 1]), None, &[Code::ResourceExhausted]),
            ("4 GiB, it says", frame(0, u32::MAX, b"x"), None, &[Code::ResourceExhausted]),
            (
                "compressed without saying how",
                frame(1, 4, b"abcd"),
                None,
                &[Code::InvalidArgument, Code::Internal, Code::Unimplemented],
            ),
            ("a bomb", frame(1, u32::try_from(bomb.len()).unwrap(), &bomb), Some("gzip"), &[Code::Unimplemented]),
            (
                "a flag that is none",
                frame(7, 1, b"x"),
                None,
                &[Code::InvalidArgument, Code::Internal, Code::Unimplemented],
            ),
        ];
        let before = daemon.resident_bytes();
        let mut channel = channel(daemon.grpc_addr);
        for _ in 0..whole_or(200, 20) {
            for (name, bytes, encoding, expected) in &cases {
                let mut request =
                    http::Request::post(format!("http://{}/duyet.v1.CommentService/SubmitComment", daemon.grpc_addr))
                        .header("content-type", "application/grpc")
                        .header("te", "trailers")
                        .header("authorization", format!("Bearer {token}"));
                if let Some(encoding) = encoding {
                    request = request.header("grpc-encoding", *encoding);
                }
                let body = tonic::body::Body::new(Body::from(Bytes::from(bytes.clone())));
                std::future::poll_fn(|context| channel.poll_ready(context)).await.unwrap();
                let answer = channel.call(request.body(body).unwrap()).await.unwrap();
                let code = status_of(answer).await;
                assert!(expected.contains(&code), "{name}: {code:?}");
            }
        }
        let after = daemon.resident_bytes();
        report.count("kinds", cases.len());
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        report.figure("resident_after_of_before", (after as f64 / before as f64 * 100.0).round() / 100.0);
        assert!(after < before + 50 * 1024 * 1024, "from {before} to {after} bytes");
        assert!(!daemon.http("/metrics").contains("duyet_panics_total 1"), "it panicked");
        daemon.portal().say("bai", "Câu sau").await;
    })
    .await;
}

/// The code in headers or trailers.
async fn status_of(answer: http::Response<tonic::body::Body>) -> Code {
    let (head, body) = answer.into_parts();
    if let Some(status) = tonic::Status::from_header_map(&head.headers) {
        return status.code();
    }
    let mut body = Body::new(body);
    loop {
        let frame = std::future::poll_fn(|context| HttpBody::poll_frame(std::pin::Pin::new(&mut body), context)).await;
        match frame {
            Some(Ok(frame)) => {
                if let Some(status) = frame.trailers_ref().and_then(tonic::Status::from_header_map) {
                    return status.code();
                }
            }
            _ => return Code::Unknown,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n4_whatever_dependencies_do_by_chance_every_promise_holds() {
    scenario("N4", "PostgreSQL and Redis delayed, stalled, swallowed and reset by chance", async |report| {
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
            // Clogged in one order, unclogged in another.
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1_clocks_that_differ_or_jump_cost_no_comment_and_widen_no_limit() {
    scenario(
        "T1",
        "one replica's clock 28 s ahead, the other's behind, then 5 min apart, then a step back of an hour",
        async |report| {
            let redis = RedisServer::start();
            let url = empty_database_url().await;
            let stage = Stage::with(&url, &redis.url(), "");
            let config = stage.dir.path().join("duyet.toml");
            let text = std::fs::read_to_string(&config).unwrap();
            std::fs::write(
                &config,
                text.replace("submits_per_device = \"1000000/1h\"", "submits_per_device = \"5/24h\""),
            )
            .unwrap();
            let clock = stage.dir.path().join("clock");
            std::fs::write(&clock, "+28s").unwrap();
            let Some(library) = faketime() else { return skip(report, "libfaketime is not installed") };
            let moved = [
                ("LD_PRELOAD", library),
                ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
                ("FAKETIME_NO_CACHE", "1"),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ];
            let ahead = stage.daemon_with(&moved);
            let behind = stage.daemon_with(&[
                ("LD_PRELOAD", library),
                ("FAKETIME", "-28s"),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ]);
            let mut portals = [stage.portal_at(ahead.grpc_addr), stage.portal_at(behind.grpc_addr)];
            // A challenge of one is answered at the other, within the minute that clocks may differ by.
            let mut let_through = 0;
            let client = portals[0].form("bai", "x").await.client;
            for n in 0..12 {
                let form = portals[n % 2].form("bai", &format!("Câu {n}")).await;
                let form = v1::SubmitCommentRequest { client: client.clone(), ..form };
                match known(portals[(n + 1) % 2].comments.submit_comment(form).await) {
                    Known::Stored(_) => let_through += 1,
                    Known::Refused(Code::ResourceExhausted, _) => {}
                    other => panic!("{other:?}"),
                }
            }
            report.count("of_a_burst_of_5_let_through", let_through);
            assert_eq!(let_through, 5, "limits are counted in Redis's time");
            // Beyond that a challenge is over, or of the future: said, and replaced.
            std::fs::write(&clock, "+300s").unwrap();
            let early = portals[0].form("bai", "Từ tương lai").await;
            let status = portals[1].comments.submit_comment(early).await.unwrap_err();
            assert_eq!(reason(&status), "CAPTCHA_EXPIRED");
            assert!(fresh_challenge(&status).is_some());
            // Decisions go by revision, whatever the clocks say.
            let id = portals[0].say("bai", "Câu để duyệt").await.comment_id;
            let mut desk = stage.desk_at(behind.grpc_addr);
            assert!(desk.approve(&id).await.changed);
            let mut other = stage.desk_at(ahead.grpc_addr);
            let refusal = v1::DecideRequest { expected_revision: 2, ..decision(&id, v1::Action::Reject) };
            assert!(other.decide(refusal).await.unwrap().changed);
            std::fs::write(&clock, "-3600s").unwrap();
            for n in 0..5 {
                portals[0].say("bai", &format!("Sau khi lùi một giờ {n}")).await;
            }
            assert!(ahead.http("/readyz").starts_with("HTTP/1.1 200"));
            for daemon in [&ahead, &behind] {
                assert!(!daemon.http("/metrics").contains("duyet_panics_total 1"), "it panicked");
            }
        },
    )
    .await;
}

fn faketime() -> Option<&'static str> {
    let path = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    std::path::Path::new(path).exists().then_some(path)
}
