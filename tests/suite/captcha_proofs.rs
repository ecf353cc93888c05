//! A challenge must never allow these: replays across replicas while Redis stops and restarts, changed tokens, changed
//! keys, and secrets in logs.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use duyet_proto::v1::{self, ChallengeKind};
use duyetd::{keyring::Keyring, server};
use tokio::task::JoinSet;
use tonic::Status;
use uuid::Uuid;

use crate::support::{
    daemon::Daemon,
    newsroom::{ANSWER, Database, Newsroom, Portal, fresh_challenge, portal_at, reason},
    proofs::{form_paying, solved, verification},
    redis::RedisServer,
};

/// Total number of tries. Only one try per challenge may pass.
const TRIES: usize = 10_000;
const CHALLENGES: usize = 100;
const TASKS: usize = 8;

/// A challenge and its correct answer.
#[derive(Clone)]
struct Ticket {
    token: String,
    answer: &'static str,
}

/// Requests and solves challenges of each kind: images, proofs of work, and both together.
async fn tickets(portal: &mut Portal) -> Vec<Ticket> {
    let kinds = [ChallengeKind::Image, ChallengeKind::AltchaPow, ChallengeKind::AltchaPowWithImage];
    let mut tickets = Vec::new();
    for kind in kinds.iter().cycle().take(CHALLENGES) {
        let issued = portal.challenge_for(v1::ReaderContext::default(), &[*kind]).await;
        let answer = if *kind == ChallengeKind::AltchaPow { "" } else { ANSWER };
        let token = if *kind == ChallengeKind::Image { issued.token } else { solved(&issued) };
        tickets.push(Ticket { token, answer });
    }
    tickets
}

/// Submits a ticket for a comment or for a pass. A retryable error decided nothing and is retried.
async fn hand_in(portal: &mut Portal, ticket: &Ticket, number: usize) -> Result<(), Status> {
    let form = v1::SubmitCommentRequest {
        article_id: "bai".into(),
        author_name: "Lan".into(),
        content: format!("Lần thứ {number}"),
        challenge_token: ticket.token.clone(),
        challenge_answer: ticket.answer.into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    loop {
        let answer = if number.is_multiple_of(3) {
            portal.captcha.verify_challenge(verification(&ticket.token, ticket.answer)).await.map(drop)
        } else {
            portal.comments.submit_comment(form.clone()).await.map(drop)
        };
        match answer {
            Err(status) if ["OVERLOADED", "STORAGE_UNAVAILABLE"].contains(&reason(&status).as_str()) => {}
            answer => return answer,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn none_of_ten_thousand_replays_over_two_replicas_passes_in_any_state_of_redis() {
    let mut redis = RedisServer::start();
    let url = redis.url();
    let newsroom = Newsroom::open_with(Database::Postgres, |config| config.redis_url = url.parse().ok()).await;
    let replica = newsroom.replica().await;
    let portals = [newsroom.portal(), portal_at(replica.grpc_addr, &newsroom.token("portal"))];
    let tickets = Arc::new(tickets(&mut portals[0].clone()).await);
    let tried = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (mut portal, tickets, tried) = (portals[task % 2].clone(), Arc::clone(&tickets), Arc::clone(&tried));
        tasks.spawn(async move {
            let mut passed: HashMap<usize, usize> = HashMap::new();
            loop {
                let number = tried.fetch_add(1, Ordering::Relaxed);
                if number >= TRIES {
                    return passed;
                }
                // Consecutive tries race for one challenge, and every challenge is tried again in each phase.
                let which = number / TASKS % CHALLENGES;
                match hand_in(&mut portal, &tickets[which], number).await {
                    Ok(()) => *passed.entry(which).or_default() += 1,
                    Err(status) => assert_eq!(reason(&status), "CAPTCHA_USED"),
                }
            }
        });
    }
    let reaches = async |share: usize| {
        let deadline = Instant::now() + Duration::from_secs(120);
        while tried.load(Ordering::Relaxed) < TRIES * share / 10 {
            assert!(Instant::now() < deadline, "the tries took too long");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    // The first fault happens at the start, while tries race for the first challenges; the others happen later.
    for (share, fault) in [(0, "empty"), (3, "kill"), (5, "start"), (7, "empty"), (8, "kill")] {
        reaches(share).await;
        match fault {
            "kill" => redis.stop(),
            "start" => redis.start_again(),
            _ => redis::cmd("FLUSHALL").exec(&mut redis.connection()).unwrap(),
        }
    }
    let mut passed = [0; CHALLENGES];
    for (which, times) in tasks.join_all().await.into_iter().flatten() {
        passed[which] += times;
    }
    println!(
        "{TRIES} tries from {TASKS} tasks over 2 replicas: {} passed of {CHALLENGES} challenges",
        passed.iter().sum::<usize>()
    );
    assert_eq!(passed, [1; CHALLENGES], "each challenge passes exactly once");
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_any_bit_changed_is_invalid_and_does_not_spend_the_challenge() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    let mut portal = newsroom.portal();
    let token = portal.challenge("bai").await.token;
    let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
    let mut calls = JoinSet::new();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let mut portal = portal.clone();
        calls.spawn(async move {
            let verified =
                portal.captcha.verify_challenge(verification(&URL_SAFE_NO_PAD.encode(flipped), ANSWER)).await;
            (bit, reason(&verified.unwrap_err()))
        });
        while calls.len() >= 64 {
            check_flip(calls.join_next().await.unwrap().unwrap());
        }
    }
    calls.join_all().await.into_iter().for_each(check_flip);
    portal.captcha.verify_challenge(verification(&token, ANSWER)).await.unwrap();
}

/// The second byte selects the key. A token of another key may have been valid once, so it counts as expired.
fn check_flip((bit, reason): (usize, String)) {
    let expected = if bit / 8 == 1 { "CAPTCHA_EXPIRED" } else { "CAPTCHA_INVALID" };
    assert_eq!(reason, expected, "bit {bit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_on_all_replicas_without_an_error_for_a_reader() {
    let (old, new) = (Keyring::generate(), Keyring::generate().replacen("1:", "2:", 1));
    let keys = [old.clone(), format!("{old},{new}"), format!("{new},{old}"), new];
    let newsroom = Newsroom::open_with(Database::Postgres, |config| config.keys = keys[0].parse().ok()).await;
    let token = newsroom.token("portal");
    let mut replicas = Vec::new();
    for text in &keys {
        let config = duyetd::config::Config { keys: text.parse().ok(), ..newsroom.config.clone() };
        let running = server::start(config).await.unwrap();
        replicas.push((portal_at(running.grpc_addr, &token), running));
    }
    // Each step of the key change is tested with replicas of the previous step: a challenge issued by either is
    // accepted by the other.
    for step in 0..2 {
        for (from, to) in [(step, step + 1), (step + 1, step)] {
            let issued = replicas[from].0.challenge("bai").await;
            let form = form_paying(&issued, &issued.token, &format!("Bước {step} từ {from}"));
            let form = v1::SubmitCommentRequest { challenge_answer: ANSWER.into(), ..form };
            replicas[to].0.comments.submit_comment(form).await.unwrap();
            let issued =
                replicas[from].0.challenge_for(v1::ReaderContext::default(), &[ChallengeKind::AltchaPow]).await;
            let form = form_paying(&issued, &solved(&issued), &format!("Công {step} từ {from}"));
            replicas[to].0.comments.submit_comment(form).await.unwrap();
        }
    }
    // After the old key is removed, a challenge of that key fails. Its reader gets a fresh image with the error, and
    // the answer to that image is accepted.
    let issued = replicas[0].0.challenge("bai").await;
    let portal = &mut replicas[3].0;
    let form = form_paying(&issued, &issued.token, "Đến muộn");
    let form = v1::SubmitCommentRequest { challenge_answer: ANSWER.into(), ..form };
    let status = portal.comments.submit_comment(form.clone()).await.unwrap_err();
    assert_eq!(reason(&status), "CAPTCHA_EXPIRED");
    let fresh = fresh_challenge(&status).unwrap();
    portal.comments.submit_comment(v1::SubmitCommentRequest { challenge_token: fresh.token, ..form }).await.unwrap();
    for (_, running) in replicas {
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_tokens_are_not_in_logs_metrics_or_debug_output() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), &[("DUYET_LOG", "trace")]);
    let mut portal = daemon.portal();
    let client = v1::ReaderContext { ip: "203.0.113.77".into(), ..Default::default() };
    let mut secrets = vec!["203.0.113.77".to_owned(), daemon.token("portal"), "KM7RC".to_owned()];
    let mut printed = Vec::new();
    let kinds = [ChallengeKind::Image, ChallengeKind::AltchaPow, ChallengeKind::AltchaPowWithImage];
    for (kind, answer) in kinds.into_iter().flat_map(|kind| ["KM7RC", ANSWER].map(|answer| (kind, answer))) {
        let issued = portal.challenge_for(client.clone(), &[kind]).await;
        printed.push(format!("{issued:?}"));
        secrets.extend([issued.token.clone(), issued.device_token.clone()]);
        let handed = if kind == ChallengeKind::Image { issued.token.clone() } else { solved(&issued) };
        secrets.push(handed.clone());
        let request = v1::VerifyChallengeRequest { client: Some(client.clone()), ..verification(&handed, answer) };
        printed.push(format!("{request:?}"));
        match portal.captcha.verify_challenge(request).await {
            Ok(verified) => {
                let verified = verified.into_inner();
                printed.push(format!("{verified:?}"));
                let form = form_paying(&issued, &verified.pass_token, &format!("{kind:?} {answer}"));
                printed.push(format!("{form:?}"));
                secrets.push(verified.pass_token);
                let done = portal.comments.submit_comment(form).await.unwrap().into_inner();
                secrets.push(done.receipt);
            }
            Err(status) => secrets.push(fresh_challenge(&status).unwrap().token),
        }
    }
    let metrics = daemon.http("/metrics");
    assert!(metrics.contains("duyet_captcha_checks_total") && metrics.contains("duyet_captcha_solve_seconds"));
    // The fixed answer is a setting, which the log may not show either.
    secrets.push(format!("\"{ANSWER}\""));
    for (place, text) in [("log", daemon.log()), ("metrics", metrics), ("Debug", printed.concat())] {
        for secret in &secrets {
            assert!(!text.contains(secret), "{secret} in {place}");
        }
    }
}
