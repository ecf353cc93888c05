//! Computes what a decision, a revert or an article change writes. Both databases share this code.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Error, Result,
    article::{Article, ArticleChange},
    audit::{AuditAction, AuditEntry, Before},
    budget::ByteBudget,
    change::ChangeKind,
    comment::{Attention, Comment},
    decision::{self, DecisionAnswer, DecisionBatch, DecisionError, DecisionItem, Ruling, Settled},
    last_change::LastChange,
    lifecycle::{Action, Status},
    page::{Page, REPLIES_SHOWN, Thread, published_cursor, thread_cursor},
    policy::check_open,
    privacy::Erasure,
    public_comment::PublicComment,
    report::{Escalated, Escalation},
    request::RequestRow,
    submission::Submission,
};

/// A comment's last audit entry.
#[derive(Clone)]
pub(super) struct LastDecision {
    pub(super) id: Uuid,
    pub(super) actor: String,
    pub(super) at: DateTime<Utc>,
}

/// A changed comment, whose row is locked, and the audit entry of the change.
#[derive(Debug)]
pub(super) struct ChangedComment {
    /// The comment after the change.
    pub(super) comment: Comment,
    pub(super) entry: AuditEntry,
}

impl ChangedComment {
    /// Returns whether the change belongs in the change feed: the status changed, a moderator reviewed the comment, or
    /// its need for attention changed.
    pub(super) fn is_news(&self) -> bool {
        let Comment { reviewed_at, attention, .. } = &self.comment;
        let looked = |before: &Before| before.reviewed_at != *reviewed_at || before.attention != *attention;
        self.entry.from_status != self.entry.to_status || self.entry.before.as_ref().is_some_and(looked)
    }

    pub(super) fn kind(&self) -> ChangeKind {
        let Comment { status, published_at, .. } = self.comment;
        ChangeKind::of_comment(self.entry.from_status, status, published_at, self.entry.at)
    }

    /// Returns whether the change replaces the judge: the person or rule that brought the comment into its status.
    pub(super) fn replaces_judge(&self) -> bool {
        let looked_at_before = self.entry.before.as_ref().and_then(|before| before.reviewed_at);
        self.entry.replaces_judge(looked_at_before != self.comment.reviewed_at)
    }

    /// Returns the change of the public counts of parent and article: -1, 0 or 1.
    pub(super) fn public_change(&self) -> i32 {
        let public = |status: Option<Status>| i32::from(status.is_some_and(Status::is_public));
        public(self.entry.to_status) - public(self.entry.from_status)
    }
}

/// Judges one item of a batch on the current `comment`. `last` is the decision that brought it into its status. Returns
/// the result, and the change to write, which is `None` if nothing is to be written.
pub(super) fn settle(
    batch: &DecisionBatch,
    item: &DecisionItem,
    mut comment: Comment,
    last: Option<LastDecision>,
) -> (Settled, Option<ChangedComment>) {
    let last_change = last_change(&comment, last);
    let waits = comment.reviewed_at.is_none() || comment.attention.flagged_at.is_some();
    let to = match decision::judge(batch.action, item.expected_revision, &last_change, waits) {
        Err(error) => return (Settled { comment: Some(comment), result: Err(error) }, None),
        Ok(Ruling::AlreadyThere) => {
            let result = Ok(DecisionAnswer { changed: false, last_change });
            return (Settled { comment: Some(comment), result }, None);
        }
        Ok(Ruling::Review) => comment.status,
        Ok(Ruling::Move(to)) => to,
    };
    let entry = AuditEntry {
        reason: batch.reason,
        note: batch.note.clone(),
        batch: batch.batch,
        request_id: batch.request.as_ref().map(|request| request.id),
        ..AuditEntry::new(item.id, batch.recorded_as, &batch.actor, batch.at)
    };
    let requeued = batch.action == Action::Requeue;
    let reviewed_at = (!requeued).then_some(batch.at);
    let attention = if requeued {
        Attention { takedown: comment.attention.takedown, ..comment.attention.settled() }
    } else {
        comment.attention.settled()
    };
    let entry = change(&mut comment, to, reviewed_at, attention, entry);
    let settled = Settled { comment: Some(comment.clone()), result: Ok(answer(&entry, &comment)) };
    (settled, Some(ChangedComment { comment, entry }))
}

/// Changes the comment and returns the completed audit entry of the change.
pub(super) fn change(
    comment: &mut Comment,
    to: Status,
    reviewed_at: Option<DateTime<Utc>>,
    attention: Attention,
    entry: AuditEntry,
) -> AuditEntry {
    let from = comment.status;
    let before =
        Before { reviewed_at: comment.reviewed_at, attention: comment.attention.clone(), left: attention.clone() };
    if to != from {
        comment.revision += 1;
    }
    comment.status = to;
    comment.reviewed_at = reviewed_at;
    comment.attention = attention;
    if to.is_public() {
        comment.published_at = comment.published_at.or(Some(entry.at));
    }
    AuditEntry {
        comment: Some(comment.id),
        article: Some(comment.article.clone()),
        from_status: Some(from),
        to_status: Some(to),
        revision: comment.revision,
        before: Some(before),
        ..entry
    }
}

/// Sets a takedown deadline on the comment.
///
/// Fails with `NotRevertible` for an erased comment.
pub(super) fn escalate(escalation: &Escalation, mut comment: Comment) -> Result<(Escalated, ChangedComment)> {
    if comment.status == Status::Erased {
        return Err(Error::NotRevertible);
    }
    let takedown = escalation.takedown;
    let entry =
        AuditEntry { request_id: escalation.request.as_ref().map(|request| request.id), ..escalation.entry.clone() };
    let flagged_at = comment.attention.flagged_at.or(Some(entry.at));
    let attention = Attention { flagged_at, takedown: Some(takedown), ..comment.attention.clone() };
    let (status, reviewed_at) = (comment.status, comment.reviewed_at);
    let entry = change(&mut comment, status, reviewed_at, attention, entry);
    Ok((Escalated { takedown, entry: entry.id }, ChangedComment { comment, entry }))
}

/// Changes the status of the comment to ERASED; the store then empties the row. Returns `None` when the comment is
/// already erased, or no longer meets the condition of the erasure.
pub(super) fn erase(erasure: &Erasure, entry: Uuid, mut comment: Comment) -> Option<ChangedComment> {
    let meant = if erasure.action == AuditAction::Withdraw {
        comment.can_be_withdrawn()
    } else {
        erasure.only.is_none_or(|outlived| outlived.holds(&comment))
    };
    if comment.status == Status::Erased || !meant {
        return None;
    }
    let entry = AuditEntry {
        note: erasure.note.clone(),
        batch: Some(erasure.batch),
        request_id: erasure.request_id,
        ..AuditEntry::new(entry, erasure.action, &erasure.actor, erasure.at)
    };
    let attention = Attention { takedown: None, ..comment.attention.settled() };
    let reviewed_at = comment.reviewed_at;
    let entry = change(&mut comment, Status::Erased, reviewed_at, attention, entry);
    Some(ChangedComment { comment, entry })
}

/// Applies the changes of `outcomes` to the reply counts of the comments in a response. This is necessary when one
/// batch decides on roots and on their replies.
pub(super) fn recount<'a>(comments: impl Iterator<Item = &'a mut Comment>, outcomes: &[ChangedComment]) {
    let mut changes: HashMap<_, i32> = HashMap::new();
    for outcome in outcomes {
        if let Some(parent) = outcome.comment.parent {
            *changes.entry(parent).or_default() += outcome.public_change();
        }
    }
    for comment in comments {
        comment.reply_count += changes.get(&comment.id).copied().unwrap_or_default();
    }
}

fn answer(entry: &AuditEntry, comment: &Comment) -> DecisionAnswer {
    let last_change = LastChange {
        comment: comment.id,
        decision: Some(entry.id),
        status: comment.status,
        revision: comment.revision,
        actor: entry.actor.clone(),
        at: entry.at,
    };
    DecisionAnswer { changed: true, last_change }
}

/// Returns the change that brought a comment into its status. Without an audit entry, this is its submission.
pub(super) fn last_change(comment: &Comment, last: Option<LastDecision>) -> LastChange {
    let (decision, actor, at) = match last {
        Some(last) => (Some(last.id), last.actor, last.at),
        None => (None, String::new(), comment.created_at),
    };
    LastChange { comment: comment.id, decision, status: comment.status, revision: comment.revision, actor, at }
}

/// Returns the results of a batch that are stored for replays.
pub(super) fn remembered(settled: &[Settled]) -> Vec<&Result<DecisionAnswer, DecisionError>> {
    settled.iter().map(|item| &item.result).collect()
}

/// Returns whether the request of a batch is stored. That of a single decision that failed is not, so that the caller
/// may make the decision again.
pub(super) fn is_remembered(batch: &DecisionBatch, settled: &[Settled]) -> bool {
    batch.batch.is_some() || settled.iter().all(|item| item.result.is_ok())
}

pub(super) fn article_entry(change: &ArticleChange, after: &Article) -> AuditEntry {
    AuditEntry {
        article: Some(after.id.clone()),
        revision: after.revision,
        request_id: change.request.as_ref().map(|request| request.id),
        ..AuditEntry::new(change.audit_id, AuditAction::UpdateArticle, &change.actor, change.at)
    }
}

pub(super) fn answered(request: &RequestRow, answer: &impl serde::Serialize) -> Result<RequestRow> {
    let response = serde_json::to_string(answer).map_err(Error::internal)?;
    Ok(RequestRow { response, ..request.clone() })
}

/// Returns the article if it does not accept comments at the time of the submission. The article is checked and
/// returned in the state in which this submission would leave it.
pub(super) fn closed_article(submission: &Submission, known: Option<&Article>) -> Option<Article> {
    let now = submission.comment.created_at;
    let fresh = || Article::unknown(submission.comment.article.clone(), None, now);
    let article = known.cloned().unwrap_or_else(fresh).published(submission.article_published_at);
    check_open(submission.site_rules.mode_of(&article, now)).is_err().then_some(article)
}

/// Groups the replies under their roots. `replies` are in order within each root. If a root has more replies than are
/// shown, they include one more, from which the page token is made.
pub(super) fn threads(roots: Page<PublicComment>, mut replies: Vec<PublicComment>) -> Page<Thread> {
    roots
        .map(|root| {
            let own: Vec<_> = replies.extract_if(.., |reply| reply.parent == Some(root.id)).collect();
            Thread { root, replies: Page::of(own, REPLIES_SHOWN, published_cursor) }
        })
        .within(ByteBudget::default(), thread_cursor)
}
