//! A moderator's decision on one comment, with optimistic concurrency: each decision names the revision that it is for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Error,
    audit::AuditAction,
    comment::Comment,
    id::{CommentId, SiteId},
    last_change::LastChange,
    lifecycle::{self, Action, Status},
    reason::Reason,
    request::RequestRow,
    text,
    violation::{Problem, Violations},
};

/// Largest number of comments that one call may decide.
pub const MAX_ITEMS: usize = 500;

/// The same decision on one or more comments, as it is passed to the store.
#[derive(Debug, Clone)]
pub struct DecisionBatch {
    pub site: SiteId,
    pub action: Action,
    /// The action that the audit records: that of the decision, or EXPIRE.
    pub recorded_as: AuditAction,
    pub reason: Option<Reason>,
    pub note: String,
    /// Name of the token that decides, or [`super::actor::SYSTEM`].
    pub actor: String,
    pub at: DateTime<Utc>,
    /// Id of the batch. `None` for a single decision.
    pub batch: Option<Uuid>,
    /// At most [`MAX_ITEMS`] items, each for another comment.
    pub items: Vec<DecisionItem>,
    /// Idempotency record for replays. The store fills in its response.
    pub request: Option<RequestRow>,
}

/// One comment of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionItem {
    /// Id of the audit row to write. It has the timestamp of the batch's `at`.
    pub id: Uuid,
    pub comment: CommentId,
    /// The revision that the moderator saw.
    pub expected_revision: i64,
}

/// The response to a decision as it is stored for replays. It holds no text of the comment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionAnswer {
    /// False when the comment already had the status.
    pub changed: bool,
    /// Stored under the name that earlier versions use.
    #[serde(rename = "standing")]
    pub last_change: LastChange,
}

/// The reason why one item of a batch failed. It is stored for replays, so it is a separate type and not an [`Error`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DecisionError {
    CommentNotFound(CommentId),
    /// The comment changed after the expected revision.
    Stale(Box<LastChange>),
    InvalidTransition {
        from: Status,
        to: Status,
    },
    /// The entry was reverted before.
    AlreadyReverted,
    NotRevertible,
}

impl From<DecisionError> for Error {
    fn from(error: DecisionError) -> Self {
        match error {
            DecisionError::CommentNotFound(id) => Self::CommentNotFound(id),
            DecisionError::Stale(last_change) => Self::StaleRevision(last_change),
            DecisionError::InvalidTransition { from, to } => Self::InvalidTransition { from, to },
            DecisionError::AlreadyReverted => Self::AlreadyReverted,
            DecisionError::NotRevertible => Self::NotRevertible,
        }
    }
}

/// The result of one item of a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The comment after the decision; `None` if it does not exist.
    pub comment: Option<Comment>,
    pub result: Result<DecisionAnswer, DecisionError>,
}

/// The change that the store makes for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// Write the new status and increase the revision.
    Move(Status),
    /// Record only that a moderator reviewed the public comment, which was waiting for a review.
    Review,
    /// Change nothing, because the comment already has the status.
    AlreadyThere,
}

/// Determines what a decision does to a comment whose last change is `last_change`. `waits` says that a public comment
/// waits for a review: no moderator has reviewed it yet, or reports or a takedown ask for another review.
///
/// # Errors
/// [`DecisionError::Stale`] when a concurrent decision was first, [`DecisionError::InvalidTransition`] when the status
/// table does not allow the step.
pub fn judge(
    action: Action,
    expected_revision: i64,
    last_change: &LastChange,
    waits: bool,
) -> Result<Ruling, DecisionError> {
    let to = action.leads_to(last_change.status);
    if to == last_change.status && (!waits || action != Action::Approve) {
        return Ok(Ruling::AlreadyThere);
    }
    if expected_revision != last_change.revision {
        return Err(DecisionError::Stale(Box::new(last_change.clone())));
    }
    if to == last_change.status {
        return Ok(Ruling::Review);
    }
    let error = DecisionError::InvalidTransition { from: last_change.status, to };
    lifecycle::step(last_change.status, action).map(Ruling::Move).ok_or(error)
}

/// Longest note, in graphemes.
pub const MAX_NOTE: usize = 500;

/// Checks the reason and the note of `action`. A spam decision without a reason gets [`Reason::SpamAd`].
pub fn check_reason(
    action: Action,
    reason: Option<Reason>,
    note: &str,
    violations: &mut Violations,
) -> (Option<Reason>, String) {
    let note = check_note(note, violations);
    let reason = reason.or((action == Action::Spam).then_some(Reason::SpamAd));
    match reason {
        None if action.needs_reason() => violations.add("reason", Problem::Required),
        Some(Reason::Expired) => violations.add("reason", Problem::NotForCallers),
        Some(Reason::Other) if note.is_empty() => violations.add("note", Problem::Required),
        _ => {}
    }
    (reason, note)
}

/// Cleans a note and checks its length.
pub fn check_note(note: &str, violations: &mut Violations) -> String {
    let note = text::clean_block(note);
    violations.check_length("note", &note, MAX_NOTE, MAX_NOTE * 8);
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last_change(status: Status, revision: i64) -> LastChange {
        LastChange {
            comment: CommentId(Uuid::nil()),
            decision: None,
            status,
            revision,
            actor: "minh".into(),
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_first_of_two_moderators_moves_the_comment() {
        let ruling = judge(Action::Approve, 1, &last_change(Status::Pending, 1), true).unwrap();
        assert_eq!(ruling, Ruling::Move(Status::Approved));
    }

    #[test]
    fn a_second_equal_decision_changes_nothing() {
        let ruling = judge(Action::Approve, 1, &last_change(Status::Approved, 2), false).unwrap();
        assert_eq!(ruling, Ruling::AlreadyThere);
    }

    #[test]
    fn a_second_different_decision_gets_the_first_moderators_name() {
        let error = judge(Action::Reject, 1, &last_change(Status::Approved, 2), false).unwrap_err();
        assert!(matches!(error, DecisionError::Stale(first) if first.actor == "minh"));
    }

    #[test]
    fn approving_an_unreviewed_public_comment_only_records_the_review() {
        let ruling = judge(Action::Approve, 1, &last_change(Status::Approved, 1), true).unwrap();
        assert_eq!(ruling, Ruling::Review);
    }

    #[test]
    fn a_rejection_needs_a_reason_and_other_needs_a_note() {
        let mut violations = Violations::default();
        check_reason(Action::Reject, None, "", &mut violations);
        check_reason(Action::Reject, Some(Reason::Other), " ", &mut violations);
        check_reason(Action::Reject, Some(Reason::Expired), "", &mut violations);
        assert_eq!(violations.fields(), ["reason", "note", "reason"]);
        let mut violations = Violations::default();
        assert_eq!(check_reason(Action::Spam, None, "", &mut violations).0, Some(Reason::SpamAd));
        assert!(violations.fields().is_empty());
    }
}
