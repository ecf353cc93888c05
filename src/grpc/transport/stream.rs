//! Streams that end earlier than their service would end them: after a maximum duration, when the caller's token is no
//! longer valid, or because of a message that is too large.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use duyet_locale::Locale;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use http_body::Frame;
use tokio::time::{Instant, Interval, MissedTickBehavior, Sleep, interval_at};

use crate::{
    domain::{Error, Result, access::Caller, permits::PeerPermit},
    grpc::{call, message_size::MAX_OPEN_MESSAGE_BYTES, status::to_status},
    service::Authenticator,
};

type Next = Poll<Option<Result<Frame<Bytes>, axum::Error>>>;

/// A response stream that ends after a maximum duration. It ends with `MessageTooLarge` if the request stream was ended
/// because of a message that is too large.
pub(in crate::grpc) struct Ending {
    inner: Body,
    life: Pin<Box<Sleep>>,
    too_large: Arc<AtomicBool>,
    locale: Locale,
    is_over: bool,
    _permit: Option<PeerPermit>,
}

impl Ending {
    pub(in crate::grpc) fn new(inner: Body, life: Duration, locale: Locale) -> Self {
        let life = Box::pin(tokio::time::sleep(life));
        Self { inner, life, too_large: Arc::default(), locale, is_over: false, _permit: None }
    }

    /// Keeps the permit until the stream ends.
    pub(super) fn holding(self, permit: PeerPermit) -> Self {
        Self { _permit: Some(permit), ..self }
    }

    /// Ends the stream with `MessageTooLarge` if the flag is set.
    pub(super) fn unless(self, too_large: Arc<AtomicBool>) -> Self {
        Self { too_large, ..self }
    }
}

impl HttpBody for Ending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Next {
        if self.is_over {
            return Poll::Ready(None);
        }
        let error = if self.life.as_mut().poll(cx).is_ready() {
            Error::Deadline
        } else {
            let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
            let goes_on = matches!(&frame, Some(Ok(frame)) if frame.is_data());
            if goes_on || !self.too_large.load(Ordering::Relaxed) {
                return Poll::Ready(frame);
            }
            Error::MessageTooLarge { limit: MAX_OPEN_MESSAGE_BYTES }
        };
        self.is_over = true;
        // Drops the service's stream.
        self.inner = Body::empty();
        last_word(&error, self.locale)
    }
}

/// A stream that ends when its caller's token is no longer valid. The token is verified again at each heartbeat and
/// before each message.
pub(in crate::grpc) struct Checked {
    inner: Body,
    authenticator: Arc<Authenticator>,
    caller: Arc<Caller>,
    locale: Locale,
    beats: Interval,
    checking: Option<BoxFuture<'static, Result<()>>>,
    /// A frame that is sent when the check passes.
    held: Option<Frame<Bytes>>,
    is_over: bool,
}

/// Longest duration of an authenticated stream. `WatchQueue` ends earlier by itself.
const LIFE: Duration = Duration::from_secs(330);

impl Checked {
    /// Wraps the response body of an authenticated stream.
    pub(in crate::grpc) fn body(
        inner: Body,
        authenticator: Arc<Authenticator>,
        caller: Arc<Caller>,
        locale: Locale,
        heartbeat: Duration,
    ) -> Body {
        let mut beats = interval_at(Instant::now() + heartbeat, heartbeat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let checked = Self { inner, authenticator, caller, locale, beats, checking: None, held: None, is_over: false };
        Body::new(Ending::new(Body::new(checked), LIFE, locale))
    }

    fn check(&self) -> BoxFuture<'static, Result<()>> {
        let (authenticator, caller) = (Arc::clone(&self.authenticator), Arc::clone(&self.caller));
        Box::pin(async move { authenticator.check_again(&caller, call::now()).await })
    }
}

impl HttpBody for Checked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Next {
        if self.is_over {
            return Poll::Ready(None);
        }
        loop {
            if let Some(checking) = &mut self.checking {
                let checked = ready!(checking.as_mut().poll(cx));
                self.checking = None;
                if let Err(error) = checked {
                    self.is_over = true;
                    self.inner = Body::empty();
                    return last_word(&error, self.locale);
                }
                if let Some(frame) = self.held.take() {
                    return Poll::Ready(Some(Ok(frame)));
                }
            }
            if self.beats.poll_tick(cx).is_ready() {
                self.checking = Some(self.check());
                continue;
            }
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) if frame.is_data() => {
                    self.held = Some(frame);
                    self.checking = Some(self.check());
                }
                last => return Poll::Ready(last),
            }
        }
    }
}

/// Returns the trailers of a stream that ends with an error.
fn last_word(error: &Error, locale: Locale) -> Next {
    let mut trailers = HeaderMap::new();
    let added = to_status(error, locale).add_header(&mut trailers);
    Poll::Ready(added.is_ok().then(|| Ok(Frame::trailers(trailers))))
}
