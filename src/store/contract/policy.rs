use async_trait::async_trait;

use crate::domain::{
    Result,
    article::{Article, ArticleChange},
    article_name::ArticleName,
    id::{ArticleId, SiteId},
    site::{LockdownCall, Site, SiteChange},
};

/// A site with some of its articles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policies {
    pub site: Site,
    /// Those known, in no order.
    pub articles: Vec<Article>,
}

/// How sites and articles take comments.
#[async_trait]
pub trait PolicyStore: Send + Sync {
    /// The site, and the articles known of `ids`, in one round trip.
    async fn find_policies(&self, site: &SiteId, ids: &[ArticleId]) -> Result<Policies>;

    /// Ids and titles of the site's newest articles, the newest first, at most `most` of them.
    async fn newest_articles(&self, site: &SiteId, most: usize) -> Result<Vec<ArticleName>>;

    /// Changes an article's policy, with its audit row, and creates the article where revision 0 is expected.
    ///
    /// Fails with `ArticleNotFound`, `StaleArticle` or `RequestIdReused`.
    async fn update_article(&self, change: &ArticleChange) -> Result<Article>;

    /// Changes the site's policy, with its audit row.
    ///
    /// Fails with `StaleSite` or `RequestIdReused`.
    async fn update_site(&self, change: &SiteChange) -> Result<Site>;

    /// Calls or ends a lockdown, with its audit row. The site's revision stays.
    ///
    /// Fails with `RequestIdReused`.
    async fn call_lockdown(&self, call: &LockdownCall) -> Result<Site>;
}
