//! Scenario N3: malformed messages.

use std::{future::poll_fn, pin::Pin, process::Command};

use axum::body::{Body, Bytes, HttpBody};
use tonic::{Code, codegen::Service as _, transport::Channel};

use super::{
    scenario::{scenario, whole_or},
    stage::Stage,
};
use crate::support::newsroom::channel;

/// A frame, its declared compression, and the status codes that are allowed in the response.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    encoding: Option<&'static str>,
    expected: &'static [Code],
}

const WRONG: &[Code] = &[Code::InvalidArgument];
const TOO_LARGE: &[Code] = &[Code::ResourceExhausted];
/// gRPC does not define the status for these.
const NONSENSE: &[Code] = &[Code::InvalidArgument, Code::Internal, Code::Unimplemented];

/// Encodes a gRPC frame: compression flag, length, bytes.
fn frame(flag: u8, length: u32, bytes: &[u8]) -> Vec<u8> {
    [&[flag], &length.to_be_bytes()[..], bytes].concat()
}

/// Builds a message nested in messages, thousands of levels deep.
fn deep() -> Vec<u8> {
    (0..5_000).fold(Vec::new(), |inner, _| {
        let mut outer = vec![0x0a];
        let mut length = inner.len();
        while length >= 0x80 {
            outer.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        outer.push(u8::try_from(length).unwrap());
        [outer, inner].concat()
    })
}

fn cases() -> Vec<Case> {
    let plain = |name, bytes: &[u8], expected| {
        let bytes = frame(0, u32::try_from(bytes.len()).unwrap(), bytes);
        Case { name, bytes, encoding: None, expected }
    };
    // Ten megabytes of zeros compress to a thousandth.
    let zip = Command::new("sh").args(["-c", "head -c 10000000 /dev/zero | gzip -9"]).output().unwrap().stdout;
    let bomb = frame(1, u32::try_from(zip.len()).unwrap(), &zip);
    let raw = |name, bytes, expected| Case { name, bytes, encoding: None, expected };
    vec![
        plain("not protobuf", &[0xff; 40], WRONG),
        plain("a field cut short", &[0x0a, 0x7f, 1, 2], WRONG),
        plain("not UTF-8", &[0x0a, 2, 0xc3, 0x28], WRONG),
        plain("very deep", &deep(), WRONG),
        plain("over 64 KiB", &vec![0; 64 * 1024 + 1], TOO_LARGE),
        raw("a declared length of 4 GiB", frame(0, u32::MAX, b"x"), TOO_LARGE),
        raw("compressed without a declared encoding", frame(1, 4, b"abcd"), NONSENSE),
        raw("an undefined compression flag", frame(7, 1, b"x"), NONSENSE),
        Case { name: "a bomb", bytes: bomb, encoding: Some("gzip"), expected: TOO_LARGE },
    ]
}

async fn send(channel: &mut Channel, token: &str, case: &Case) -> Code {
    let mut request = http::Request::post("http://duyet/duyet.v1.CommentService/SubmitComment")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {token}"));
    if let Some(encoding) = case.encoding {
        request = request.header("grpc-encoding", encoding);
    }
    let body = tonic::body::Body::new(Body::from(Bytes::from(case.bytes.clone())));
    poll_fn(|context| channel.poll_ready(context)).await.unwrap();
    status_of(channel.call(request.body(body).unwrap()).await.unwrap()).await
}

/// Returns the status code from the headers or trailers.
async fn status_of(answer: http::Response<tonic::body::Body>) -> Code {
    let (head, body) = answer.into_parts();
    if let Some(status) = tonic::Status::from_header_map(&head.headers) {
        return status.code();
    }
    let mut body = Body::new(body);
    loop {
        let frame = poll_fn(|context| HttpBody::poll_frame(Pin::new(&mut body), context)).await;
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
async fn n3_malformed_messages_get_the_right_status_and_grow_no_memory() {
    scenario("N3", "malformed, deeply nested, huge and wrongly compressed messages", async |report| {
        let stage = Stage::over("");
        let daemon = stage.daemon();
        let (token, cases, mut channel) = (daemon.token("portal"), cases(), channel(daemon.grpc_addr));
        let before = daemon.resident_bytes();
        for _ in 0..whole_or(200, 20) {
            for case in &cases {
                let code = send(&mut channel, &token, case).await;
                assert!(case.expected.contains(&code), "{}: {code:?}", case.name);
            }
        }
        let after = daemon.resident_bytes();
        report.count("kinds", cases.len());
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        report
            .figure("resident_memory_after_divided_by_before", (after as f64 / before as f64 * 100.0).round() / 100.0);
        assert!(after < before + 50 * 1024 * 1024, "from {before} to {after} bytes");
        assert!(!daemon.http("/metrics").contains("duyet_panics_total 1"), "the server panicked");
        daemon.portal().say("bai", "Câu sau").await;
    })
    .await;
}
