//! Admission of the health and reflection services, which need no token. They have a small pool of permits of their
//! own, so that they take no capacity from portals.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    middleware::Next,
    response::Response,
};
use http_body::Frame;
use tonic::codec::HEADER_SIZE;

use super::{
    is_stream,
    message::{Messages, declared_len},
    peer_of,
    stream::Ending,
};
use crate::{
    domain::{
        Error, Result,
        permits::{PeerPermit, PeerPermits},
    },
    grpc::{call::locale_of, message_size::MAX_OPEN_MESSAGE_BYTES},
};

/// Maximum number of calls, incomplete messages or streams, in total and per peer.
#[derive(Clone, Copy)]
struct Bounds {
    all: usize,
    peer: usize,
}

const CALLS: Bounds = Bounds { all: 256, peer: 128 };
const UNFINISHED: Bounds = Bounds { all: 512, peer: 128 };
const STREAMS: Bounds = Bounds { all: 256, peer: 64 };

/// Longest duration of a health watch. A client that keeps watching reconnects then, which also spreads clients over
/// new replicas.
const WATCH_LIFE: Duration = Duration::from_secs(300);
const REFLECTION_LIFE: Duration = Duration::from_secs(60);

/// The permits of the services that need no token.
#[derive(Clone)]
pub(in crate::grpc) struct OpenServices {
    messages: Messages,
    calls: Arc<PeerPermits>,
    unfinished: Arc<PeerPermits>,
    streams: Arc<PeerPermits>,
}

impl OpenServices {
    pub(in crate::grpc) fn new(messages: Messages) -> Self {
        Self { messages, calls: Arc::default(), unfinished: Arc::default(), streams: Arc::default() }
    }

    /// Admits a call that needs no token.
    ///
    /// # Errors
    /// `Overloaded` when the pool or the peer's share is exhausted, and the errors of [`Messages::read`].
    pub(in crate::grpc) async fn admit(&self, request: Request, next: Next) -> Result<Response> {
        let peer = peer_of(&request);
        if is_reflection(request.uri().path()) {
            let permit = take(&self.streams, peer, STREAMS)?;
            return Ok(self.reflect(request, next, permit).await);
        }
        let is_watch = is_stream(request.uri().path());
        let locale = locale_of(request.headers());
        let wait = || take(&self.unfinished, peer, UNFINISHED).ok();
        let request = self.messages.read(request, MAX_OPEN_MESSAGE_BYTES, wait).await?;
        if is_watch {
            let permit = take(&self.streams, peer, STREAMS)?;
            let response = next.run(request).await;
            return Ok(response.map(|body| Body::new(Ending::new(body, WATCH_LIFE, locale).holding(permit))));
        }
        let _permit = take(&self.calls, peer, CALLS)?;
        Ok(next.run(request).await)
    }

    /// Runs a reflection call. It is a bidirectional stream, so its messages are checked while they are received.
    async fn reflect(&self, request: Request, next: Next, permit: PeerPermit) -> Response {
        let locale = locale_of(request.headers());
        let too_large = Arc::new(AtomicBool::new(false));
        let request = request.map(|body| Body::new(BoundedMessages::new(body, Arc::clone(&too_large))));
        let response = next.run(request).await;
        response.map(|body| Body::new(Ending::new(body, REFLECTION_LIFE, locale).holding(permit).unless(too_large)))
    }
}

fn is_reflection(path: &str) -> bool {
    path.ends_with("/ServerReflectionInfo")
}

fn take(permits: &Arc<PeerPermits>, peer: IpAddr, bounds: Bounds) -> Result<PeerPermit> {
    let full = || Error::Overloaded { what: "health and reflection", retry_after: Duration::from_secs(1) };
    permits.take(peer, bounds.all, bounds.peer).ok_or_else(full)
}

/// A request stream in which no message may be longer than [`MAX_OPEN_MESSAGE_BYTES`].
struct BoundedMessages {
    inner: Body,
    /// The received part of the current message's header.
    header: Vec<u8>,
    left: usize,
    too_large: Arc<AtomicBool>,
}

impl BoundedMessages {
    const fn new(inner: Body, too_large: Arc<AtomicBool>) -> Self {
        Self { inner, header: Vec::new(), left: 0, too_large }
    }

    /// Consumes `bytes` and returns false if a message in it is too long.
    fn passes(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            if self.left > 0 {
                let (_, rest) = bytes.split_at(self.left.min(bytes.len()));
                self.left -= bytes.len() - rest.len();
                bytes = rest;
                continue;
            }
            let (part, rest) = bytes.split_at((HEADER_SIZE - self.header.len()).min(bytes.len()));
            self.header.extend_from_slice(part);
            bytes = rest;
            if let Some(declared) = declared_len(&self.header) {
                self.header.clear();
                self.left = declared;
            }
            if self.left > MAX_OPEN_MESSAGE_BYTES {
                return false;
            }
        }
        true
    }
}

impl HttpBody for BoundedMessages {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(bytes) = frame.data_ref()
            && !self.passes(bytes)
        {
            self.too_large.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(axum::Error::new("a message is too large"))));
        }
        Poll::Ready(frame)
    }
}
