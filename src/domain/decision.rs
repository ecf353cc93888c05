//! One moderator's decision on one comment, and how two of them at once are told apart.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Error, Result,
    comment::Comment,
    error::{Problem, Violations},
    id::{CommentId, SiteId},
    lifecycle::{self, Action, Status},
    request::RequestRow,
    text,
};

named_enum! {
    /// Why a comment was refused.
    Reason {
        OffTopic = "OFF_TOPIC",
        Insult = "INSULT",
        Hate = "HATE",
        SpamAd = "SPAM_AD",
        PersonalData = "PERSONAL_DATA",
        FalseInfo = "FALSE_INFO",
        Illegal = "ILLEGAL",
        Language = "LANGUAGE",
        Duplicate = "DUPLICATE",
        /// Set by the service only.
        Expired = "EXPIRED",
        /// The note says what.
        Other = "OTHER",
    }
}

/// A decision as it reaches the store.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Id of the audit row to write, made from `at`.
    pub id: Uuid,
    pub site: SiteId,
    pub comment: CommentId,
    pub action: Action,
    /// The revision that the moderator saw.
    pub expected_revision: i64,
    pub reason: Option<Reason>,
    pub note: String,
    /// Name of the token that decides.
    pub actor: String,
    pub at: DateTime<Utc>,
    /// For replays; the response is filled in by the store.
    pub request: Option<RequestRow>,
}

/// Who brought a comment where it stands, and when: what the slower of two moderators is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub comment: CommentId,
    /// Audit row of the last change; `None` when nobody decided yet.
    pub decision: Option<Uuid>,
    pub status: Status,
    pub revision: i64,
    /// Empty when nobody decided yet.
    pub actor: String,
    pub at: DateTime<Utc>,
}

/// A decision's answer as it is remembered for replays: no text in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// False when the comment was already there.
    pub changed: bool,
    pub standing: Standing,
}

/// What a decision came to. In a replay the comment is as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub verdict: Verdict,
    pub comment: Comment,
}

/// What the store must do for a decision on a comment that stands as given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// Write the new status and raise the revision.
    Move(Status),
    /// A live comment nobody had looked at: only note that it was looked at.
    Review,
    /// It is already where the action leads.
    AlreadyThere,
}

/// Judges a decision against the comment as it stands now.
///
/// # Errors
/// [`Error::StaleRevision`] when somebody was faster, [`Error::InvalidTransition`] when the table has no such step.
pub fn judge(decision: &Decision, standing: &Standing, reviewed: bool) -> Result<Ruling> {
    let to = decision.action.leads_to(standing.status);
    if to == standing.status && (reviewed || decision.action != Action::Approve) {
        return Ok(Ruling::AlreadyThere);
    }
    if decision.expected_revision != standing.revision {
        return Err(Error::StaleRevision(Box::new(standing.clone())));
    }
    if to == standing.status {
        return Ok(Ruling::Review);
    }
    lifecycle::step(standing.status, decision.action).map(Ruling::Move)
}

/// Longest note, in graphemes.
pub const MAX_NOTE: usize = 500;

/// Checks reason and note of `action`; a spam verdict without a reason means [`Reason::SpamAd`].
pub fn check_reason(
    action: Action,
    reason: Option<Reason>,
    note: &str,
    violations: &mut Violations,
) -> (Option<Reason>, String) {
    let note = text::clean_block(note);
    let reason = reason.or((action == Action::Spam).then_some(Reason::SpamAd));
    match reason {
        None if action.needs_reason() => violations.add("reason", Problem::Required),
        Some(Reason::Expired) => violations.add("reason", Problem::NotForCallers),
        Some(Reason::Other) if note.is_empty() => violations.add("note", Problem::Required),
        _ => {}
    }
    violations.check_length("note", &note, MAX_NOTE, MAX_NOTE * 8);
    (reason, note)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(action: Action, expected_revision: i64) -> Decision {
        Decision {
            id: Uuid::nil(),
            site: SiteId::parse("default").unwrap(),
            comment: CommentId(Uuid::nil()),
            action,
            expected_revision,
            reason: None,
            note: String::new(),
            actor: "lan".into(),
            at: DateTime::UNIX_EPOCH,
            request: None,
        }
    }

    fn standing(status: Status, revision: i64) -> Standing {
        Standing {
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
        let ruling = judge(&decision(Action::Approve, 1), &standing(Status::Pending, 1), false).unwrap();
        assert_eq!(ruling, Ruling::Move(Status::Approved));
    }

    #[test]
    fn the_second_with_the_same_verdict_is_told_it_is_done() {
        let ruling = judge(&decision(Action::Approve, 1), &standing(Status::Approved, 2), true).unwrap();
        assert_eq!(ruling, Ruling::AlreadyThere);
    }

    #[test]
    fn the_second_with_another_verdict_is_told_who_was_first() {
        let error = judge(&decision(Action::Reject, 1), &standing(Status::Approved, 2), true).unwrap_err();
        assert!(matches!(error, Error::StaleRevision(first) if first.actor == "minh"));
    }

    #[test]
    fn approving_a_live_comment_nobody_looked_at_only_notes_the_look() {
        let ruling = judge(&decision(Action::Approve, 1), &standing(Status::Approved, 1), false).unwrap();
        assert_eq!(ruling, Ruling::Review);
    }

    #[test]
    fn a_refusal_needs_a_reason_and_other_needs_a_note() {
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
