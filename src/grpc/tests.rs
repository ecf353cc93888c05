//! Tests of the middleware around every call, with handlers that hang or panic.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, post},
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use prost::Message as _;
use tempfile::TempDir;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;

use super::{
    MAX_MESSAGE_BYTES, MAX_OPEN_MESSAGE_BYTES, call,
    layers::layered,
    role,
    transport::{self, in_flight::InFlight},
};
use crate::{
    domain::{access::Role, id::SiteId},
    keyring::Keyring,
    service::{AccessTokens, Authenticator, NewToken},
    store::{contract::DatabaseStore as _, sqlite::SqliteStore},
};

/// A method that needs no token.
const OPEN: &str = "/grpc.health.v1.Health/Check";
const OPEN_WATCH: &str = "/grpc.health.v1.Health/Watch";
const WATCH: &str = "/duyet.v1.ModerationService/WatchQueue";
const LIST: &str = "/duyet.v1.CommentService/ListComments";
const SUBMIT: &str = "/duyet.v1.CommentService/SubmitComment";
const QUEUE: &str = "/duyet.v1.ModerationService/ListQueue";

async fn hang() -> Response {
    std::future::pending().await
}

/// The middleware around one handler on every path.
struct Layers {
    router: Router,
    in_flight: InFlight,
    tokens: AccessTokens,
    authenticator: Arc<Authenticator>,
    _dir: TempDir,
}

impl Layers {
    async fn around(handler: MethodRouter) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let (store, keyring) = (Arc::new(store), Arc::new(Keyring::parse(&Keyring::generate()).unwrap()));
        let tokens = AccessTokens::new(store.clone(), Arc::clone(&keyring));
        let authenticator = Arc::new(Authenticator::new(store, keyring));
        let in_flight = InFlight::default();
        let router = role::paths().fold(Router::new(), |router, path| router.route(path, handler.clone()));
        let router = layered(router, Arc::clone(&authenticator), in_flight.clone(), Duration::from_millis(100));
        Self { router, in_flight, tokens, authenticator, _dir: dir }
    }

    /// Creates a token and authenticates it once, so that it is cached.
    async fn token(&self, site: &str, role: Role) -> String {
        let new = NewToken { site: SiteId::parse(site).unwrap(), name: "lan".into(), role, expires_at: None };
        let (_, token) = self.tokens.create(new, call::now()).await.unwrap().unwrap();
        let peer = std::net::Ipv4Addr::UNSPECIFIED.into();
        self.authenticator.authenticate(&token, peer, call::now()).await.unwrap();
        token
    }

    async fn answer(&self, request: Request) -> Response {
        let answered = tokio::time::timeout(Duration::from_secs(20), self.router.clone().oneshot(request));
        answered.await.expect("no response within 20 s").unwrap()
    }

    async fn status(&self, request: Request) -> Status {
        Status::from_header_map(self.answer(request).await.headers()).expect("the response has no gRPC status")
    }

    async fn reason(&self, request: Request) -> String {
        self.status(request).await.get_details_error_info().unwrap().reason
    }
}

fn request(path: &str, token: &str, body: Body) -> Request {
    let request = Request::post(path).header("authorization", format!("Bearer {token}"));
    request.header("grpc-timeout", "10S").body(body).unwrap()
}

fn whole(path: &str, token: &str) -> Request {
    request(path, token, Body::empty())
}

/// A request whose message never ends.
fn unfinished(path: &str, token: &str) -> Request {
    let begun = stream::iter([Ok::<_, axum::Error>(Bytes::from_static(&[0, 0, 0, 1, 0, 7]))]);
    request(path, token, Body::from_stream(begun.chain(stream::pending())))
}

#[tokio::test]
async fn a_call_that_hangs_ends_at_its_deadline_with_the_right_code() {
    let layers = Layers::around(post(hang)).await;
    let mut request = whole(OPEN, "");
    request.headers_mut().insert("grpc-timeout", http::HeaderValue::from_static("1m"));
    let status = layers.status(request).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.get_details_error_info().unwrap().reason, "DEADLINE");
}

#[tokio::test]
async fn a_panic_of_a_handler_is_an_internal_error_without_the_panics_message() {
    async fn panic() -> Response {
        panic!("the secret")
    }
    let mut request = whole(OPEN, "");
    request.headers_mut().insert("x-request-id", http::HeaderValue::from_static("call-7"));
    let status = Layers::around(post(panic)).await.status(request).await;
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(
        status.get_details_request_info().unwrap().request_id,
        "call-7",
        "the request id identifies the log line"
    );
    assert!(!format!("{status:?}").contains("the secret"));
}

/// Starts `count` calls with `token` and asserts that each gets a permit.
macro_rules! under_way {
    ($layers:expr, $token:expr, $path:expr, $count:expr) => {{
        let mut calls: Vec<_> = (0..$count).map(|_| Box::pin($layers.status(whole($path, &$token)))).collect();
        assert!(calls.iter_mut().all(|call| call.as_mut().now_or_never().is_none()));
        calls
    }};
}

#[tokio::test]
async fn calls_beyond_the_bound_are_shed_immediately_and_ended_calls_return_permits() {
    let layers = Layers::around(post(hang)).await;
    let (hue, vinh) = (layers.token("hue", Role::Portal).await, layers.token("vinh", Role::Portal).await);
    let _theirs = under_way!(layers, vinh, SUBMIT, 256);
    let mut under_way = under_way!(layers, hue, SUBMIT, 768);
    let third = layers.token("hanoi", Role::Portal).await;
    let error = layers.status(whole(SUBMIT, &third)).now_or_never().expect("the call waited instead of being shed");
    assert_eq!(
        (error.code(), error.get_details_error_info().unwrap().reason.as_str()),
        (Code::Unavailable, "OVERLOADED")
    );
    assert!(error.get_details_retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);
    under_way.pop();
    assert!(layers.status(whole(SUBMIT, &third)).now_or_never().is_none(), "a call ended, so one more is admitted");
}

#[tokio::test]
async fn no_site_gets_all_permits_and_no_moderator_all_of_the_sites() {
    let layers = Layers::around(post(hang)).await;
    let (portal, minh) = (layers.token("hue", Role::Portal).await, layers.token("vinh", Role::Moderator).await);
    let _moderators = under_way!(layers, minh, QUEUE, 192);
    assert_eq!(
        layers.reason(whole(QUEUE, &minh)).await,
        "OVERLOADED",
        "the moderator's share: a quarter of the bound for such calls"
    );
    let _portals = under_way!(layers, portal, SUBMIT, 768);
    assert_eq!(
        layers.reason(whole(SUBMIT, &portal)).await,
        "OVERLOADED",
        "the site's share: three quarters of all permits"
    );
    let neighbour = layers.token("hanoi", Role::Portal).await;
    assert!(layers.status(whole(SUBMIT, &neighbour)).now_or_never().is_none());
}

#[tokio::test]
async fn lists_are_shed_before_submits() {
    let layers = Layers::around(post(hang)).await;
    let (hue, vinh) = (layers.token("hue", Role::Portal).await, layers.token("vinh", Role::Portal).await);
    let _theirs = under_way!(layers, vinh, LIST, 192);
    let mut under_way = under_way!(layers, hue, LIST, 576);
    assert_eq!(layers.reason(whole(LIST, &vinh)).await, "OVERLOADED");
    assert!(layers.status(whole(SUBMIT, &hue)).now_or_never().is_none(), "the share of lists does not limit submits");
    under_way.pop();
    assert!(layers.status(whole(LIST, &vinh)).now_or_never().is_none());
}

/// Lists the unary RPCs whose effect must not be lost (those with a `request_id`, challenges and claims), and all
/// others.
fn writes() -> (Vec<String>, Vec<String>) {
    const ALSO: [&str; 4] = ["IssueChallenge", "VerifyChallenge", "ClaimNext", "ReleaseClaims"];
    let set = prost_types::FileDescriptorSet::decode(duyet_proto::DESCRIPTORS).unwrap();
    let ours = || set.file.iter().filter(|file| file.package() == "duyet.v1");
    let has_request_id = |name: &str| {
        let found = ours().flat_map(|file| &file.message_type).find(|one| name.ends_with(&format!(".{}", one.name())));
        found.unwrap().field.iter().any(|field| field.name() == "request_id")
    };
    let (mut writes, mut reads) = (Vec::new(), Vec::new());
    for (service, method) in
        ours().flat_map(|file| &file.service).flat_map(|one| one.method.iter().map(move |it| (one, it)))
    {
        let path = format!("/duyet.v1.{}/{}", service.name(), method.name());
        if method.server_streaming() {
            continue;
        }
        let is_write = has_request_id(method.input_type()) || ALSO.contains(&method.name());
        if is_write { writes.push(path) } else { reads.push(path) }
    }
    (writes, reads)
}

#[tokio::test]
async fn writes_are_shed_after_pages_and_lists() {
    let layers = Layers::around(post(hang)).await;
    let (hue, vinh) = (layers.token("hue", Role::Portal).await, layers.token("vinh", Role::Portal).await);
    let _theirs = under_way!(layers, vinh, LIST, 192);
    let _under_way = under_way!(layers, hue, LIST, 576);
    let (portal, admin) = (layers.token("hanoi", Role::Portal).await, layers.token("hoian", Role::Admin).await);
    let token = |path: &str| {
        if role::allowed(path).unwrap().contains(&Role::Portal) { &portal } else { &admin }
    };
    let (writes, reads) = writes();
    assert!(writes.len() > 15 && reads.len() > 8, "{writes:?} {reads:?}");
    for path in writes {
        assert!(layers.status(whole(&path, token(&path))).now_or_never().is_none(), "{path}");
    }
    for path in reads {
        assert_eq!(layers.reason(whole(&path, token(&path))).await, "OVERLOADED", "{path}");
    }
}

#[tokio::test]
async fn a_drain_waits_for_calls_and_not_for_streams() {
    let layers = Layers::around(post(hang)).await;
    let moderator = layers.token("hue", Role::Moderator).await;
    let mut stream = Box::pin(layers.answer(whole(WATCH, &moderator)));
    assert!(stream.as_mut().now_or_never().is_none());
    assert!(layers.in_flight.drained().now_or_never().is_some(), "a drain does not wait for a stream");
    let call = under_way!(layers, moderator, QUEUE, 1);
    assert!(layers.in_flight.drained().now_or_never().is_none(), "a drain waits for a call");
    drop(call);
    assert!(layers.in_flight.drained().now_or_never().is_some());
}

#[tokio::test]
async fn without_a_token_no_handler_is_reached() {
    let layers = Layers::around(post(async || Status::ok("reached").into_http::<Body>().into_response())).await;
    assert_eq!(layers.status(whole(LIST, "")).await.code(), Code::Unauthenticated);
    assert_eq!(layers.status(unfinished(LIST, "")).await.code(), Code::Unauthenticated, "the message is not read");
    assert_eq!(layers.status(whole(OPEN, "")).await.code(), Code::Ok);
}

#[tokio::test]
async fn a_message_that_never_ends_holds_no_permit_and_ends_at_its_deadline() {
    let layers = Layers::around(post(async || Status::ok("reached").into_http::<Body>().into_response())).await;
    let portal = layers.token("hue", Role::Portal).await;
    let mut waiting: Vec<_> = (0..1_024).map(|_| Box::pin(layers.reason(unfinished(SUBMIT, &portal)))).collect();
    assert!(waiting.iter_mut().all(|call| call.as_mut().now_or_never().is_none()));
    assert_eq!(
        layers.reason(unfinished(SUBMIT, &portal)).await,
        "OVERLOADED",
        "the token's share of incomplete messages is used up"
    );
    assert_eq!(layers.status(whole(SUBMIT, &portal)).await.code(), Code::Ok, "a complete message is still admitted");
    assert_eq!(waiting.pop().unwrap().await, "DEADLINE");
}

#[tokio::test]
async fn incomplete_health_calls_block_neither_complete_ones_nor_portals() {
    let layers = Layers::around(post(async || Status::ok("reached").into_http::<Body>().into_response())).await;
    let portal = layers.token("hue", Role::Portal).await;
    let mut waiting: Vec<_> = (0..128).map(|_| Box::pin(layers.reason(unfinished(OPEN, "")))).collect();
    assert!(waiting.iter_mut().all(|call| call.as_mut().now_or_never().is_none()));
    assert_eq!(layers.reason(unfinished(OPEN, "")).await, "OVERLOADED");
    assert_eq!(layers.status(whole(OPEN, "")).await.code(), Code::Ok, "a complete call is still answered");
    assert_eq!(layers.status(whole(SUBMIT, &portal)).await.code(), Code::Ok);
}

#[tokio::test]
async fn streams_without_a_token_are_limited_in_number_and_duration() {
    async fn forever() -> Response {
        Response::new(Body::from_stream(stream::pending::<Result<Bytes, axum::Error>>()))
    }
    let layers = Layers::around(post(forever)).await;
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(layers.answer(whole(OPEN_WATCH, "")).await);
    }
    assert_eq!(layers.reason(whole(OPEN_WATCH, "")).await, "OVERLOADED");
    open.pop();
    assert_eq!(
        layers.answer(whole(OPEN_WATCH, "")).await.headers().get("grpc-status"),
        None,
        "a stream ended, so one more is admitted"
    );
    let layers = Layers::around(post(forever)).await;
    let body = layers.answer(whole(OPEN_WATCH, "")).await.into_body();
    let ending = transport::stream::Ending::new(body, Duration::from_millis(1), duyet_locale::Locale::default());
    assert_eq!(last_word(Response::new(Body::new(ending))).await.code(), Code::DeadlineExceeded);
}

/// Reads the status in the trailers of a stream.
async fn last_word(response: Response) -> Status {
    use http_body::Body as _;
    let mut body = response.into_body();
    loop {
        let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx));
        let frame = tokio::time::timeout(Duration::from_secs(20), frame)
            .await
            .expect("the stream did not end within 20 s")
            .expect("the stream ended without trailers");
        if let Ok(trailers) = frame.unwrap().into_trailers() {
            return Status::from_header_map(&trailers).unwrap();
        }
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    async fn forever() -> Response {
        Response::new(Body::from_stream(stream::pending::<Result<Bytes, axum::Error>>()))
    }
    let layers = Layers::around(post(forever)).await;
    let site = SiteId::parse("hue").unwrap();
    let expires_at = Some(call::now() + chrono::Duration::milliseconds(300));
    let new = NewToken { site, name: "lan".into(), role: Role::Moderator, expires_at };
    let (_, token) = layers.tokens.create(new, call::now()).await.unwrap().unwrap();
    let status = last_word(layers.answer(whole(WATCH, &token)).await).await;
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(status.get_details_error_info().unwrap().reason, "TOKEN_INVALID");
}

#[tokio::test]
async fn a_message_that_declares_or_sends_too_many_bytes_is_an_error() {
    let layers = Layers::around(post(hang)).await;
    let portal = layers.token("hue", Role::Portal).await;
    for (path, length) in [(SUBMIT, MAX_MESSAGE_BYTES), (OPEN, MAX_OPEN_MESSAGE_BYTES)] {
        let [a, b, c, d] = u32::try_from(length + 1).unwrap().to_be_bytes();
        let begun = stream::iter([Ok::<_, axum::Error>(Bytes::from(vec![0, a, b, c, d]))]);
        let body = Body::from_stream(begun.chain(stream::pending()));
        assert_eq!(layers.reason(request(path, &portal, body)).await, "MESSAGE_TOO_LARGE");
        // The header declares 9 bytes, but the body is endless.
        let endless = stream::repeat_with(|| Ok::<_, axum::Error>(Bytes::from_static(&[0; 1_024])));
        let begun = stream::iter([Ok(Bytes::from_static(&[0, 0, 0, 0, 9]))]);
        let body = Body::from_stream(begun.chain(endless));
        assert_eq!(layers.reason(request(path, &portal, body)).await, "MESSAGE_TOO_LARGE");
    }
}
