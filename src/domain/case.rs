//! A comment as a moderator sees it.

use super::{
    audit::AuditEntry,
    claim::Claim,
    comment::Comment,
    report::{ModeratorNote, ReportCount},
    spam::Finding,
};

/// Counts of the same author's other comments, by where they stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorHistory {
    pub author: String,
    pub approved: i32,
    /// Rejected or removed.
    pub rejected: i32,
    pub spam: i32,
    pub pending: i32,
}

/// A comment with why it was held and what is known around it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewCase {
    pub comment: Comment,
    pub findings: Vec<Finding>,
    pub spam_score: f64,
    /// In lists only its `author` is filled in.
    pub history: AuthorHistory,
    pub article_title: String,
    pub article_url: String,
    /// In force.
    pub claim: Option<Claim>,
    /// `None` in lists.
    pub details: Option<Box<CaseDetails>>,
}

/// What is known around a comment beyond its own row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseDetails {
    /// Newest first, at most 100.
    pub decisions: Vec<AuditEntry>,
    /// Other comments with the same text on the site.
    pub same_text: i32,
    /// The newest of them, at most 10.
    pub siblings: Vec<Comment>,
    /// The author's newest other comments, at most 10.
    pub author_comments: Vec<Comment>,
    /// The comment answered.
    pub answered: Option<Comment>,
    /// Newest first, at most 100.
    pub notes: Vec<ModeratorNote>,
    /// Most frequent first.
    pub report_counts: Vec<ReportCount>,
    /// What reporters wrote, newest first, at most 10.
    pub report_notes: Vec<String>,
}
