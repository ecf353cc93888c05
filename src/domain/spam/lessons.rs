//! Lessons for the spam model, taken from the decision log. They are a pure function of the log, so that a model
//! trained incrementally and one rebuilt from the log are equal.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::domain::{actor::SYSTEM, audit::AuditAction, id::CommentId, pseudonym::Pseudonym, reason::Reason};

/// Largest number of lessons from one moderator in one clock minute. No moderator reads faster, and neither a stolen
/// token nor a mistaken bulk decision may distort the model.
const PER_MODERATOR_MINUTE: usize = 20;
/// Minimum number of lessons that a model keeps, once there are that many. A busy newsroom makes them in about a year.
const MOST: usize = 20_000;
/// Number of oldest lessons that are dropped at a time. Each drop rebuilds the model.
const STEP: usize = 5_000;

/// An audit entry about a comment's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub actor: String,
    pub action: AuditAction,
    pub reason: Option<Reason>,
    /// The entry that this one reverts.
    pub reverts: Option<Uuid>,
    pub comment: CommentId,
    /// Hash that is the same for all comments of a campaign.
    pub skeleton: Pseudonym,
}

/// A comment that the model learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lesson {
    /// The audit entry of the decision.
    pub entry: Uuid,
    pub at: DateTime<Utc>,
    pub comment: CommentId,
    pub is_spam: bool,
}

/// The lessons of a log, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lessons {
    pub list: Vec<Lesson>,
    /// Number of lessons left out because their moderator exceeded `PER_MODERATOR_MINUTE`.
    pub capped: usize,
    /// Number of lessons left out because an earlier one had the same text and label.
    pub repeated: usize,
}

/// The decision in force on a comment with its label; `None` if the model learns nothing from the comment.
type Taught<'a> = Option<(&'a Logged, bool)>;

impl Lessons {
    /// Extracts the lessons of a log that is sorted by time and id. A comment's lesson is the decision in force on it,
    /// at the position of that decision; reverted decisions do not count. Only decisions of people count.
    pub fn of(log: &[Logged]) -> Self {
        let mut latest: HashMap<CommentId, Taught<'_>> = HashMap::new();
        let mut before: HashMap<Uuid, Taught<'_>> = HashMap::new();
        for entry in log {
            let now = latest.entry(entry.comment).or_default();
            let next = match (entry.action, entry.reverts) {
                (AuditAction::Revert, Some(reverted)) => before.get(&reverted).copied().flatten(),
                _ => label(entry).map(|is_spam| (entry, is_spam)),
            };
            before.insert(entry.id, *now);
            *now = next;
        }
        let mut taught: Vec<(&Logged, bool)> = latest.into_values().flatten().collect();
        taught.sort_by_key(|(entry, _)| (entry.at, entry.id));
        Self::worth_learning(&taught)
    }

    fn worth_learning(taught: &[(&Logged, bool)]) -> Self {
        let mut lessons = Self::default();
        let mut said = HashSet::new();
        let mut in_minute: HashMap<(&str, i64), usize> = HashMap::new();
        for (entry, is_spam) in taught {
            if !said.insert((entry.skeleton, *is_spam)) {
                lessons.repeated += 1;
                continue;
            }
            let given = in_minute.entry((&entry.actor, entry.at.timestamp().div_euclid(60))).or_default();
            *given += 1;
            if *given > PER_MODERATOR_MINUTE {
                lessons.capped += 1;
                continue;
            }
            lessons.list.push(Lesson { entry: entry.id, at: entry.at, comment: entry.comment, is_spam: *is_spam });
        }
        lessons
    }

    /// Returns the time from which the log should be read in future, if it has more lessons than a model keeps.
    pub fn later_start(&self) -> Option<DateTime<Utc>> {
        let spare = (self.list.len() >= MOST + STEP).then(|| self.list.len() - MOST)?;
        self.list.get(spare).map(|lesson| lesson.at)
    }

    /// Computes a digest of the first `count` lessons in their order, or `None` if there are fewer. Logs with the same
    /// lessons so far have the same digest.
    pub fn digest(&self, count: usize) -> Option<[u8; 32]> {
        let mut digest = Sha256::new();
        for lesson in self.list.get(..count)? {
            digest.update(lesson.entry.as_bytes());
            digest.update(lesson.comment.0.as_bytes());
            digest.update([u8::from(lesson.is_spam)]);
        }
        Some(digest.finalize().into())
    }
}

/// A rejection for an insult gives no label.
fn label(entry: &Logged) -> Option<bool> {
    match entry.action {
        _ if entry.actor == SYSTEM => None,
        AuditAction::Spam => Some(true),
        AuditAction::Reject if entry.reason == Some(Reason::SpamAd) => Some(true),
        AuditAction::Approve => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates an entry by `lan` on comment `comment`, at second `second`.
    fn entry(id: u128, second: i64, comment: u128, action: AuditAction) -> Logged {
        Logged {
            id: Uuid::from_u128(id),
            at: DateTime::UNIX_EPOCH + chrono::Duration::seconds(second),
            actor: "lan".into(),
            action,
            reason: None,
            reverts: None,
            comment: CommentId(Uuid::from_u128(comment)),
            skeleton: comment.to_le_bytes(),
        }
    }

    fn revert(id: u128, second: i64, comment: u128, reverted: u128) -> Logged {
        Logged { reverts: Some(Uuid::from_u128(reverted)), ..entry(id, second, comment, AuditAction::Revert) }
    }

    fn labels(log: &[Logged]) -> Vec<(u128, bool)> {
        Lessons::of(log).list.iter().map(|lesson| (lesson.comment.0.as_u128(), lesson.is_spam)).collect()
    }

    #[test]
    fn only_decisions_about_spam_are_lessons() {
        let ad = Logged { reason: Some(Reason::SpamAd), ..entry(3, 3, 3, AuditAction::Reject) };
        let insult = Logged { reason: Some(Reason::Insult), ..entry(4, 4, 4, AuditAction::Reject) };
        let by_the_service = Logged { actor: SYSTEM.into(), ..entry(5, 5, 5, AuditAction::Spam) };
        let log = [entry(1, 1, 1, AuditAction::Spam), entry(2, 2, 2, AuditAction::Approve), ad, insult, by_the_service];
        assert_eq!(labels(&log), [(1, true), (2, false), (3, true)]);
    }

    #[test]
    fn the_decision_in_force_counts_at_its_own_position() {
        let log = [
            entry(1, 1, 1, AuditAction::Spam),
            entry(2, 2, 2, AuditAction::Spam),
            entry(3, 3, 1, AuditAction::Approve),
            entry(4, 4, 2, AuditAction::Requeue),
        ];
        assert_eq!(labels(&log[..2]), [(1, true), (2, true)]);
        assert_eq!(labels(&log[..3]), [(2, true), (1, false)]);
        assert_eq!(labels(&log), [(1, false)], "a requeued comment gives no lesson");
    }

    #[test]
    fn a_reverted_decision_does_not_count_until_its_revert_is_reverted() {
        let log = [
            entry(1, 1, 1, AuditAction::Approve),
            entry(2, 2, 1, AuditAction::Spam),
            revert(3, 3, 1, 2),
            revert(4, 4, 1, 3),
            revert(5, 5, 1, 4),
            revert(6, 6, 1, 1),
        ];
        assert_eq!(labels(&log[..3]), labels(&log[..1]));
        assert_eq!(
            Lessons::of(&log[..3]),
            Lessons::of(&log[..1]),
            "the earlier lesson is restored with its position and entry id"
        );
        assert_eq!(labels(&log[..4]), [(1, true)]);
        assert_eq!(labels(&log[..5]), [(1, false)]);
        assert_eq!(labels(&log), []);
    }

    #[test]
    fn lessons_of_one_moderator_are_capped_per_minute() {
        let bulk = (0..500).map(|n| entry(n, 30, n, AuditAction::Spam));
        let colleague = Logged { actor: "minh".into(), ..entry(900, 30, 900, AuditAction::Spam) };
        let next_minute = entry(901, 60, 901, AuditAction::Spam);
        let lessons = Lessons::of(&bulk.chain([colleague, next_minute]).collect::<Vec<_>>());
        assert_eq!((lessons.list.len(), lessons.capped), (PER_MODERATOR_MINUTE + 2, 500 - PER_MODERATOR_MINUTE));
    }

    #[test]
    fn a_campaign_counts_once_for_each_label() {
        let copy = |id, action| Logged { skeleton: [7; 16], ..entry(id, 1, id, action) };
        let log = [copy(1, AuditAction::Spam), copy(2, AuditAction::Spam), copy(3, AuditAction::Approve)];
        assert_eq!(labels(&log), [(1, true), (3, false)]);
        assert_eq!(Lessons::of(&log).repeated, 1);
    }

    #[test]
    fn a_digest_depends_on_the_lessons_that_it_covers() {
        let log = [entry(1, 1, 1, AuditAction::Spam), entry(2, 2, 2, AuditAction::Approve)];
        let lessons = Lessons::of(&log);
        assert_eq!(lessons.digest(1), Lessons::of(&log[..1]).digest(1));
        assert_ne!(lessons.digest(1), lessons.digest(2));
        assert_eq!(lessons.digest(3), None);
    }

    #[test]
    fn the_oldest_lessons_are_dropped_in_steps() {
        let lesson = |second: i64| Lesson {
            entry: Uuid::nil(),
            at: DateTime::UNIX_EPOCH + chrono::Duration::seconds(second),
            comment: CommentId(Uuid::nil()),
            is_spam: true,
        };
        let of = |count: i64| Lessons { list: (0..count).map(lesson).collect(), ..Lessons::default() };
        assert_eq!(of(24_999).later_start(), None);
        assert_eq!(of(25_000).later_start().map(|at| at.timestamp()), Some(5_000));
    }
}
