//! The message of a call, read whole before the call takes a place among those under way. What is not there yet is waited for
//! within a deadline, in bounded memory, and at nobody else's expense.

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

/// How long a message may take from its headers to its end. A portal's backend sends both at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// As long may one take that found no place to wait in: a network now and then separates the headers from the message.
const BLINK: Duration = Duration::from_millis(200);

/// Bytes of all unfinished messages of the process: as many whole ones of the greatest length as half of the calls under way.
const MOST_BYTES: usize = 32 * 1024 * 1024;

const FULL: Error = Error::Overloaded { what: "unfinished messages", retry_after: Duration::from_millis(500) };

/// Unfinished messages of this process.
#[derive(Debug, Clone, Default)]
pub(in crate::grpc) struct Messages(Arc<AtomicUsize>);

impl Messages {
    /// The request with its message in memory. `wait` is asked once, when the message is not there yet, for a place to wait in.
    ///
    /// # Errors
    /// `MessageTooLarge`, `Deadline` when the end does not come, `Overloaded` when too much is waited for.
    pub(in crate::grpc) async fn read<P>(
        &self,
        request: Request,
        limit: usize,
        wait: impl FnOnce() -> Option<P>,
    ) -> Result<Request> {
        let (parts, body) = request.into_parts();
        let mut frames = body.into_data_stream();
        let mut read = ReadMessage { buffer: Buffer::Whole(Bytes::new()), limit, counted: 0, all: self };
        // Nearly always everything came with the headers.
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

/// What came of a message.
struct ReadMessage<'a> {
    buffer: Buffer,
    limit: usize,
    /// Bytes of it that are counted among all unfinished ones.
    counted: usize,
    all: &'a Messages,
}

enum Buffer {
    /// One frame, as the connection read it.
    Whole(Bytes),
    /// Copied: a frame shares a larger buffer with others, which it would keep.
    Copied(Vec<u8>),
}

impl ReadMessage<'_> {
    fn push(&mut self, frame: Result<Bytes, axum::Error>) -> Result<()> {
        // The client or the connection is gone: nobody hears the answer.
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

    /// Makes the bytes this message's own, and counts them with `more` that are about to come.
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

    /// Returns an error for what is too long, by its own word or in fact.
    fn check(&self) -> Result<()> {
        let bytes = self.bytes();
        let declared = declared_len(bytes).unwrap_or_default();
        if declared > self.limit || bytes.len() > self.limit + HEADER_SIZE {
            return Err(Error::MessageTooLarge { limit: self.limit });
        }
        Ok(())
    }

    /// The bytes. They are no longer counted here: the call takes a place for them.
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

/// The length that a message's header tells: a flag, then four bytes.
pub(super) fn declared_len(bytes: &[u8]) -> Option<usize> {
    let [_flag, a, b, c, d, ..] = *bytes else { return None };
    usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()
}
