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

/// The parts of a site's and an article's policy that affect a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PagePolicy {
    /// `None` inherits the service's setting.
    pub site_mode: Option<Mode>,
    /// The same as [`SiteRules::auto_close_days`].
    pub auto_close_days: i32,
    /// The same as [`SiteRules::lockdown_until`].
    pub lockdown_until: Option<DateTime<Utc>>,
    /// `None` for an unknown article.
    pub article: Option<ArticleRules>,
    /// Number of public comments on the article.
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

/// A page of an article's public comments, and the policy that affects it.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticlePage {
    pub policy: PagePolicy,
    pub threads: Page<Thread>,
    /// The reader's own pending comments on the article ([`Comment::is_waiting`]), oldest first. Comments with public
    /// replies are not among them, because they are in the list as tombstones.
    pub waiting: Vec<PublicComment>,
}

/// Comments for readers.
#[async_trait]
pub trait CommentStore: Send + Sync {
    /// Returns a comment of any status.
    async fn find_comment(&self, site: &SiteId, id: CommentId) -> Result<Option<Comment>>;

    /// Returns pages of visible comments, in the order of `pages`. PostgreSQL reads all of them in one statement. Each
    /// root has its first 3 public replies, oldest first. If `parent` is set, the page has the public replies of that
    /// root instead, without replies of their own. Comments of hidden articles are returned too.
    async fn list_comments(&self, pages: &[CommentPage]) -> Result<Vec<ArticlePage>>;
}
