//! Reads the message of a unary call completely before the call takes a concurrency permit. Waiting for the rest of a
//! message has a deadline and bounded memory, and does not affect other callers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, timeout_at};
use tonic::codec::HEADER_SIZE;

use crate::domain::{Error, Result};

/// Longest time from the request's headers to the end of its message. Portals send both at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest time to wait when no waiting permit is free, because networks sometimes deliver the headers and the message
/// separately.
const BLINK: Duration = Duration::from_millis(200);

/// Maximum size of all incomplete messages in the process together, in bytes: 512 messages of the largest size, which
/// is half the number of concurrent calls.
const MOST_BYTES: usize = 32 * 1024 * 1024;

const FULL: Error = Error::Overloaded { what: "unfinished messages", retry_after: Duration::from_millis(500) };

/// The incomplete messages of this process.
#[derive(Debug, Clone, Default)]
pub(in crate::grpc) struct Messages(Arc<AtomicUsize>);

impl Messages {
    /// Reads the message into memory. Calls `wait` once, if the message is incomplete, for a permit to wait for the
    /// rest.
    ///
    /// # Errors
    /// `MessageTooLarge`, `Deadline` when the message does not end in time, `Overloaded` when too many messages are
    /// incomplete.
    pub(in crate::grpc) async fn read<P>(
        &self,
        request: Request,
        limit: usize,
        wait: impl FnOnce() -> Option<P>,
    ) -> Result<Request> {
        let (parts, body) = request.into_parts();
        let mut frames = body.into_data_stream();
        let mut read = ReadMessage { buffer: Buffer::Whole(Bytes::new()), limit, counted: 0, all: self };
        // Nearly always, the whole message arrived together with the headers.
        loop {
            match frames.next().now_or_never() {
                Some(Some(frame)) => read.push(frame)?,
                Some(None) => return Ok(Request::from_parts(parts, Body::from(read.finish()))),
                None => break,
            }
        }
        let place = wait();
        read.own(0)?;
        let until = Instant::now() + if place.is_some() { PATIENCE } else { BLINK };
        let too_late = || if place.is_some() { Error::Deadline } else { FULL };
        while let Some(frame) = timeout_at(until, frames.next()).await.map_err(|_| too_late())? {
            read.push(frame)?;
        }
        Ok(Request::from_parts(parts, Body::from(read.finish())))
    }
}

/// The bytes of a message that were received so far.
struct ReadMessage<'a> {
    buffer: Buffer,
    limit: usize,
    /// Bytes of this message that are included in the total of incomplete messages.
    counted: usize,
    all: &'a Messages,
}

enum Buffer {
    /// A single frame, as read from the connection.
    Whole(Bytes),
    /// Copied bytes. A frame is a slice of a larger shared buffer, which it would keep in memory.
    Copied(Vec<u8>),
}

impl ReadMessage<'_> {
    fn push(&mut self, frame: Result<Bytes, axum::Error>) -> Result<()> {
        // The client or the connection is gone, so no one receives this error.
        let frame = frame.map_err(|_| Error::MessageMalformed)?;
        match &mut self.buffer {
            Buffer::Whole(whole) if whole.is_empty() => *whole = frame,
            Buffer::Whole(_) | Buffer::Copied(_) => self.copy(&frame)?,
        }
        self.check()
    }

    fn copy(&mut self, frame: &[u8]) -> Result<()> {
        self.own(frame.len())?;
        if let Buffer::Copied(bytes) = &mut self.buffer {
            bytes.extend_from_slice(frame);
        }
        Ok(())
    }

    /// Copies the received bytes into a separate buffer, and adds them and the next `more` bytes to the total.
    fn own(&mut self, more: usize) -> Result<()> {
        let mut new = more;
        if let Buffer::Whole(whole) = &self.buffer {
            new += whole.len();
            self.buffer = Buffer::Copied(whole.to_vec());
        }
        self.counted += new;
        if self.all.0.fetch_add(new, Ordering::Relaxed) + new > MOST_BYTES { Err(FULL) } else { Ok(()) }
    }

    fn bytes(&self) -> &[u8] {
        match &self.buffer {
            Buffer::Whole(bytes) => bytes,
            Buffer::Copied(bytes) => bytes,
        }
    }

    fn check(&self) -> Result<()> {
        let bytes = self.bytes();
        let declared = declared_len(bytes).unwrap_or_default();
        if declared > self.limit || bytes.len() > self.limit + HEADER_SIZE {
            return Err(Error::MessageTooLarge { limit: self.limit });
        }
        Ok(())
    }

    /// Returns the bytes and removes them from the total. The call's concurrency permit bounds them from here on.
    fn finish(mut self) -> Bytes {
        match std::mem::replace(&mut self.buffer, Buffer::Whole(Bytes::new())) {
            Buffer::Whole(bytes) => bytes,
            Buffer::Copied(bytes) => bytes.into(),
        }
    }
}

impl Drop for ReadMessage<'_> {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.counted, Ordering::Relaxed);
    }
}

/// Returns the length that a message's header declares: one byte of flags, then four bytes of length.
pub(super) fn declared_len(bytes: &[u8]) -> Option<usize> {
    let [_flag, a, b, c, d, ..] = *bytes else { return None };
    usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()
}
