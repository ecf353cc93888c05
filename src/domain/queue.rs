//! The filter and the order of the moderators' queue.

use serde::{Deserialize, Serialize};

use super::{
    id::{ArticleId, CommentId},
    lifecycle::Status,
    search::Search,
};

named_enum! {
    /// The order of a queue.
    QueueOrder {
        Oldest = "OLDEST",
        Newest = "NEWEST",
        Score = "SCORE",
        /// Most open reports first.
        Reports = "REPORTS",
        /// Only takedowns, the earliest deadline first.
        Due = "DUE",
    }
}

/// A filter of the queue. All set conditions must match (AND). A page token is bound to its serialized form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QueueFilter {
    /// Empty means every comment in the queue: PENDING ones, and those that reports or a takedown put back.
    pub status: Vec<Status>,
    pub article: Option<ArticleId>,
    /// Only comments that the search matches.
    pub query: Option<Search>,
    /// Only these comments. The service sets it to the result of a `query` that the index answered. Callers cannot set
    /// it.
    #[serde(skip)]
    pub among: Option<Vec<CommentId>>,
    /// The matches of a `query` among the comments that are not indexed yet. The service sets it if the query has too
    /// many matches to list; each indexed comment is then checked by its index terms. Callers cannot set it.
    #[serde(skip)]
    pub unindexed: Option<Vec<CommentId>>,
    pub rule: Option<String>,
    pub author: Option<String>,
    pub min_score: Option<f64>,
    pub max_score: Option<f64>,
    /// Only comments that no moderator has reviewed.
    pub unreviewed: bool,
    /// Whether a moderator must hold a claim on the comment now; `None` means that it does not matter.
    pub claimed: Option<bool>,
    /// Only comments with open reports.
    pub reported: bool,
    /// Only this comment and the others of its campaign.
    pub campaign_of: Option<CommentId>,
}

impl QueueFilter {
    /// Returns the query if the text of each comment must be checked against it. This is necessary if no index was
    /// used, or if the query has phrases, which the index terms cannot check.
    pub fn read_for(&self) -> Option<&Search> {
        self.query.as_ref().filter(|query| self.unindexed.is_none() || query.has_phrases())
    }

    /// Checks whether each comment must be read one by one, because no index covers the conditions.
    pub fn is_search(&self) -> bool {
        let looks = self.query.is_some()
            || self.rule.is_some()
            || self.min_score.is_some()
            || self.max_score.is_some()
            || self.unreviewed
            || self.claimed == Some(true)
            || self.reported;
        looks && self.article.is_none() && self.author.is_none() && self.campaign_of.is_none() && self.among.is_none()
    }
}

/// Largest exact total of a queue; one more means "more". It limits the index entries that a count reads.
pub const EXACT_TOTAL: i64 = 1_000;
