//! Comments with the context that moderators see.

use super::{
    audit::AuditEntry,
    claim::Claim,
    comment::Comment,
    report::{ModeratorNote, ReportCount},
    spam::Finding,
};

/// Numbers of the same author's other comments by status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorHistory {
    pub author: String,
    pub approved: i32,
    /// Rejected or removed.
    pub rejected: i32,
    pub spam: i32,
    pub pending: i32,
}

/// A comment with the findings that it was held for and its context.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewCase {
    pub comment: Comment,
    pub findings: Vec<Finding>,
    pub spam_score: f64,
    /// Only `author` is filled in for lists.
    pub history: AuthorHistory,
    pub article_title: String,
    pub article_url: String,
    /// The claim in force.
    pub claim: Option<Claim>,
    /// `None` in lists.
    pub details: Option<Box<CaseDetails>>,
}

/// Context of a comment that is read only for a single case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseDetails {
    /// Newest first, at most 100.
    pub decisions: Vec<AuditEntry>,
    /// Number of other comments on the site with the same text.
    pub same_text: i32,
    /// The newest of the comments with the same text, at most 10.
    pub siblings: Vec<Comment>,
    /// The author's newest other comments, at most 10.
    pub author_comments: Vec<Comment>,
    /// The comment that this one replies to.
    pub answered: Option<Comment>,
    /// Newest first, at most 100.
    pub notes: Vec<ModeratorNote>,
    /// Most frequent first.
    pub report_counts: Vec<ReportCount>,
    /// The texts of reports, newest first, at most 10.
    pub report_notes: Vec<String>,
}
