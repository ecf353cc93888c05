//! Comments, cases and audit entries for the wire.

use super::convert::{to_reason, to_status, to_time};
use crate::{
    domain::{audit::AuditEntry, case::Case, comment::Comment, spam::Finding},
    locale::{Locale, Value},
    proto::v1,
    workflow::{CommentList, ListedThread},
};

/// A comment with all of its text, for moderators.
pub(super) fn to_comment(comment: Comment) -> v1::Comment {
    v1::Comment {
        id: comment.id.to_string(),
        article_id: comment.article.as_str().to_owned(),
        parent_id: comment.parent.map(|id| id.to_string()).unwrap_or_default(),
        reply_to: comment.reply_to.map(|id| id.to_string()).unwrap_or_default(),
        author_name: comment.author_name,
        title: comment.title,
        content: comment.content,
        status: to_status(comment.status).into(),
        revision: comment.revision,
        created_at: Some(to_time(comment.created_at)),
        published_at: comment.published_at.map(to_time),
        replies: vec![],
        reply_count: comment.reply_count,
        next_reply_page_token: String::new(),
        own: false,
    }
}

/// A comment as readers see it: a tombstone is REMOVED, whatever became of it, and has no text; what waits is PENDING.
pub(super) fn to_public(comment: Comment, own: bool) -> v1::Comment {
    let (gone, waits) = (comment.is_tombstone(), comment.is_waiting());
    let mut public = to_comment(comment);
    public.own = own;
    if waits {
        public.set_status(v1::CommentStatus::Pending);
    }
    if gone {
        public.set_status(v1::CommentStatus::Removed);
        public.author_name.clear();
        public.title.clear();
        public.content.clear();
    }
    public
}

/// A page for a portal.
pub(super) fn to_listed(list: &CommentList, listed: &ListedThread) -> v1::Comment {
    let public = |comment: &Comment| to_public(comment.clone(), list.own.contains(&comment.id));
    v1::Comment {
        replies: listed.thread.replies.items.iter().map(public).collect(),
        next_reply_page_token: listed.next_reply_token.clone(),
        ..public(&listed.thread.root)
    }
}

/// A case, its findings explained in `locale`.
pub(super) fn to_case(case: Case, locale: Locale) -> v1::Case {
    let reviewed_at = case.comment.reviewed_at.map(to_time);
    v1::Case {
        comment: Some(to_comment(case.comment)),
        findings: case.findings.into_iter().map(|finding| to_finding(finding, locale)).collect(),
        spam_score: case.spam_score,
        author_history: Some(v1::AuthorHistory {
            author: case.history.author,
            approved: case.history.approved,
            refused: case.history.refused,
            spam: case.history.spam,
            pending: case.history.pending,
        }),
        article_title: case.article_title,
        article_url: case.article_url,
        decisions: case.decisions.into_iter().map(to_audit).collect(),
        reviewed_at,
        same_text: case.same_text,
    }
}

fn to_finding(finding: Finding, locale: Locale) -> v1::Finding {
    let key = format!("finding-{}", finding.rule.as_str().to_lowercase().replace('_', "-"));
    let explanation = locale.text_with(&key, &[("excerpt", Value::Text(finding.excerpt.clone()))]);
    let byte = |at| u32::try_from(at).unwrap_or(u32::MAX);
    v1::Finding {
        rule: finding.rule.to_string(),
        weight: finding.weight,
        excerpt: finding.excerpt,
        start: byte(finding.start),
        end: byte(finding.end),
        explanation,
        field: finding.field.map(|field| field.to_string()).unwrap_or_default(),
    }
}

/// An audit entry.
pub(super) fn to_audit(entry: AuditEntry) -> v1::AuditEntry {
    let status = |status: Option<_>| status.map_or(v1::CommentStatus::Unspecified, to_status).into();
    v1::AuditEntry {
        id: entry.id.to_string(),
        at: Some(to_time(entry.at)),
        actor: entry.actor,
        action: entry.action,
        comment_id: entry.comment.map(|id| id.to_string()).unwrap_or_default(),
        article_id: entry.article.map(|id| id.as_str().to_owned()).unwrap_or_default(),
        from_status: status(entry.from_status),
        to_status: status(entry.to_status),
        revision: entry.revision,
        reason: entry.reason.map_or(v1::Reason::Unspecified, to_reason).into(),
        note: entry.note,
        request_id: entry.request_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}
