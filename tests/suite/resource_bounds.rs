//! Tests that no caller can use up the resources that others need: sockets, streams, unfinished messages, slots,
//! claims, memory.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use axum::body::{Body, Bytes};
use duyet_proto::v1;
use duyetd::grpc::{MAX_MESSAGE_BYTES, MAX_OPEN_MESSAGE_BYTES, role};
use futures_util::{StreamExt as _, future::join_all, stream};
use prost::Message as _;
use tonic::{Code, Status, codegen::Service as _, transport::Channel};
use tonic_types::StatusExt as _;

use crate::support::{
    daemon::Daemon,
    newsroom::{Database, Newsroom, channel, desk_at, on_both_databases, portal_at, reason},
};

on_both_databases! {
    expensive_calls_have_a_concurrency_limit,
    a_watch_ends_with_its_token,
}

/// Returns the full path of every RPC that the server has, read from the descriptors, with the size limit of its
/// messages.
fn every_path() -> Vec<(String, usize)> {
    let sets = [
        (duyet_proto::DESCRIPTORS, MAX_MESSAGE_BYTES),
        (tonic_health::pb::FILE_DESCRIPTOR_SET, MAX_OPEN_MESSAGE_BYTES),
        (tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET, MAX_OPEN_MESSAGE_BYTES),
        (tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET, MAX_OPEN_MESSAGE_BYTES),
    ];
    let mut paths = BTreeSet::new();
    for (bytes, limit) in sets {
        for file in prost_types::FileDescriptorSet::decode(bytes).unwrap().file {
            for service in &file.service {
                for method in &service.method {
                    paths.insert((format!("/{}.{}/{}", file.package(), service.name(), method.name()), limit));
                }
            }
        }
    }
    assert!(paths.len() >= 40, "{paths:?}");
    paths.into_iter().collect()
}

fn caller_of(path: &str) -> &'static str {
    use duyetd::domain::access::Role;
    match role::allowed(path) {
        Some(roles) if roles.contains(&Role::Portal) => "portal",
        _ => "admin",
    }
}

fn header(length: usize) -> Bytes {
    let [a, b, c, d] = u32::try_from(length).unwrap().to_be_bytes();
    Bytes::from(vec![0, a, b, c, d])
}

/// Returns a message that declares `length` bytes, sends `sent` of them, and never ends.
fn unfinished(length: usize, sent: usize) -> Body {
    let begun = stream::iter([Ok::<_, axum::Error>(header(length)), Ok(Bytes::from(vec![0; sent]))]);
    Body::from_stream(begun.chain(stream::pending()))
}

/// Sends `body` and returns the status, from the headers or the trailers.
async fn send(channel: &Channel, path: &str, token: &str, body: Body) -> Status {
    let request = http::Request::post(format!("http://duyet{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {token}"))
        .body(tonic::body::Body::new(body))
        .unwrap();
    let mut channel = channel.clone();
    poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
    let response = match channel.call(request).await {
        Ok(response) => response,
        Err(error) => return Status::from_error(error.into()),
    };
    if let Some(status) = Status::from_header_map(response.headers()) {
        return status;
    }
    let mut body = response.into_body();
    loop {
        let frame = poll_fn(|cx| http_body::Body::poll_frame(std::pin::Pin::new(&mut body), cx)).await;
        match frame {
            Some(Ok(frame)) => {
                if let Ok(trailers) = frame.into_trailers() {
                    return Status::from_header_map(&trailers).unwrap();
                }
            }
            Some(Err(status)) => return status,
            None => return Status::unknown("no status"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_rpc_takes_a_message_over_its_limit() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    let channel = newsroom.channel();
    for (path, limit) in every_path() {
        let token = newsroom.token(caller_of(&path));
        let whole = Body::from([&header(limit + 1)[..], &vec![0; limit + 1]].concat());
        for body in [whole, unfinished(limit + 1, 1)] {
            let answered = tokio::time::timeout(Duration::from_secs(20), send(&channel, &path, &token, body));
            let status = answered.await.unwrap_or_else(|_| panic!("{path} does not respond"));
            assert_eq!(
                (status.code(), reason(&status).as_str()),
                (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
                "{path}"
            );
        }
    }
}

/// Starts unfinished calls over several connections. Dropping the returned handles aborts the calls.
fn flood(addr: SocketAddr, calls: usize, path: &str, token: &str, body: fn() -> Body) -> Vec<Abort> {
    let channels: Vec<Channel> = (0..calls.div_ceil(250)).map(|_| channel(addr)).collect();
    let mut begun = Vec::new();
    for n in 0..calls {
        let (channel, path, token) = (channels[n / 250].clone(), path.to_owned(), token.to_owned());
        begun.push(Abort(tokio::spawn(async move {
            send(&channel, &path, &token, body()).await;
        })));
    }
    begun
}

struct Abort(tokio::task::JoinHandle<()>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Memory that all floods together may use, in bytes. Without limits, each flood used some hundred MiB.
const TOLERABLE: u64 = 96 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_requests_on_any_path_do_not_deny_portals() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), &[("DUYET_LOG", "error")]);
    let mut portal = daemon.portal();
    portal.say("bai", "Câu đầu").await;
    let before = daemon.resident_bytes();
    let idle: fn() -> Body = || Body::from_stream(stream::pending::<Result<Bytes, axum::Error>>());
    let half: fn() -> Body = || unfinished(4_000, 3_000);
    let mut floods = Vec::new();
    for (path, _) in every_path() {
        for (calls, body) in [(10, idle), (10, half)] {
            floods.extend(flood(daemon.grpc_addr, calls, &path, &daemon.token(caller_of(&path)), body));
        }
        portal.list("bai").await;
    }
    for path in role_free_paths() {
        floods.extend(flood(daemon.grpc_addr, 1_000, &path, "", idle));
        floods.extend(flood(daemon.grpc_addr, 250, &path, "", half));
        portal.list("bai").await;
    }
    // This attacker has stolen a portal's token, and gets no more than that token's share.
    floods.extend(flood(
        daemon.grpc_addr,
        2_000,
        "/duyet.v1.CommentService/ListComments",
        &daemon.token("portal"),
        half,
    ));
    portal.say("bai", "Câu sau").await;
    let grown = daemon.resident_bytes().saturating_sub(before);
    assert!(grown < TOLERABLE, "{} MiB more", grown >> 20);
}

fn role_free_paths() -> impl Iterator<Item = String> {
    every_path().into_iter().map(|(path, _)| path).filter(|path| role::is_open(path))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_of_one_peer_do_not_deny_others() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), &[("DUYET_GRPC_CONNECTIONS_PER_PEER", "16")]);
    let mut known = daemon.portal();
    known.say("bai", "Câu đầu").await;
    let before = daemon.descriptors();
    let mut idle = Vec::new();
    for n in 0..300 {
        let mut socket = TcpStream::connect(daemon.grpc_addr).unwrap();
        // Some connections have sent the HTTP/2 preface.
        if n % 2 == 0 {
            socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
        }
        idle.push(socket);
    }
    let mut new = daemon.portal();
    assert_eq!(new.list("bai").await.total_count, 0, "a new portal is served");
    known.say("bai", "Câu sau").await;
    let settled = wait_until(|| daemon.descriptors() <= before + 17);
    assert!(settled, "{} descriptors", daemon.descriptors() - before);
}

/// Checks whether the condition becomes true within 30 seconds.
fn wait_until(is_true: impl Fn() -> bool) -> bool {
    let patience = Instant::now() + Duration::from_secs(30);
    while Instant::now() < patience {
        if is_true() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_http_requests_deny_neither_probes_nor_grpc_and_are_closed() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), &[]);
    let before = daemon.descriptors();
    let mut halves: Vec<TcpStream> = (0..1_100)
        .map(|_| {
            let mut socket = TcpStream::connect(daemon.http_addr).unwrap();
            let _ = socket.write_all(b"GET /livez HTTP/1.1\r\nhost: ");
            socket
        })
        .collect();
    assert!(daemon.http("/readyz").starts_with("HTTP/1.1 200"));
    assert_eq!(daemon.portal().list("bai").await.total_count, 0);
    // One peer may use half of the 256 slots. On a slow machine, some of the requests have already ended.
    let held = daemon.descriptors().saturating_sub(before);
    assert!(held <= 160, "the requests of one peer hold {held} descriptors");
    let last = halves.last_mut().unwrap();
    last.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // The request has ended, whether the read fails or returns the end of the connection.
    let mut answer = Vec::new();
    let _ = last.read_to_end(&mut answer);
    assert!(wait_until(|| daemon.descriptors() <= before + 8), "{} descriptors", daemon.descriptors());
}

#[test]
fn the_process_raises_its_descriptor_limit_to_the_maximum() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start_with_descriptors(dir.path(), 256);
    let (soft, hard) = daemon.descriptor_limits();
    assert_eq!(soft, hard);
    assert_ne!(hard, "256", "the system's limit is above the one that the test set");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_moderator_cannot_take_all_watch_slots() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    let desks: Vec<_> = (0..2).map(|_| newsroom.desk()).collect();
    let watch = async |n: usize| desks[n % 2].moderation.clone().watch_queue(v1::WatchQueueRequest::default()).await;
    let mut open = Vec::new();
    for n in 0..64 {
        open.push(watch(n).await.unwrap());
    }
    let status = watch(64).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "OVERLOADED"));
    assert!(status.get_details_retry_info().is_some());
    let colleague = newsroom.desk_with(&newsroom.token("admin"));
    colleague.moderation.clone().watch_queue(v1::WatchQueueRequest::default()).await.unwrap();
    open.pop();
    while watch(64).await.is_err() {}
}

async fn expensive_calls_have_a_concurrency_limit(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut desk = newsroom.desk();
    for n in 0..20 {
        let id = portal.say("bai", &format!("Ý kiến số {n}")).await.comment_id;
        desk.approve(&id).await;
    }
    let replay = || async {
        let request = v1::ReplayRulesRequest { limit: 10_000, ..Default::default() };
        newsroom.desk().rules.replay_rules(request).await
    };
    let answers = join_all((0..40).map(|_| replay())).await;
    let errors: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(!errors.is_empty() && errors.len() < 40, "{} of 40 failed", errors.len());
    for status in errors {
        assert_eq!((status.code(), reason(status).as_str()), (Code::Unavailable, "OVERLOADED"));
        assert!(status.get_details_retry_info().and_then(|info| info.retry_delay).is_some());
    }
    replay().await.expect("a permit is released when a call ends");
    portal.say("bai", "Vẫn gửi được").await;
}

async fn a_watch_ends_with_its_token(database: Database) {
    let often = |config: &mut duyetd::config::Config| config.heartbeat = Duration::from_millis(200);
    let newsroom = Newsroom::open_with(database, often).await;
    let token = newsroom.new_token("MODERATOR", "default").await;
    let desk = newsroom.desk_with(&token);
    let mut events = desk.moderation.clone().watch_queue(v1::WatchQueueRequest::default()).await.unwrap().into_inner();
    assert!(events.message().await.unwrap().is_some());
    let store = duyetd::server::open_store(&newsroom.config).unwrap();
    let (id, _) = duyetd::keyring::parse_access_token(&token).unwrap();
    assert!(store.revoke_token(id, chrono::DateTime::UNIX_EPOCH).await.unwrap());
    // The token is accepted for some more seconds. After that no event is sent, although events continue to occur.
    let happening = tokio::spawn({
        let mut portal = portal_at(newsroom.running.grpc_addr, &newsroom.token("portal"));
        async move {
            for n in 0.. {
                portal.challenge(&format!("bai-{n}")).await;
                tokio::task::yield_now().await;
            }
        }
    });
    let last_word = async {
        loop {
            match events.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream ended without an error"),
                Err(status) => break status,
            }
        }
    };
    let status = tokio::time::timeout(Duration::from_secs(60), last_word)
        .await
        .expect("the stream ends when its token is revoked");
    happening.abort();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "TOKEN_INVALID"));
    let again =
        desk_at(newsroom.running.grpc_addr, &token).moderation.watch_queue(v1::WatchQueueRequest::default()).await;
    assert_eq!(again.unwrap_err().code(), Code::Unauthenticated);
}
