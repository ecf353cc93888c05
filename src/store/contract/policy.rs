//! The policies of sites and articles.

use async_trait::async_trait;

use crate::domain::{
    Result,
    article::{Article, ArticleChange},
    article_name::ArticleName,
    id::{ArticleId, SiteId},
    site::{LockdownCall, Site, SiteChange},
};

/// The policy of a site, and of some of its articles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policies {
    pub site: Site,
    /// The known articles, in no particular order.
    pub articles: Vec<Article>,
}

/// The policies of sites and articles: whether and how they accept comments.
#[async_trait]
pub trait PolicyStore: Send + Sync {
    /// Returns the site and the known articles among `ids`, in one round trip.
    async fn find_policies(&self, site: &SiteId, ids: &[ArticleId]) -> Result<Policies>;

    /// Returns ids and titles of at most `most` of the site's newest articles, newest first.
    async fn newest_articles(&self, site: &SiteId, most: usize) -> Result<Vec<ArticleName>>;

    /// Changes an article's policy and writes the audit entry. Creates the article when the expected revision is 0.
    ///
    /// Fails with `ArticleNotFound`, `StaleArticle` or `RequestIdReused`.
    async fn update_article(&self, change: &ArticleChange) -> Result<Article>;

    /// Changes the site's policy and writes the audit entry.
    ///
    /// Fails with `StaleSite` or `RequestIdReused`.
    async fn update_site(&self, change: &SiteChange) -> Result<Site>;

    /// Calls or ends a lockdown and writes the audit entry. The site's revision does not change.
    ///
    /// Fails with `RequestIdReused`.
    async fn call_lockdown(&self, call: &LockdownCall) -> Result<Site>;
}
