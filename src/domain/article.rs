//! Articles, their policy, and changes of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Error, Result,
    id::{ArticleId, SiteId},
    mode::Mode,
    request::RequestRow,
};

/// An article with its policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    pub id: ArticleId,
    pub title: String,
    pub url: String,
    /// `None` inherits the site's mode.
    pub mode: Option<Mode>,
    /// From this time on, the article counts as closed. `None` means that the site's auto-close decides.
    pub close_at: Option<DateTime<Utc>>,
    pub revision: i64,
    /// Number of public comments, updated in the same transaction as a comment's status.
    pub public_count: i64,
    /// Time of publication as the portal gave it. The first value is kept until `UpdateArticle` changes it.
    pub published_at: Option<DateTime<Utc>>,
    /// Time of the article's first comment or of the first call about it, whichever came first.
    pub created_at: DateTime<Utc>,
}

impl Article {
    /// Creates an article of which only the id and perhaps the publication time are known.
    pub const fn unknown(id: ArticleId, published_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        Self {
            id,
            title: String::new(),
            url: String::new(),
            mode: None,
            close_at: None,
            revision: 0,
            public_count: 0,
            published_at,
            created_at: now,
        }
    }

    pub fn rules(&self) -> ArticleRules {
        ArticleRules {
            mode: self.mode,
            close_at: self.close_at,
            opened_at: self.published_at.unwrap_or(self.created_at),
        }
    }

    /// Sets the time of publication if it is missing. A time that is set does not change.
    #[must_use]
    pub fn published(self, at: Option<DateTime<Utc>>) -> Self {
        Self { published_at: self.published_at.or(at), ..self }
    }
}

/// The fields of an article that decide which mode is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArticleRules {
    /// `None` inherits the site's mode.
    pub mode: Option<Mode>,
    /// Same as [`Article::close_at`].
    pub close_at: Option<DateTime<Utc>>,
    /// Start of the auto-close period: the publication, or else the first comment.
    pub opened_at: DateTime<Utc>,
}

/// A change of an article's policy, as it is passed to the store. `None` leaves a field unchanged.
#[derive(Debug, Clone)]
pub struct ArticleChange {
    /// Id of the audit row to write.
    pub audit_id: Uuid,
    pub site: SiteId,
    pub id: ArticleId,
    pub title: Option<String>,
    pub url: Option<String>,
    pub mode: Option<Option<Mode>>,
    pub close_at: Option<Option<DateTime<Utc>>>,
    pub published_at: Option<Option<DateTime<Utc>>>,
    /// The revision that the caller saw. 0 means that the article has no stored row yet.
    pub expected_revision: i64,
    pub actor: String,
    pub at: DateTime<Utc>,
    /// Idempotency record for replays. The store fills in its response.
    pub request: Option<RequestRow>,
}

impl ArticleChange {
    /// Applies the change to `current`, which is `None` for an article that is not stored yet.
    ///
    /// # Errors
    /// [`Error::StaleArticle`] when the article is at another revision than the expected one.
    /// [`Error::ArticleNotFound`] when a revision above 0 is expected of an article that is not stored.
    pub fn apply(&self, current: Option<Article>) -> Result<Article> {
        if current.is_none() && self.expected_revision != 0 {
            return Err(Error::ArticleNotFound { id: self.id.clone(), nearest: vec![] });
        }
        let mut article = current.unwrap_or_else(|| Article::unknown(self.id.clone(), None, self.at));
        if article.revision != self.expected_revision {
            return Err(Error::StaleArticle { current: article.revision });
        }
        if let Some(title) = &self.title {
            article.title.clone_from(title);
        }
        if let Some(url) = &self.url {
            article.url.clone_from(url);
        }
        article.mode = self.mode.unwrap_or(article.mode);
        article.close_at = self.close_at.unwrap_or(article.close_at);
        article.published_at = self.published_at.unwrap_or(article.published_at);
        article.revision += 1;
        Ok(article)
    }
}
