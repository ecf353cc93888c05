//! The moderation policy of articles.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Policies;
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        article::{Article, ArticleChange},
        id::{ArticleId, SiteId},
        mode::Mode,
        nearest::nearest_articles,
        site::SiteRules,
    },
    service::ids::new_id,
};

/// Number of the newest articles that an unknown article id is compared with.
const COMPARED: usize = 1_000;

/// Maximum number of suggested articles.
const SUGGESTED: usize = 3;

/// A checked change: `None` leaves a field as it is.
#[derive(Debug, Clone)]
pub struct ArticleUpdate {
    pub id: ArticleId,
    pub title: Option<String>,
    pub url: Option<String>,
    pub mode: Option<Option<Mode>>,
    pub close_at: Option<Option<DateTime<Utc>>>,
    pub published_at: Option<Option<DateTime<Utc>>>,
    pub expected_revision: i64,
    pub request_id: Uuid,
}

impl Policies {
    /// Returns an article's policy and the site's rules.
    ///
    /// # Errors
    /// `ArticleNotFound`.
    pub async fn get_article(&self, site: &SiteId, id: &ArticleId) -> Result<(Article, SiteRules)> {
        let policies = self.core.store.find_policies(site, std::slice::from_ref(id)).await?;
        let rules = policies.site.rules(self.core.defaults.get().mode);
        let unknown = || Error::ArticleNotFound { id: id.clone(), nearest: vec![] };
        let article = policies.articles.into_iter().next().ok_or_else(unknown)?;
        Ok((article, rules))
    }

    /// Adds the known articles with similar ids to an error about an unknown one. Other errors are returned
    /// unchanged.
    pub async fn with_nearest_articles(&self, site: &SiteId, error: Error) -> Error {
        let Error::ArticleNotFound { id, .. } = error else { return error };
        // If reading them fails, the error is returned without suggestions.
        let known = self.core.store.newest_articles(site, COMPARED).await.unwrap_or_default();
        let nearest = nearest_articles(id.as_str(), known, SUGGESTED);
        Error::ArticleNotFound { id, nearest }
    }

    /// Changes an article's policy, or creates the article if revision 0 is expected.
    ///
    /// # Errors
    /// `ArticleNotFound`, `StaleArticle`, `RequestIdReused`.
    pub async fn update_article(
        &self,
        caller: &Caller,
        update: ArticleUpdate,
        now: DateTime<Utc>,
    ) -> Result<(Article, SiteRules)> {
        let texts = (update.id.as_str(), &update.title, &update.url);
        let rest = (update.mode, update.close_at, update.published_at, update.expected_revision);
        let payload = serde_json::to_vec(&(&caller.name, texts, rest)).map_err(Error::internal)?;
        let row = self.core.keyring.request_row(&caller.site, update.request_id, "UpdateArticle", &payload);
        let change = ArticleChange {
            audit_id: new_id(now),
            site: caller.site.clone(),
            id: update.id,
            title: update.title,
            url: update.url,
            mode: update.mode,
            close_at: update.close_at,
            published_at: update.published_at,
            expected_revision: update.expected_revision,
            actor: caller.name.clone(),
            at: now,
            request: Some(row),
        };
        let shown = self.core.pages.change();
        let article = self.core.store.update_article(&change).await?;
        let (_, rules) = self.get_site(&caller.site).await?;
        // An article without a mode inherits that of its site, so it may be hidden too.
        shown.settle(rules.hides(&article)).await;
        Ok((article, rules))
    }
}
