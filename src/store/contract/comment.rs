use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{
    Result,
    article::ArticleRules,
    comment::Comment,
    id::{CommentId, SiteId},
    mode::Mode,
    page::{CommentPage, Page, Thread},
    public_comment::PublicComment,
    site::SiteRules,
};

/// What the policies of a site and an article say about a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PagePolicy {
    /// `None` inherits the service's setting.
    pub site_mode: Option<Mode>,
    /// As [`SiteRules::auto_close_days`].
    pub auto_close_days: i32,
    /// As [`SiteRules::lockdown_until`].
    pub lockdown_until: Option<DateTime<Utc>>,
    /// `None` for an article that is not known.
    pub article: Option<ArticleRules>,
    /// Public comments of the article.
    pub total: i64,
}

impl PagePolicy {
    /// Returns the mode in force at `now` when the service's setting is `default`.
    pub fn mode(&self, default: Mode, now: DateTime<Utc>) -> Mode {
        let Self { site_mode, auto_close_days, lockdown_until, .. } = *self;
        let rules = SiteRules { mode: site_mode.unwrap_or(default), auto_close_days, lockdown_until };
        let unknown = ArticleRules { mode: None, close_at: None, opened_at: now };
        rules.mode_by(&self.article.unwrap_or(unknown), now)
    }
}

/// A page of an article's public comments with what decides how it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticlePage {
    pub policy: PagePolicy,
    pub threads: Page<Thread>,
    /// The reader's own comments on the article that wait ([`Comment::is_waiting`]), oldest first. Without those that hold up replies: they
    /// stand in the list as tombstones.
    pub waiting: Vec<PublicComment>,
}

/// Comments as readers get them.
#[async_trait]
pub trait CommentStore: Send + Sync {
    /// A comment, whatever its status.
    async fn find_comment(&self, site: &SiteId, id: CommentId) -> Result<Option<Comment>>;

    /// Pages of visible comments, in the order in which they are asked for; PostgreSQL reads all of them in one statement. Roots bring
    /// their first 3 public replies, oldest first; with `parent` set the page holds that root's public replies and `replies` are empty.
    /// Hidden articles are listed as others.
    async fn list_comments(&self, pages: &[CommentPage]) -> Result<Vec<ArticlePage>>;
}
