//! A comment and everything known about it.

use serde::Serialize;

use super::{AuditEntry, present, rfc3339};
use crate::names;
use duyet_proto::v1;

#[derive(Debug, Serialize)]
pub(crate) struct Comment {
    id: String,
    article_id: String,
    parent_id: Option<String>,
    reply_to: Option<String>,
    author_name: String,
    title: String,
    content: String,
    status: Option<&'static str>,
    revision: i64,
    created_at: Option<String>,
    published_at: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Finding {
    rule: String,
    weight: f64,
    field: Option<String>,
    start: u32,
    end: u32,
    excerpt: String,
    explanation: String,
    /// What the learned score saw, by its name.
    feature: Option<String>,
    /// The listed term.
    term_id: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct AuthorHistory {
    author: String,
    approved: i32,
    refused: i32,
    spam: i32,
    pending: i32,
}

#[derive(Debug, Serialize)]
pub(super) struct Reports {
    total: i32,
    open: i32,
    counts: Vec<ReportCount>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct ReportCount {
    /// Null where readers gave none.
    reason: Option<&'static str>,
    count: i32,
}

#[derive(Debug, Serialize)]
pub(super) struct Claim {
    moderator: String,
    expires_at: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Takedown {
    kind: Option<&'static str>,
    due_at: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Note {
    id: String,
    at: Option<String>,
    actor: String,
    text: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Case {
    comment: Comment,
    findings: Vec<Finding>,
    spam_score: f64,
    author_history: AuthorHistory,
    article_title: String,
    article_url: String,
    decisions: Vec<AuditEntry>,
    reviewed_at: Option<String>,
    same_text: i32,
    reports: Reports,
    claim: Option<Claim>,
    takedown: Option<Takedown>,
    siblings: Vec<Comment>,
    author_comments: Vec<Comment>,
    notes: Vec<Note>,
    answered: Option<Comment>,
}

impl From<v1::Comment> for Comment {
    fn from(comment: v1::Comment) -> Self {
        Self {
            status: names::status(comment.status),
            created_at: rfc3339(comment.created_at.as_ref()),
            published_at: rfc3339(comment.published_at.as_ref()),
            id: comment.id,
            article_id: comment.article_id,
            parent_id: present(comment.parent_id),
            reply_to: present(comment.reply_to),
            author_name: comment.author_name,
            title: comment.title,
            content: comment.content,
            revision: comment.revision,
        }
    }
}

impl From<v1::Finding> for Finding {
    fn from(finding: v1::Finding) -> Self {
        let v1::Finding { rule, weight, excerpt, start, end, explanation, field, feature, term_id } = finding;
        let (field, feature, term_id) = (present(field), present(feature), present(term_id));
        Self { rule, weight, field, start, end, excerpt, explanation, feature, term_id }
    }
}

impl From<v1::AuthorHistory> for AuthorHistory {
    fn from(history: v1::AuthorHistory) -> Self {
        let v1::AuthorHistory { author, approved, refused, spam, pending } = history;
        Self { author, approved, refused, spam, pending }
    }
}

impl From<v1::Reports> for Reports {
    fn from(reports: v1::Reports) -> Self {
        let v1::Reports { total, open, counts, notes } = reports;
        let counts = counts.into_iter();
        let counts =
            counts.map(|v1::ReportCount { reason, count }| ReportCount { reason: names::reason(reason), count });
        Self { total, open, counts: counts.collect(), notes }
    }
}

impl From<v1::Claim> for Claim {
    fn from(claim: v1::Claim) -> Self {
        Self { expires_at: rfc3339(claim.expires_at.as_ref()), moderator: claim.moderator }
    }
}

impl From<v1::Takedown> for Takedown {
    fn from(takedown: v1::Takedown) -> Self {
        Self { kind: names::takedown(takedown.kind), due_at: rfc3339(takedown.due_at.as_ref()) }
    }
}

impl From<v1::ModeratorNote> for Note {
    fn from(note: v1::ModeratorNote) -> Self {
        Self { at: rfc3339(note.at.as_ref()), id: note.id, actor: note.actor, text: note.text }
    }
}

impl From<v1::ReviewCase> for Case {
    fn from(case: v1::ReviewCase) -> Self {
        Self {
            reviewed_at: rfc3339(case.reviewed_at.as_ref()),
            comment: case.comment.unwrap_or_default().into(),
            findings: case.findings.into_iter().map(Finding::from).collect(),
            spam_score: case.spam_score,
            author_history: case.author_history.unwrap_or_default().into(),
            article_title: case.article_title,
            article_url: case.article_url,
            decisions: case.decisions.into_iter().map(AuditEntry::from).collect(),
            same_text: case.same_text,
            reports: case.reports.unwrap_or_default().into(),
            claim: case.claim.map(Claim::from),
            takedown: case.takedown.map(Takedown::from),
            siblings: case.siblings.into_iter().map(Comment::from).collect(),
            author_comments: case.author_comments.into_iter().map(Comment::from).collect(),
            notes: case.notes.into_iter().map(Note::from).collect(),
            answered: case.answered.map(Comment::from),
        }
    }
}
