//! How articles take comments.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Workflow, submit::new_id};
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        id::{ArticleId, SiteId},
        policy::{Article, ArticleChange, Mode},
        request::RequestRow,
    },
    keyring::payload_hash,
};

/// A checked change: `None` leaves a field as it is.
#[derive(Debug, Clone)]
pub struct ArticleUpdate {
    pub id: ArticleId,
    pub title: Option<String>,
    pub url: Option<String>,
    pub mode: Option<Option<Mode>>,
    pub close_at: Option<Option<DateTime<Utc>>>,
    pub expected_revision: i64,
    pub request_id: Uuid,
}

impl Workflow {
    /// An article's policy.
    ///
    /// # Errors
    /// `ArticleNotFound`.
    pub async fn get_article(&self, site: &SiteId, id: &ArticleId) -> Result<Article> {
        let known = self.store.find_articles(site, std::slice::from_ref(id)).await?;
        known.into_iter().next().ok_or_else(|| Error::ArticleNotFound(id.clone()))
    }

    /// Creates or changes an article's policy.
    ///
    /// # Errors
    /// `StaleArticle`, `RequestIdReused`.
    pub async fn update_article(&self, caller: &Caller, update: ArticleUpdate, now: DateTime<Utc>) -> Result<Article> {
        let payload =
            (update.id.as_str(), &update.title, &update.url, update.mode, update.close_at, update.expected_revision);
        let payload = serde_json::to_vec(&(&caller.name, payload)).map_err(Error::internal)?;
        let row = RequestRow {
            id: update.request_id,
            payload_hash: payload_hash("UpdateArticle", &payload),
            response: String::new(),
        };
        let change = ArticleChange {
            audit_id: new_id(now),
            site: caller.site.clone(),
            id: update.id,
            title: update.title,
            url: update.url,
            mode: update.mode,
            close_at: update.close_at,
            expected_revision: update.expected_revision,
            actor: caller.name.clone(),
            at: now,
            request: Some(row),
        };
        self.store.update_article(&change).await
    }

    /// The mode in force on an article.
    pub fn effective_mode(&self, article: &Article, now: DateTime<Utc>) -> Mode {
        article.mode_at(now, self.rules.mode)
    }
}
