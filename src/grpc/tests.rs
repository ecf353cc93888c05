//! The layers around every call, with handlers that misbehave behind them.

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse as _, Response},
    routing::post,
};
use futures_util::FutureExt as _;
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;

use super::*;
use crate::store::sqlite::SqliteStore;

/// Needs no token, so that the handler is reached.
const OPEN: &str = "/grpc.health.v1.Health/Check";
const STREAM: &str = "/grpc.health.v1.Health/Watch";
const GUARDED: &str = "/duyet.v1.CommentService/ListComments";
const SUBMIT: &str = "/duyet.v1.CommentService/SubmitComment";

async fn hang() -> Response {
    std::future::pending().await
}

/// `handler` on every path, inside the layers. The store is never asked.
fn router(handler: axum::routing::MethodRouter) -> Router {
    router_counting(handler, InFlight::default())
}

fn router_counting(handler: axum::routing::MethodRouter, in_flight: InFlight) -> Router {
    let gatekeeper = Arc::new(Gatekeeper::new(Arc::new(SqliteStore::open("nowhere"))));
    let router = role::paths().fold(Router::new(), |router, path| router.route(path, handler.clone()));
    layered(router, gatekeeper, in_flight)
}

fn request(path: &str, timeout: &str) -> Request {
    Request::post(path).header("grpc-timeout", timeout).body(Body::empty()).unwrap()
}

async fn status_of(router: &Router, request: Request) -> Status {
    let answered = tokio::time::timeout(std::time::Duration::from_secs(20), router.clone().oneshot(request));
    let response = answered.await.expect("an answer").unwrap();
    Status::from_header_map(response.headers()).expect("a gRPC status")
}

#[tokio::test]
async fn a_call_that_hangs_ends_at_its_deadline_with_the_right_code() {
    let status = status_of(&router(post(hang)), request(OPEN, "1m")).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.get_details_error_info().unwrap().reason, "DEADLINE");
}

#[tokio::test]
async fn a_handler_that_panics_is_an_internal_error_without_its_words() {
    async fn panic() -> Response {
        panic!("the secret")
    }
    let mut request = request(OPEN, "10S");
    request.headers_mut().insert("x-request-id", http::HeaderValue::from_static("call-7"));
    let status = status_of(&router(post(panic)), request).await;
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(status.get_details_request_info().unwrap().request_id, "call-7", "the log line to ask for");
    assert!(!format!("{status:?}").contains("the secret"));
}

#[tokio::test]
async fn calls_beyond_the_bound_are_refused_at_once_and_a_place_comes_back() {
    let router = router(post(hang));
    let mut under_way: Vec<_> = (0..1_024).map(|_| Box::pin(status_of(&router, request(OPEN, "10S")))).collect();
    assert!(under_way.iter_mut().all(|call| call.as_mut().now_or_never().is_none()));
    let refused = status_of(&router, request(OPEN, "10S")).now_or_never().expect("no waiting");
    assert_eq!(
        (refused.code(), refused.get_details_error_info().unwrap().reason.as_str()),
        (Code::Unavailable, "OVERLOADED")
    );
    assert!(refused.get_details_retry_info().unwrap().retry_delay.unwrap() > std::time::Duration::ZERO);
    under_way.pop();
    assert!(status_of(&router, request(OPEN, "10S")).now_or_never().is_none(), "one ended, one more fits");
}

#[tokio::test]
async fn lists_are_refused_before_submits() {
    let router = router(post(hang));
    let mut under_way: Vec<_> = (0..768).map(|_| Box::pin(status_of(&router, request(OPEN, "10S")))).collect();
    assert!(under_way.iter_mut().all(|call| call.as_mut().now_or_never().is_none()));
    let reason = async |path| {
        let refused = status_of(&router, request(path, "10S")).await;
        refused.get_details_error_info().unwrap().reason
    };
    assert_eq!(reason(GUARDED).await, "OVERLOADED");
    assert_eq!(reason(SUBMIT).await, "TOKEN_INVALID", "it got as far as that");
    under_way.pop();
    assert_eq!(reason(GUARDED).await, "TOKEN_INVALID");
}

/// RPCs by whether they do something that must not be lost: they take a `request_id`, or belong to a challenge or a claim.
fn deeds() -> (Vec<String>, Vec<String>) {
    const LIKEWISE: [&str; 4] = ["IssueChallenge", "VerifyChallenge", "ClaimNext", "ReleaseClaims"];
    let set = prost_types::FileDescriptorSet::decode(crate::proto::DESCRIPTORS).unwrap();
    let ours = || set.file.iter().filter(|file| file.package() == "duyet.v1");
    let has_request_id = |name: &str| {
        let found = ours().flat_map(|file| &file.message_type).find(|one| name.ends_with(&format!(".{}", one.name())));
        found.unwrap().field.iter().any(|field| field.name() == "request_id")
    };
    let (mut deeds, mut looks) = (Vec::new(), Vec::new());
    for (service, method) in
        ours().flat_map(|file| &file.service).flat_map(|one| one.method.iter().map(move |it| (one, it)))
    {
        let path = format!("/duyet.v1.{}/{}", service.name(), method.name());
        if method.server_streaming() {
            continue;
        }
        let is_deed = has_request_id(method.input_type()) || LIKEWISE.contains(&method.name());
        if is_deed { deeds.push(path) } else { looks.push(path) }
    }
    (deeds, looks)
}

#[tokio::test]
async fn what_somebody_did_is_refused_after_pages_and_lists() {
    let router = router(post(hang));
    let mut under_way: Vec<_> = (0..768).map(|_| Box::pin(status_of(&router, request(OPEN, "10S")))).collect();
    assert!(under_way.iter_mut().all(|call| call.as_mut().now_or_never().is_none()));
    let (deeds, looks) = deeds();
    assert!(deeds.len() > 15 && looks.len() > 8, "{deeds:?} {looks:?}");
    for (paths, expected) in [(deeds, "TOKEN_INVALID"), (looks, "OVERLOADED")] {
        for path in paths {
            let told = status_of(&router, request(&path, "10S")).await;
            assert_eq!(told.get_details_error_info().unwrap().reason, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn a_drain_waits_for_calls_and_not_for_streams() {
    let in_flight = InFlight::default();
    let router = router_counting(post(hang), in_flight.clone());
    let mut stream = Box::pin(router.clone().oneshot(request(STREAM, "1n")));
    assert!(stream.as_mut().now_or_never().is_none());
    assert!(in_flight.drained().now_or_never().is_some(), "a stream holds nothing up");
    let mut call = Box::pin(status_of(&router, request(OPEN, "10S")));
    assert!(call.as_mut().now_or_never().is_none());
    assert!(in_flight.drained().now_or_never().is_none(), "a call does");
    drop(call);
    assert!(in_flight.drained().now_or_never().is_some());
}

#[tokio::test]
async fn without_a_token_no_handler_is_reached() {
    let router = router(post(async || Status::ok("reached").into_http::<Body>().into_response()));
    assert_eq!(status_of(&router, request(GUARDED, "10S")).await.code(), Code::Unauthenticated);
    assert_eq!(status_of(&router, request(OPEN, "10S")).await.code(), Code::Ok);
}
