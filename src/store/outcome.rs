//! What a decision or an article change writes, worked out once for both databases.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Error, Result,
    audit::{AuditEntry, UPDATE_ARTICLE},
    comment::Comment,
    decision::{self, Decided, Decision, Ruling, Standing, Verdict},
    lifecycle::{Action, Status},
    page::{Page, REPLIES_SHOWN, Thread, published_cursor},
    policy::{Article, ArticleChange, Mode, check_open, mode_of},
    request::RequestRow,
    submission::Submission,
};

/// The last entry of a comment's audit.
pub(super) struct LastDecision {
    pub(super) id: Uuid,
    pub(super) actor: String,
    pub(super) at: DateTime<Utc>,
}

/// A decision on a comment that is locked.
pub(super) struct Outcome {
    pub(super) decided: Decided,
    /// `None` when the comment was already there: nothing is to be written but the request row.
    pub(super) audit: Option<AuditEntry>,
    /// True when the status changes, so that followers must hear of it.
    pub(super) moved: bool,
    /// What to add to the public counts of parent and article: -1, 0 or 1.
    pub(super) public_change: i32,
}

/// Judges `decision` on `comment` as it stands after `last`.
pub(super) fn settle(decision: &Decision, mut comment: Comment, last: Option<LastDecision>) -> Result<Outcome> {
    let from = comment.status;
    let standing = standing(&comment, last);
    let to = match decision::judge(decision, &standing, comment.reviewed_at.is_some())? {
        Ruling::AlreadyThere => {
            let decided = Decided { verdict: Verdict { changed: false, standing }, comment };
            return Ok(Outcome { decided, audit: None, moved: false, public_change: 0 });
        }
        Ruling::Review => from,
        Ruling::Move(to) => {
            comment.revision += 1;
            to
        }
    };
    comment.status = to;
    comment.reviewed_at = (decision.action != Action::Requeue).then_some(decision.at);
    if to.is_public() {
        comment.published_at = comment.published_at.or(Some(decision.at));
    }
    let standing = Standing {
        comment: comment.id,
        decision: Some(decision.id),
        status: to,
        revision: comment.revision,
        actor: decision.actor.clone(),
        at: decision.at,
    };
    Ok(Outcome {
        audit: Some(entry(decision, &comment, from)),
        moved: to != from,
        public_change: i32::from(to.is_public()) - i32::from(from.is_public()),
        decided: Decided { verdict: Verdict { changed: true, standing }, comment },
    })
}

fn standing(comment: &Comment, last: Option<LastDecision>) -> Standing {
    let (decision, actor, at) = match last {
        Some(last) => (Some(last.id), last.actor, last.at),
        None => (None, String::new(), comment.created_at),
    };
    Standing { comment: comment.id, decision, status: comment.status, revision: comment.revision, actor, at }
}

fn entry(decision: &Decision, comment: &Comment, from: Status) -> AuditEntry {
    AuditEntry {
        id: decision.id,
        at: decision.at,
        actor: decision.actor.clone(),
        action: decision.action.as_str().to_owned(),
        comment: Some(comment.id),
        article: Some(comment.article.clone()),
        from_status: Some(from),
        to_status: Some(comment.status),
        revision: comment.revision,
        reason: decision.reason,
        note: decision.note.clone(),
        request_id: decision.request.as_ref().map(|request| request.id),
    }
}

/// The audit entry of an article change.
pub(super) fn article_entry(change: &ArticleChange, after: &Article) -> AuditEntry {
    AuditEntry {
        id: change.audit_id,
        at: change.at,
        actor: change.actor.clone(),
        action: UPDATE_ARTICLE.to_owned(),
        comment: None,
        article: Some(after.id.clone()),
        from_status: None,
        to_status: None,
        revision: after.revision,
        reason: None,
        note: String::new(),
        request_id: change.request.as_ref().map(|request| request.id),
    }
}

/// A request row with the answer filled in.
pub(super) fn answered(request: &RequestRow, answer: &impl serde::Serialize) -> Result<RequestRow> {
    let response = serde_json::to_string(answer).map_err(Error::internal)?;
    Ok(RequestRow { response, ..request.clone() })
}

/// The article when it takes no comments at the time of the submission. One not known yet is shown as it would be made.
pub(super) fn closed_article(submission: &Submission, known: Option<&Article>, site_mode: Mode) -> Option<Article> {
    let mode = mode_of(known, submission.comment.created_at, site_mode);
    check_open(mode).is_err().then(|| {
        known.cloned().unwrap_or_else(|| Article {
            id: submission.comment.article.clone(),
            title: submission.article_title.clone(),
            url: submission.article_url.clone(),
            mode: None,
            close_at: None,
            revision: 0,
            public_count: 0,
        })
    })
}

/// Hangs replies, ordered under each root and one more than shown, under their roots.
pub(super) fn threads(roots: Page<Comment>, mut replies: Vec<Comment>) -> Page<Thread> {
    roots.map(|root| {
        let own: Vec<_> = replies.extract_if(.., |reply| reply.parent == Some(root.id)).collect();
        Thread { root, replies: Page::of(own, REPLIES_SHOWN, published_cursor) }
    })
}
