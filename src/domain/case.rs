//! A comment as a moderator sees it, and which of them a queue holds.

use serde::{Deserialize, Serialize};

use super::{audit::AuditEntry, comment::Comment, id::ArticleId, lifecycle::Status, spam::Finding};

/// Counts of the same author's other comments, by where they stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorHistory {
    pub author: String,
    pub approved: i32,
    /// Rejected or removed.
    pub refused: i32,
    pub spam: i32,
    pub pending: i32,
}

/// A comment with why it was held and what is known around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub comment: Comment,
    pub findings: Vec<Finding>,
    pub spam_score: f64,
    /// In lists only its `author` is filled in.
    pub history: AuthorHistory,
    pub article_title: String,
    pub article_url: String,
    /// Newest first; empty in lists.
    pub decisions: Vec<AuditEntry>,
    /// Other comments with the same text on the site; 0 in lists.
    pub same_text: i32,
}

named_enum! {
    /// In which order a queue is listed.
    QueueOrder {
        Oldest = "OLDEST",
        Newest = "NEWEST",
        Score = "SCORE",
    }
}

/// Which comments. Conditions add up. Serialized, it is what a page token is bound to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueFilter {
    /// Never empty.
    pub status: Vec<Status>,
    pub article: Option<ArticleId>,
    /// Folded words.
    pub query: Option<String>,
    pub rule: Option<String>,
    pub author: Option<String>,
    pub min_score: Option<f64>,
    pub max_score: Option<f64>,
    /// Only comments that nobody has looked at.
    pub unreviewed: bool,
}

impl Default for QueueFilter {
    fn default() -> Self {
        Self {
            status: vec![Status::Pending],
            article: None,
            query: None,
            rule: None,
            author: None,
            min_score: None,
            max_score: None,
            unreviewed: false,
        }
    }
}

/// Up to here a queue's total is exact; one more means "more".
pub const EXACT_TOTAL: i64 = 10_000;
