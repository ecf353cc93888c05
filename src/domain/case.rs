//! A comment as a moderator sees it, and which of them a queue holds.

use serde::{Deserialize, Serialize};

use super::{
    audit::AuditEntry,
    claim::Claim,
    comment::Comment,
    id::{ArticleId, CommentId},
    lifecycle::Status,
    report::{Note, ReportCount},
    spam::Finding,
};

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
    pub notes: Vec<Note>,
    /// Most frequent first.
    pub report_counts: Vec<ReportCount>,
    /// What reporters wrote, newest first, at most 10.
    pub report_notes: Vec<String>,
}

named_enum! {
    /// In which order a queue is listed.
    QueueOrder {
        Oldest = "OLDEST",
        Newest = "NEWEST",
        Score = "SCORE",
        /// Most open reports first.
        Reports = "REPORTS",
        /// Takedowns only, by their clock.
        Due = "DUE",
    }
}

/// Which comments. Conditions add up. Serialized, it is what a page token is bound to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QueueFilter {
    /// Empty means all that wait for a moderator: PENDING, and what reports or a takedown put back.
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
    /// Whether somebody holds them now; `None` does not ask.
    pub claimed: Option<bool>,
    /// Only comments with open reports.
    pub reported: bool,
    /// Only this comment and those that say the same.
    pub campaign_of: Option<CommentId>,
}

impl QueueFilter {
    /// True when each comment has to be looked at, because no index knows the conditions.
    pub fn is_search(&self) -> bool {
        let looks = self.query.is_some()
            || self.rule.is_some()
            || self.min_score.is_some()
            || self.max_score.is_some()
            || self.unreviewed
            || self.claimed == Some(true)
            || self.reported;
        looks && self.article.is_none() && self.author.is_none() && self.campaign_of.is_none()
    }
}

/// Up to here a queue's total is exact; one more means "more".
pub const EXACT_TOTAL: i64 = 10_000;
