//! What commands did.

use serde::Serialize;

use super::{Note, Takedown, present, rfc3339};
use crate::{names, outcome::Failure};
use duyet_proto::v1;

/// Where a comment stands after somebody else was first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Standing {
    pub(crate) status: String,
    pub(crate) revision: i64,
    pub(crate) decided_by: String,
    pub(crate) decided_at: String,
}

/// What became of one comment.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Verdict {
    comment_id: String,
    result: &'static str,
    status: Option<&'static str>,
    revision: Option<i64>,
    decision_id: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<String>,
    /// What went wrong, for people.
    message: Option<String>,
    /// Who was first, on a conflict.
    conflict: Option<Box<Standing>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Decisions {
    pub(crate) results: Vec<Verdict>,
}

/// What became of one comment, or of a ban, among several.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ItemResult {
    pub(crate) comment_id: Option<String>,
    pub(crate) ban_id: Option<String>,
    pub(crate) result: &'static str,
    pub(crate) status: Option<&'static str>,
    pub(crate) revision: Option<i64>,
    pub(crate) decision_id: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) conflict: Option<Box<Standing>>,
}

/// What `undo` took back.
#[derive(Debug, Serialize)]
pub(crate) struct Undone {
    pub(crate) results: Vec<ItemResult>,
    pub(crate) batch_id: Option<String>,
}

/// What `bulk` did, or would do.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Bulk {
    pub(crate) action: &'static str,
    pub(crate) dry_run: bool,
    pub(crate) matched: usize,
    /// More match than the limit.
    pub(crate) more: bool,
    pub(crate) changed: usize,
    pub(crate) unchanged: usize,
    pub(crate) failed: usize,
    pub(crate) not_tried: usize,
    pub(crate) batch_ids: Vec<String>,
    pub(crate) results: Vec<ItemResult>,
}

/// What `note` wrote.
#[derive(Debug, Serialize)]
pub(crate) struct Noted {
    pub(crate) comment_id: String,
    pub(crate) note: Note,
}

/// The clock that `escalate` started.
#[derive(Debug, Serialize)]
pub(crate) struct Escalated {
    pub(crate) comment_id: String,
    pub(crate) takedown: Takedown,
    pub(crate) decision_id: String,
}

/// What `reveal` shows: keyed hashes in hex.
#[derive(Debug, Serialize)]
pub(crate) struct Sender {
    comment_id: String,
    device: Option<String>,
    address: Option<String>,
    ip_prefix: Option<String>,
    author: Option<String>,
    fingerprint: Option<String>,
    created_at: Option<String>,
    audit_id: String,
}

/// Where a login is kept.
#[derive(Debug, Serialize)]
pub(crate) struct Login {
    pub(crate) addr: String,
    pub(crate) path: String,
}

/// A text that is no data: a script or a manual page.
#[derive(Debug, Serialize)]
pub(crate) struct Text {
    pub(crate) text: String,
}

/// Files written.
#[derive(Debug, Serialize)]
pub(crate) struct Pages {
    pub(crate) files: Vec<String>,
}

impl Verdict {
    pub(crate) fn new(comment_id: String, answer: Result<v1::DecideResponse, Failure>) -> Self {
        match answer {
            Ok(decided) => Self {
                comment_id,
                result: if decided.changed { "changed" } else { "already" },
                status: decided.comment.as_ref().and_then(|comment| names::status(comment.status)),
                revision: decided.comment.as_ref().map(|comment| comment.revision),
                decided_at: rfc3339(decided.decided_at.as_ref()),
                decision_id: present(decided.decision_id),
                decided_by: present(decided.decided_by),
                ..Self::default()
            },
            Err(failure) => Self {
                comment_id,
                result: failure.outcome.name(),
                message: Some(failure.message),
                conflict: failure.standing,
                ..Self::default()
            },
        }
    }

    pub(crate) fn not_tried(comment_id: String) -> Self {
        Self { comment_id, result: "not_tried", ..Self::default() }
    }
}

impl Sender {
    pub(crate) fn new(comment_id: String, answer: v1::RevealSenderResponse) -> Self {
        Self {
            comment_id,
            created_at: rfc3339(answer.created_at.as_ref()),
            device: present(answer.device),
            address: present(answer.address),
            ip_prefix: present(answer.ip_prefix),
            author: present(answer.author),
            fingerprint: present(answer.fingerprint),
            audit_id: answer.audit_id,
        }
    }
}
