//! Deeds that the service has not acknowledged yet, in their order. One is under way at a time, so that taking a decision back
//! never overtakes it; a deed that got no answer goes again under the same id, and the service does it once.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use duyet_proto::v1;

/// The longest wait between two tries, in seconds.
const LONGEST_WAIT: i64 = 15;

/// Something a moderator did.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Deed {
    Decide(v1::DecideRequest),
    TakeBack { undoes: String, target: Option<Target>, comment: String },
    Ban(v1::CreateBanRequest),
    Note(v1::AddNoteRequest),
}

/// What is taken back, once the service has named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Decision(String),
    Batch(String),
    Ban(String),
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) deed: Deed,
    tries: u32,
    not_before: DateTime<Utc>,
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    under_way: bool,
}

impl Deed {
    /// The comment whose standing it changes.
    fn changes(&self) -> Option<&str> {
        match self {
            Self::Decide(request) => Some(&request.comment_id),
            Self::TakeBack { comment, .. } => Some(comment).filter(|id| !id.is_empty()).map(String::as_str),
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

    /// How many decisions wait.
    pub(super) fn decisions(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.deed, Deed::Decide(_))).count()
    }

    pub(super) fn push(&mut self, id: String, deed: Deed, now: DateTime<Utc>) {
        self.entries.push_back(Entry { id, deed, tries: 0, not_before: now });
    }

    /// The deed to send now. It stays until it is answered.
    pub(super) fn start(&mut self, now: DateTime<Utc>) -> Option<(String, Deed)> {
        let head = self.entries.front_mut().filter(|head| !self.under_way && head.not_before <= now)?;
        head.tries = head.tries.saturating_add(1);
        self.under_way = true;
        Some((head.id.clone(), head.deed.clone()))
    }

    /// Removes the deed that was answered.
    pub(super) fn answered(&mut self, id: &str) -> Option<Deed> {
        self.entries.front().filter(|head| head.id == id)?;
        self.under_way = false;
        self.entries.pop_front().map(|head| head.deed)
    }

    /// Keeps the deed that got no answer, for later.
    pub(super) fn unanswered(&mut self, id: &str, after: Option<TimeDelta>, now: DateTime<Utc>) {
        if let Some(head) = self.entries.front_mut().filter(|head| head.id == id) {
            head.not_before = now + backoff(head.tries).max(after.unwrap_or_default());
            self.under_way = false;
        }
    }

    /// How often the oldest deed was sent.
    pub(super) fn tries(&self) -> u32 {
        self.entries.front().map_or(0, |head| head.tries)
    }

    /// Removes a deed that was never on its way. False when it may have arrived.
    pub(super) fn withdraw(&mut self, id: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != id || entry.tries > 0);
        self.entries.len() < before
    }

    /// True while something about this comment's standing is not acknowledged.
    pub(super) fn is_about(&self, comment: &str) -> bool {
        self.entries.iter().any(|entry| entry.deed.changes() == Some(comment))
    }

    /// Tells the deeds that take `id` back what the service calls it.
    pub(super) fn name(&mut self, id: &str, name: &Target) {
        for entry in &mut self.entries {
            if let Deed::TakeBack { undoes, target, .. } = &mut entry.deed
                && undoes == id
            {
                *target = Some(name.clone());
            }
        }
    }

    /// The comment has a new revision: decisions behind the answer were made about that one.
    pub(super) fn revise(&mut self, comment: &str, revision: i64) {
        for entry in self.entries.iter_mut().filter(|entry| entry.tries == 0) {
            if let Deed::Decide(request) = &mut entry.deed
                && request.comment_id == comment
            {
                request.expected_revision = revision;
            }
        }
    }

    /// Removes what was not tried yet and has lost its ground: takings-back of `id`, and deeds on its comment.
    pub(super) fn drop_moot(&mut self, id: &str, comment: Option<&str>) -> Vec<String> {
        let is_moot = |entry: &Entry| match &entry.deed {
            Deed::TakeBack { undoes, .. } if undoes == id => true,
            deed => comment.is_some() && deed.changes() == comment,
        };
        let (moot, kept) =
            self.entries.drain(..).partition::<VecDeque<_>, _>(|entry| entry.tries == 0 && is_moot(entry));
        self.entries = kept;
        moot.into_iter().map(|entry| entry.id).collect()
    }

    /// Tries at once what was to wait: the way is free again.
    pub(super) fn hurry(&mut self, now: DateTime<Utc>) {
        for entry in &mut self.entries {
            entry.not_before = entry.not_before.min(now);
        }
    }
}

/// 0.5, 1, 2, 4, 8, 15 seconds.
pub(super) fn backoff(tries: u32) -> TimeDelta {
    let half_seconds = 1_i64 << tries.saturating_sub(1).min(8);
    TimeDelta::milliseconds(500 * half_seconds).min(TimeDelta::seconds(LONGEST_WAIT))
}
