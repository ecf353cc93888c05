use async_trait::async_trait;

use super::Policies;
use crate::domain::{
    Result,
    comment::Comment,
    id::{ArticleId, CommentId, SiteId},
    page::{CommentPage, Page, Thread},
};

/// A page of an article's public comments, with the site, and the article if that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticlePage {
    pub policies: Policies,
    pub threads: Page<Thread>,
}

/// Comments as readers get them.
#[async_trait]
pub trait CommentStore: Send + Sync {
    /// A comment, whatever its status.
    async fn find_comment(&self, site: &SiteId, id: CommentId) -> Result<Option<Comment>>;

    /// Those of `ids` that wait on `article` ([`Comment::is_waiting`]), oldest first: a reader's own pending comments.
    /// Without those that hold up replies: they stand in the list as tombstones.
    async fn find_pending(&self, site: &SiteId, article: &ArticleId, ids: &[CommentId]) -> Result<Vec<Comment>>;

    /// Pages of visible comments, in the order in which they are asked for. Roots bring their first 3 public replies, oldest first; with
    /// `parent` set the page holds that root's public replies and `replies` are empty. Hidden articles are listed as others.
    async fn list_comments(&self, pages: &[CommentPage]) -> Result<Vec<ArticlePage>>;
}
