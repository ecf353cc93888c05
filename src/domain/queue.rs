//! Which comments a queue lists, and in which order.

use serde::{Deserialize, Serialize};

use super::{
    id::{ArticleId, CommentId},
    lifecycle::Status,
    search::Search,
};

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
    /// Only comments that it finds.
    pub query: Option<Search>,
    /// Only these. It takes the place of a `query` whose comments were looked up, and is never asked for.
    #[serde(skip)]
    pub among: Option<Vec<CommentId>>,
    /// The comments that a `query` of words finds among those that are not indexed. Set when it finds too many to name: all others are
    /// looked up in the index one by one. It is never asked for.
    #[serde(skip)]
    pub unindexed: Option<Vec<CommentId>>,
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
    /// Returns the query when only the texts of comments tell what it finds.
    pub fn read_for(&self) -> Option<&Search> {
        self.query.as_ref().filter(|query| self.unindexed.is_none() || query.has_phrases())
    }

    /// True when each comment has to be looked at, because no index knows the conditions.
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

/// The largest exact total of a queue; one more means "more". A count reads that many index entries at most.
pub const EXACT_TOTAL: i64 = 1_000;
