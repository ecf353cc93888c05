//! Promises that must hold when processes are killed: acknowledged comments survive kill -9, and limits and submits
//! work without Redis.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use duyet_proto::v1;
use tokio::task::JoinSet;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::support::{
    daemon::Daemon,
    newsroom::{Database, Newsroom, Portal, empty_database_url, reason},
    postgres::Postgres,
    redis::RedisServer,
};

/// Number of submits before and around the kill.
const SUBMITS: usize = 2_000;

/// Number of concurrent callers.
const CALLERS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_every_acknowledged_comment_through_kill_9() {
    acknowledged_comments_survive_kill_9(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_every_acknowledged_comment_through_kill_9() {
    acknowledged_comments_survive_kill_9(Database::Postgres).await;
}

async fn acknowledged_comments_survive_kill_9(database: Database) {
    let dir = tempfile::tempdir().unwrap();
    let config = wide_limits(dir.path());
    let (url, keys) = match database {
        Database::Sqlite => (String::new(), String::new()),
        Database::Postgres => (empty_database_url().await, duyetd::keyring::Keyring::generate()),
    };
    let environment = [("DUYET_CONFIG", config.as_str()), ("DATABASE_URL", &url), ("DUYET_KEYS", &keys)];
    let mut daemon = Daemon::start(dir.path(), &environment);
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (portal, acknowledged) = (daemon.portal(), Arc::clone(&acknowledged));
        callers.spawn(submit_until_cut(portal, caller, acknowledged));
    }
    // The server is killed while comments are in flight, well before the last one.
    let deadline = Instant::now() + Duration::from_secs(120);
    while acknowledged.load(Ordering::Relaxed) < SUBMITS / 2 {
        assert!(Instant::now() < deadline, "only {acknowledged:?} comments were acknowledged");
        tokio::task::yield_now().await;
    }
    daemon.kill9();
    let outcomes: Vec<(v1::SubmitCommentRequest, Option<String>)> =
        callers.join_all().await.into_iter().flatten().collect();
    let acknowledged_count = outcomes.iter().filter(|(_, id)| id.is_some()).count();
    assert!(
        (SUBMITS / 2..SUBMITS).contains(&acknowledged_count),
        "the kill came too late, after {acknowledged_count} submits"
    );

    let daemon = Daemon::start(dir.path(), &environment);
    let mut portal = daemon.portal();
    // A resend settles every submit without a response, because the same id and payload make one comment.
    for (form, id) in outcomes {
        match (id, resend(&mut portal, form).await) {
            (Some(id), Ok(answer)) => {
                let answer = answer.into_inner();
                assert!(answer.replayed && answer.comment_id == id, "an acknowledged submit is replayed");
            }
            (Some(id), Err(status)) => panic!("the acknowledged comment {id} is lost: {status}"),
            (None, Ok(_)) => {}
            (None, Err(status)) => panic!("an open submit must be settled by its resend: {status}"),
        }
    }
    assert_stored_once(&daemon, acknowledged_count).await;
}

/// Sends a form again until there is a response, as a portal does while the service is unavailable.
async fn resend(
    portal: &mut Portal,
    form: v1::SubmitCommentRequest,
) -> Result<tonic::Response<v1::SubmitCommentResponse>, tonic::Status> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match portal.comments.submit_comment(form.clone()).await {
            Err(status) if status.code() == Code::Unavailable && Instant::now() < deadline => {}
            answer => return answer,
        }
    }
}

/// Checks that no comment is stored twice. Every comment in the queue has a unique text, so a text seen twice is a
/// comment stored twice.
async fn assert_stored_once(daemon: &Daemon, at_least: usize) {
    let mut desk = daemon.desk();
    let (mut seen, mut page_token) = (HashMap::new(), String::new());
    loop {
        let request = v1::ListQueueRequest { page_size: 200, page_token, ..Default::default() };
        let page = desk.moderation.list_queue(request).await.unwrap().into_inner();
        for case in page.cases {
            *seen.entry(case.comment.unwrap().content).or_insert(0) += 1;
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert!(seen.values().all(|times| *times == 1), "stored twice: {seen:?}");
    assert!(seen.len() >= at_least);
}

/// Submits one comment after the other until the server has ended. Returns each form with the id that was acknowledged.
async fn submit_until_cut(
    mut portal: Portal,
    caller: usize,
    acknowledged: Arc<AtomicUsize>,
) -> Vec<(v1::SubmitCommentRequest, Option<String>)> {
    let mut outcomes = Vec::new();
    for number in 0..SUBMITS / CALLERS {
        let request = v1::IssueChallengeRequest { article_id: "bai".into(), ..Default::default() };
        let mut issued = portal.captcha.issue_challenge(request.clone()).await;
        while means_again(&issued) {
            issued = portal.captcha.issue_challenge(request.clone()).await;
        }
        let Ok(challenge) = issued else { break };
        let form = v1::SubmitCommentRequest {
            article_id: "bai".into(),
            author_name: format!("Người gửi {caller}"),
            content: format!("Bình luận {caller}-{number}"),
            challenge_token: challenge.into_inner().token,
            challenge_answer: crate::support::newsroom::ANSWER.into(),
            request_id: uuid::Uuid::new_v4().to_string(),
            ..Default::default()
        };
        let mut answer = portal.comments.submit_comment(form.clone()).await;
        while means_again(&answer) {
            answer = portal.comments.submit_comment(form.clone()).await;
        }
        let id = answer.ok().map(|answer| answer.into_inner().comment_id);
        let cut = id.is_none();
        acknowledged.fetch_add(usize::from(!cut), Ordering::Relaxed);
        outcomes.push((form, id));
        if cut {
            break;
        }
    }
    outcomes
}

/// Returns true for retryable errors of a busy server, and for errors of a server that has ended.
fn means_again<T>(answer: &Result<T, tonic::Status>) -> bool {
    let error_reason = answer.as_ref().err().map(reason).unwrap_or_default();
    ["OVERLOADED", "STORAGE_UNAVAILABLE"].contains(&error_reason.as_str())
}

fn wide_limits(dir: &std::path::Path) -> String {
    let names = ["submits", "challenges"];
    let subjects = ["device", "prefix", "article", "site"];
    let limits =
        names.iter().flat_map(|name| subjects.map(|subject| format!("{name}_per_{subject} = \"1000000/1h\"\n")));
    let toml = format!("[limits]\n{}", limits.collect::<String>());
    let path = dir.join("duyet.toml");
    std::fs::write(&path, toml).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn submits_go_on_and_limits_hold_while_redis_stops_and_restarts() {
    let mut redis = RedisServer::start();
    redis.stop();
    let dir = tempfile::tempdir().unwrap();
    let config = wide_limits(dir.path());
    let narrow = std::fs::read_to_string(&config)
        .unwrap()
        .replace("submits_per_device = \"1000000/1h\"", "submits_per_device = \"3/1h\"");
    std::fs::write(&config, narrow + "[policy]\nmode = \"POST\"\n").unwrap();
    let url = redis.url();
    let started = Instant::now();
    let daemon = Daemon::start(dir.path(), &[("DUYET_CONFIG", &config), ("REDIS_URL", &url)]);
    assert!(started.elapsed() < Duration::from_secs(5), "a missing Redis does not delay the start");
    wait_for_gauge(&daemon, 1).await;
    assert_eq!(
        one_device_gets_three(&daemon, "vắng").await,
        v1::Outcome::Pending,
        "every comment is held while degraded"
    );
    redis.start_again();
    wait_for_gauge(&daemon, 0).await;
    assert_eq!(one_device_gets_three(&daemon, "có").await, v1::Outcome::Published);
    redis.stop();
    assert_eq!(one_device_gets_three(&daemon, "mất").await, v1::Outcome::Pending);
    wait_for_gauge(&daemon, 1).await;
    redis.start_again();
    wait_for_gauge(&daemon, 0).await;
    assert_eq!(one_device_gets_three(&daemon, "lại có").await, v1::Outcome::Published);
    assert!(daemon.http("/readyz").starts_with("HTTP/1.1 200"), "always ready");
}

/// Submits from a new device: three pass and the fourth is denied. Returns the third one's outcome.
async fn one_device_gets_three(daemon: &Daemon, word: &str) -> v1::Outcome {
    let mut portal = daemon.portal();
    let client = portal.form("bai", "x").await.client;
    let mut outcome = v1::Outcome::Unspecified;
    for number in 0..3 {
        let form = portal.form("bai", &format!("Lời {word} thứ {number}")).await;
        let form = v1::SubmitCommentRequest { client: client.clone(), ..form };
        outcome = portal.comments.submit_comment(form).await.unwrap().into_inner().outcome();
    }
    let form = v1::SubmitCommentRequest { client, ..portal.form("bai", &format!("Lời {word} thừa")).await };
    let status = portal.comments.submit_comment(form).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "RATE_LIMITED"));
    outcome
}

async fn wait_for_gauge(daemon: &Daemon, value: u8) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let line = format!("duyet_degraded{{component=\"redis\"}} {value}");
    while !daemon.http("/metrics").contains(&line) {
        assert!(Instant::now() < deadline, "{line} did not appear");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submit_can_be_resent_after_a_postgres_crash() {
    let mut postgres = Postgres::start();
    let url = postgres.url();
    let newsroom = Newsroom::open_with(Database::Sqlite, |config| {
        config.database_url = url.parse().ok();
        config.keys = duyetd::keyring::Keyring::generate().parse().ok();
    })
    .await;
    let mut portal = newsroom.portal();
    let first = portal.say("bai", "Trước khi sập").await.comment_id;
    let form = portal.form("bai", "Trong khi sập").await;
    postgres.kill9();
    let status = portal.comments.submit_comment(form.clone()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "STORAGE_UNAVAILABLE"));
    assert!(tonic_types::StatusExt::get_details_retry_info(&status).is_some());
    wait_for_health(&newsroom, ServingStatus::NotServing).await;

    postgres.restart();
    wait_for_health(&newsroom, ServingStatus::Serving).await;
    // The same form is accepted: neither its challenge nor its request was lost or spent.
    portal.comments.submit_comment(form).await.unwrap();
    assert_eq!(newsroom.desk().queue().await.total, 2);
    newsroom.desk().approve(&first).await;
}

async fn wait_for_health(newsroom: &Newsroom, expected: ServingStatus) {
    let mut health = HealthClient::new(newsroom.channel());
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let request = HealthCheckRequest { service: "duyet.v1.CommentService".into() };
        if health.check(request).await.unwrap().into_inner().status() == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{expected:?} was never reported");
        tokio::task::yield_now().await;
    }
}
