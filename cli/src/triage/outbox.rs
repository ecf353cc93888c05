//! Operations that the service has not acknowledged, in order. One is in flight at a time, so that a revert never
//! overtakes its decision. An operation without a response is resent with the same idempotency key.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use duyet_proto::v1;

/// Longest pause between two attempts, in seconds.
const LONGEST_WAIT: i64 = 15;

/// An operation of the moderator.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operation {
    Decide(v1::DecideRequest),
    Revert { reverted_id: String, target: Option<RevertTarget>, comment: String },
    Ban(v1::CreateBanRequest),
    Note(v1::AddNoteRequest),
}

/// The target of a revert. It is known once the service has responded to the reverted operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RevertTarget {
    Decision(String),
    Batch(String),
    Ban(String),
}

/// An operation with the number of its attempts.
#[derive(Debug)]
pub(super) struct Unacknowledged {
    pub(super) id: String,
    pub(super) operation: Operation,
    tries: u32,
    not_before: DateTime<Utc>,
}

/// Unacknowledged operations, oldest first.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: VecDeque<Unacknowledged>,
    in_flight: bool,
}

impl Operation {
    /// Returns the comment whose status the operation changes.
    fn changes(&self) -> Option<&str> {
        match self {
            Self::Decide(request) => Some(&request.comment_id),
            Self::Revert { comment, .. } => Some(comment).filter(|id| !id.is_empty()).map(String::as_str),
            Self::Ban(_) | Self::Note(_) => None,
        }
    }
}

impl Outbox {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Counts unacknowledged decisions.
    pub(super) fn decisions(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.operation, Operation::Decide(_))).count()
    }

    pub(super) fn push(&mut self, id: String, operation: Operation, now: DateTime<Utc>) {
        self.entries.push_back(Unacknowledged { id, operation, tries: 0, not_before: now });
    }

    /// Returns the operation to send now. It stays in the outbox until the service responds.
    pub(super) fn start(&mut self, now: DateTime<Utc>) -> Option<(String, Operation)> {
        let head = self.entries.front_mut().filter(|head| !self.in_flight && head.not_before <= now)?;
        head.tries = head.tries.saturating_add(1);
        self.in_flight = true;
        Some((head.id.clone(), head.operation.clone()))
    }

    /// Removes and returns the operation that the service responded to.
    pub(super) fn answered(&mut self, id: &str) -> Option<Operation> {
        self.entries.front().filter(|head| head.id == id)?;
        self.in_flight = false;
        self.entries.pop_front().map(|head| head.operation)
    }

    /// Schedules a retry for an operation without a response.
    pub(super) fn unanswered(&mut self, id: &str, after: Option<TimeDelta>, now: DateTime<Utc>) {
        if let Some(head) = self.entries.front_mut().filter(|head| head.id == id) {
            head.not_before = now + backoff(head.tries).max(after.unwrap_or_default());
            self.in_flight = false;
        }
    }

    /// Returns the number of times that the oldest operation was sent.
    pub(super) fn tries(&self) -> u32 {
        self.entries.front().map_or(0, |head| head.tries)
    }

    /// Removes an operation that was never sent. Returns false if it may have reached the service.
    pub(super) fn withdraw(&mut self, id: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != id || entry.tries > 0);
        self.entries.len() < before
    }

    pub(super) fn is_about(&self, comment: &str) -> bool {
        self.entries.iter().any(|entry| entry.operation.changes() == Some(comment))
    }

    /// Sets the target of the reverts of `id`.
    pub(super) fn name(&mut self, id: &str, name: &RevertTarget) {
        for entry in &mut self.entries {
            if let Operation::Revert { reverted_id, target, .. } = &mut entry.operation
                && reverted_id == id
            {
                *target = Some(name.clone());
            }
        }
    }

    /// Sets the expected revision of unsent decisions on a comment.
    pub(super) fn revise(&mut self, comment: &str, revision: i64) {
        for entry in self.entries.iter_mut().filter(|entry| entry.tries == 0) {
            if let Operation::Decide(request) = &mut entry.operation
                && request.comment_id == comment
            {
                request.expected_revision = revision;
            }
        }
    }

    /// Removes unsent operations that can no longer succeed: reverts of `id`, and operations on its comment. Returns
    /// their ids.
    pub(super) fn drop_dependent(&mut self, id: &str, comment: Option<&str>) -> Vec<String> {
        let is_dependent = |entry: &Unacknowledged| match &entry.operation {
            Operation::Revert { reverted_id, .. } if reverted_id == id => true,
            operation => comment.is_some() && operation.changes() == comment,
        };
        let (dropped, kept) =
            self.entries.drain(..).partition::<VecDeque<_>, _>(|entry| entry.tries == 0 && is_dependent(entry));
        self.entries = kept;
        dropped.into_iter().map(|entry| entry.id).collect()
    }

    /// Makes all operations due now, because the service responds again.
    pub(super) fn hurry(&mut self, now: DateTime<Utc>) {
        for entry in &mut self.entries {
            entry.not_before = entry.not_before.min(now);
        }
    }
}

/// Returns the pause before a retry: 0.5, 1, 2, 4, 8, then 15 seconds.
pub(super) fn backoff(tries: u32) -> TimeDelta {
    let half_seconds = 1_i64 << tries.saturating_sub(1).min(8);
    TimeDelta::milliseconds(500 * half_seconds).min(TimeDelta::seconds(LONGEST_WAIT))
}
