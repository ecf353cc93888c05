//! What commands did.

use serde::Serialize;

use super::{Note, Takedown, present, rfc3339};
use crate::{
    cli::{names, outcome::Failure},
    proto::v1,
};

/// Where a comment stands after somebody else was first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(in crate::cli) struct Standing {
    pub(in crate::cli) status: String,
    pub(in crate::cli) revision: i64,
    pub(in crate::cli) decided_by: String,
    pub(in crate::cli) decided_at: String,
}

/// What became of one comment.
#[derive(Debug, Default, Serialize)]
pub(in crate::cli) struct Verdict {
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
pub(in crate::cli) struct Decisions {
    pub(in crate::cli) results: Vec<Verdict>,
}

/// What became of one comment, or of a ban, among several.
#[derive(Debug, Default, Serialize)]
pub(in crate::cli) struct ItemResult {
    pub(in crate::cli) comment_id: Option<String>,
    pub(in crate::cli) ban_id: Option<String>,
    pub(in crate::cli) result: &'static str,
    pub(in crate::cli) status: Option<&'static str>,
    pub(in crate::cli) revision: Option<i64>,
    pub(in crate::cli) decision_id: Option<String>,
    pub(in crate::cli) message: Option<String>,
    pub(in crate::cli) conflict: Option<Box<Standing>>,
}

/// What `undo` took back.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Undone {
    pub(in crate::cli) results: Vec<ItemResult>,
    pub(in crate::cli) batch_id: Option<String>,
}

/// What `bulk` did, or would do.
#[derive(Debug, Default, Serialize)]
pub(in crate::cli) struct Bulk {
    pub(in crate::cli) action: &'static str,
    pub(in crate::cli) dry_run: bool,
    pub(in crate::cli) matched: usize,
    /// More match than the limit.
    pub(in crate::cli) more: bool,
    pub(in crate::cli) changed: usize,
    pub(in crate::cli) unchanged: usize,
    pub(in crate::cli) failed: usize,
    pub(in crate::cli) not_tried: usize,
    pub(in crate::cli) batch_ids: Vec<String>,
    pub(in crate::cli) results: Vec<ItemResult>,
}

/// What `note` wrote.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Noted {
    pub(in crate::cli) comment_id: String,
    pub(in crate::cli) note: Note,
}

/// The clock that `escalate` started.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Escalated {
    pub(in crate::cli) comment_id: String,
    pub(in crate::cli) takedown: Takedown,
    pub(in crate::cli) decision_id: String,
}

/// What `reveal` shows: keyed hashes in hex.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Sender {
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
pub(in crate::cli) struct Login {
    pub(in crate::cli) addr: String,
    pub(in crate::cli) path: String,
}

/// A text that is no data: a script or a manual page.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Text {
    pub(in crate::cli) text: String,
}

/// Files written.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Pages {
    pub(in crate::cli) files: Vec<String>,
}

impl Verdict {
    pub(in crate::cli) fn new(comment_id: String, answer: Result<v1::DecideResponse, Failure>) -> Self {
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

    pub(in crate::cli) fn not_tried(comment_id: String) -> Self {
        Self { comment_id, result: "not_tried", ..Self::default() }
    }
}

impl Sender {
    pub(in crate::cli) fn new(comment_id: String, answer: v1::RevealSenderResponse) -> Self {
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
