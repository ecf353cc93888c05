//! Conversion of comments, cases and audit entries to protobuf messages.

use duyet_locale::{Locale, Value};
use duyet_proto::v1;

use super::values::{to_mode, to_reason, to_status, to_takedown_kind, to_time};
use crate::{
    domain::{
        audit::AuditEntry,
        budget::{ByteBudget, RESPONSE_BYTES},
        case::ReviewCase,
        comment::{Comment, Takedown},
        id::ArticleId,
        public_comment::{Appearance, PublicComment},
        report::{ModeratorNote, ReportCount},
        spam::{Finding, Rule},
    },
    service::{CommentList, ListedThread},
};

/// Converts a comment with all its texts, for moderators.
pub(in crate::grpc) fn to_comment(comment: Comment) -> v1::Comment {
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

/// Converts a comment as readers see it. A tombstone has status REMOVED, whether the comment was removed or erased, and
/// no texts; a waiting comment has status PENDING.
pub(in crate::grpc) fn to_public(comment: PublicComment, article: &ArticleId, own: bool) -> v1::Comment {
    let status = match comment.appearance {
        Appearance::Public => v1::CommentStatus::Approved,
        Appearance::Tombstone => v1::CommentStatus::Removed,
        Appearance::Waiting => v1::CommentStatus::Pending,
    };
    v1::Comment {
        id: comment.id.to_string(),
        article_id: article.as_str().to_owned(),
        parent_id: comment.parent.map(|id| id.to_string()).unwrap_or_default(),
        reply_to: comment.reply_to.map(|id| id.to_string()).unwrap_or_default(),
        author_name: comment.author_name,
        title: comment.title,
        content: comment.content,
        status: status.into(),
        revision: comment.revision,
        created_at: Some(to_time(comment.created_at)),
        published_at: comment.published_at.map(to_time),
        replies: vec![],
        reply_count: comment.reply_count,
        next_reply_page_token: String::new(),
        own,
    }
}

/// Converts a page of comments for a portal.
pub(in crate::grpc) fn to_listed(list: CommentList) -> v1::ListCommentsResponse {
    let CommentList { article, threads, own, next_page_token, total, mode } = list;
    let public = |comment: PublicComment| {
        let own = own.contains(&comment.id);
        to_public(comment, &article, own)
    };
    let listed = |listed: ListedThread| v1::Comment {
        replies: listed.thread.replies.items.into_iter().map(public).collect(),
        next_reply_page_token: listed.next_reply_token,
        ..public(listed.thread.root)
    };
    v1::ListCommentsResponse {
        comments: threads.into_iter().map(listed).collect(),
        next_page_token,
        total_count: total,
        mode: to_mode(mode).into(),
    }
}

/// Converts a case, with its findings explained in `locale`.
pub(in crate::grpc) fn to_case(case: ReviewCase, locale: Locale) -> v1::ReviewCase {
    let ReviewCase { comment, findings, spam_score, history, article_title, article_url, claim, details } = case;
    let details = details.map(|details| *details).unwrap_or_default();
    let attention = &comment.attention;
    v1::ReviewCase {
        findings: to_findings(findings, locale),
        spam_score,
        author_history: Some(v1::AuthorHistory {
            author: history.author,
            approved: history.approved,
            refused: history.rejected,
            spam: history.spam,
            pending: history.pending,
        }),
        article_title,
        article_url,
        decisions: details.decisions.into_iter().map(to_audit).collect(),
        reviewed_at: comment.reviewed_at.map(to_time),
        same_text: details.same_text,
        reports: Some(v1::Reports {
            total: attention.reports,
            open: attention.open_reports,
            counts: details.report_counts.into_iter().map(to_report_count).collect(),
            notes: details.report_notes,
        }),
        claim: claim.map(|claim| v1::Claim { moderator: claim.moderator, expires_at: Some(to_time(claim.expires_at)) }),
        takedown: attention.takedown.map(to_takedown),
        siblings: details.siblings.into_iter().map(to_comment).collect(),
        author_comments: details.author_comments.into_iter().map(to_comment).collect(),
        notes: details.notes.into_iter().map(to_note).collect(),
        answered: details.answered.map(to_comment),
        comment: Some(to_comment(comment)),
    }
}

fn to_report_count(of: ReportCount) -> v1::ReportCount {
    v1::ReportCount { reason: of.reason.map_or(v1::Reason::Unspecified, to_reason).into(), count: of.count }
}

pub(in crate::grpc) fn to_takedown(takedown: Takedown) -> v1::Takedown {
    v1::Takedown { kind: to_takedown_kind(takedown.kind).into(), due_at: Some(to_time(takedown.due_at)) }
}

pub(in crate::grpc) fn to_note(note: ModeratorNote) -> v1::ModeratorNote {
    v1::ModeratorNote { id: note.id.to_string(), at: Some(to_time(note.at)), actor: note.actor, text: note.text }
}

/// Converts findings, explained in `locale`. Keeps only as many as fit into half a response, because a text can match
/// thousands of terms.
pub(in crate::grpc) fn to_findings(mut findings: Vec<Finding>, locale: Locale) -> Vec<v1::Finding> {
    findings.truncate(ByteBudget::after(RESPONSE_BYTES / 2).fitting(&findings));
    findings.into_iter().map(|finding| to_finding(finding, locale)).collect()
}

/// Converts a finding, explained in `locale`.
fn to_finding(finding: Finding, locale: Locale) -> v1::Finding {
    let explanation = explain(&finding, locale);
    let byte = |at| u32::try_from(at).unwrap_or(u32::MAX);
    v1::Finding {
        rule: finding.rule.to_string(),
        weight: finding.weight,
        excerpt: finding.excerpt,
        start: byte(finding.start),
        end: byte(finding.end),
        explanation,
        field: finding.field.map(|field| field.to_string()).unwrap_or_default(),
        feature: finding.feature,
        term_id: finding.term.map(|id| id.to_string()).unwrap_or_default(),
    }
}

/// Explains the finding to a moderator in one sentence.
fn explain(finding: &Finding, locale: Locale) -> String {
    let key = format!("finding-{}", finding.rule.as_str().to_lowercase().replace('_', "-"));
    let excerpt = ("excerpt", Value::Text(finding.excerpt.clone()));
    if finding.rule != Rule::Learned {
        return locale.text_with(&key, &[excerpt]);
    }
    let leaning = if finding.weight < 0.0 { "APPROVED" } else { "SPAM" };
    let subject = locale.text_with(&feature_key(&finding.feature), &[excerpt]);
    locale.text_with(&key, &[("subject", Value::Text(subject)), ("leaning", leaning.into())])
}

/// Returns the message key of a feature: `feature-w` for a word, `feature-len` for the property `m:len=3`, and
/// `feature-pair` for a combination of two properties.
fn feature_key(feature: &str) -> String {
    match feature.strip_prefix("m:") {
        Some(fact) if fact.contains('+') => "feature-pair".to_owned(),
        Some(fact) => format!("feature-{}", fact.split('=').next().unwrap_or(fact)),
        None => format!("feature-{}", feature.split(':').next().unwrap_or(feature)),
    }
}

pub(in crate::grpc) fn to_audit(entry: AuditEntry) -> v1::AuditEntry {
    let status = |status: Option<_>| status.map_or(v1::CommentStatus::Unspecified, to_status).into();
    v1::AuditEntry {
        id: entry.id.to_string(),
        at: Some(to_time(entry.at)),
        actor: entry.actor,
        action: entry.action.to_string(),
        comment_id: entry.comment.map(|id| id.to_string()).unwrap_or_default(),
        article_id: entry.article.map(|id| id.as_str().to_owned()).unwrap_or_default(),
        from_status: status(entry.from_status),
        to_status: status(entry.to_status),
        revision: entry.revision,
        reason: entry.reason.map_or(v1::Reason::Unspecified, to_reason).into(),
        note: entry.note,
        request_id: entry.request_id.map(|id| id.to_string()).unwrap_or_default(),
        batch_id: entry.batch.map(|id| id.to_string()).unwrap_or_default(),
        reverts: entry.reverts.map(|id| id.to_string()).unwrap_or_default(),
        ban_id: entry.ban.map(|id| id.to_string()).unwrap_or_default(),
    }
}
