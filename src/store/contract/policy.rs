use async_trait::async_trait;

use crate::domain::{
    Result,
    article::{Article, ArticleChange},
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

    /// Creates or changes an article's policy, with its audit row.
    ///
    /// Fails with `StaleArticle` or `RequestIdReused`.
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
