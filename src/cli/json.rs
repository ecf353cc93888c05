//! The JSON of `--json`, a promise to scripts: every key is always there, what is absent is null, times are RFC 3339 in UTC,
//! statuses and reasons are named as in the API without their prefix. New keys may be added, none changes its meaning.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use prost_types::Timestamp;
use serde::Serialize;

use super::{names, sanitize};
use crate::proto::v1;

#[derive(Debug, Serialize)]
pub(super) struct Comment {
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
pub(super) struct Case {
    comment: Comment,
    findings: Vec<Finding>,
    spam_score: f64,
    author_history: AuthorHistory,
    article_title: String,
    article_url: String,
    decisions: Vec<AuditEntry>,
    reviewed_at: Option<String>,
    same_text: i32,
}

#[derive(Debug, Serialize)]
pub(super) struct AuditEntry {
    id: String,
    at: Option<String>,
    actor: String,
    action: String,
    comment_id: Option<String>,
    article_id: Option<String>,
    from_status: Option<&'static str>,
    to_status: Option<&'static str>,
    revision: i64,
    reason: Option<&'static str>,
    note: String,
    request_id: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ArticlePolicy {
    article_id: String,
    title: String,
    url: String,
    /// Null inherits the site's mode.
    mode: Option<&'static str>,
    effective_mode: Option<&'static str>,
    close_at: Option<String>,
    revision: i64,
}

/// Where a comment stands after somebody else was first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Standing {
    pub(super) status: String,
    pub(super) revision: i64,
    pub(super) decided_by: String,
    pub(super) decided_at: String,
}

/// A page of the queue.
#[derive(Debug, Serialize)]
pub(super) struct Queue {
    pub(super) cases: Vec<Case>,
    pub(super) next_page_token: Option<String>,
    /// Exact up to 10,000; 10,001 means more.
    pub(super) total: i64,
}

/// A page of the audit.
#[derive(Debug, Serialize)]
pub(super) struct Audit {
    pub(super) entries: Vec<AuditEntry>,
    pub(super) next_page_token: Option<String>,
}

/// Indented JSON. Characters that a terminal obeys or nobody sees are escaped, so that the data is whole and still harmless.
pub(super) fn render(value: &impl Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string_pretty(value)?;
    let mut safe = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        // Outside of strings JSON has no such characters but its own line breaks.
        if c != '\n' && sanitize::is_hidden(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    Ok(safe)
}

/// A time of the wire; `None` when absent or out of range.
pub(super) fn time(timestamp: Option<&Timestamp>) -> Option<DateTime<Utc>> {
    let timestamp = timestamp?;
    DateTime::from_timestamp(timestamp.seconds, u32::try_from(timestamp.nanos).ok()?)
}

/// Empty text on the wire means absent.
pub(super) fn present(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// RFC 3339 in UTC, with as many digits as the time has.
pub(super) fn rfc3339(timestamp: Option<&Timestamp>) -> Option<String> {
    time(timestamp).map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
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
        let v1::Finding { rule, weight, excerpt, start, end, explanation, field } = finding;
        Self { rule, weight, field: present(field), start, end, excerpt, explanation }
    }
}

impl From<v1::AuthorHistory> for AuthorHistory {
    fn from(history: v1::AuthorHistory) -> Self {
        let v1::AuthorHistory { author, approved, refused, spam, pending } = history;
        Self { author, approved, refused, spam, pending }
    }
}

impl From<v1::Case> for Case {
    fn from(case: v1::Case) -> Self {
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
        }
    }
}

impl From<v1::AuditEntry> for AuditEntry {
    fn from(entry: v1::AuditEntry) -> Self {
        Self {
            at: rfc3339(entry.at.as_ref()),
            from_status: names::status(entry.from_status),
            to_status: names::status(entry.to_status),
            reason: names::reason(entry.reason),
            id: entry.id,
            actor: entry.actor,
            action: entry.action,
            comment_id: present(entry.comment_id),
            article_id: present(entry.article_id),
            revision: entry.revision,
            note: entry.note,
            request_id: entry.request_id,
        }
    }
}

impl From<v1::ArticlePolicy> for ArticlePolicy {
    fn from(article: v1::ArticlePolicy) -> Self {
        Self {
            mode: names::mode(article.mode),
            effective_mode: names::mode(article.effective_mode),
            close_at: rfc3339(article.close_at.as_ref()),
            article_id: article.article_id,
            title: article.title,
            url: article.url,
            revision: article.revision,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_and_absent_values_are_null() {
        let json = serde_json::to_value(Comment::from(v1::Comment::default())).unwrap();
        assert_eq!(json["parent_id"], serde_json::Value::Null);
        assert_eq!(json["status"], serde_json::Value::Null);
        assert_eq!(json.as_object().unwrap().len(), 11);
    }

    #[test]
    fn hidden_characters_are_escaped_and_come_back_whole() {
        let text = "a\u{1b}[2J\u{9b}1A\u{202e}\u{e0041}\n\"ệ";
        let rendered = render(&text).unwrap();
        assert!(!rendered.chars().any(sanitize::is_hidden), "{rendered}");
        assert_eq!(serde_json::from_str::<String>(&rendered).unwrap(), text);
    }

    #[test]
    fn times_are_utc_with_the_digits_they_have() {
        let at = |seconds, nanos| rfc3339(Some(&Timestamp { seconds, nanos }));
        assert_eq!(at(0, 0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(at(0, 120_000_000).as_deref(), Some("1970-01-01T00:00:00.120Z"));
        assert_eq!(at(i64::MAX, 0), None);
    }
}
