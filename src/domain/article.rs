//! An article with its own policy, and a change of it.

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
    /// From then on it counts as closed. `None` leaves it to the site's auto-close.
    pub close_at: Option<DateTime<Utc>>,
    pub revision: i64,
    /// Public comments, changed in the same transaction as their status.
    pub public_count: i64,
    /// As the portal says; the first word counts until somebody changes it.
    pub published_at: Option<DateTime<Utc>>,
    /// Its first comment, or the first word about it.
    pub created_at: DateTime<Utc>,
}

impl Article {
    /// An article nobody has spoken of yet.
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

    /// Returns what decides its mode.
    pub fn rules(&self) -> ArticleRules {
        ArticleRules {
            mode: self.mode,
            close_at: self.close_at,
            opened_at: self.published_at.unwrap_or(self.created_at),
        }
    }

    /// The article once the portal's word is known. It fills in what is missing and changes nothing that is there.
    #[must_use]
    pub fn published(self, at: Option<DateTime<Utc>>) -> Self {
        Self { published_at: self.published_at.or(at), ..self }
    }
}

/// What decides which mode is in force on an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArticleRules {
    /// `None` inherits the site's mode.
    pub mode: Option<Mode>,
    /// As [`Article::close_at`].
    pub close_at: Option<DateTime<Utc>>,
    /// From when auto-close counts: its publication, or its first comment.
    pub opened_at: DateTime<Utc>,
}

/// A change of an article's policy as it reaches the store: `None` leaves a field as it is.
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
    /// 0: the article must not exist yet.
    pub expected_revision: i64,
    pub actor: String,
    pub at: DateTime<Utc>,
    /// For replays; the response is filled in by the store.
    pub request: Option<RequestRow>,
}

impl ArticleChange {
    /// The article after the change; `None` stands for an article not known yet.
    ///
    /// # Errors
    /// [`Error::StaleArticle`] when it is not at the expected revision, [`Error::ArticleNotFound`] when a revision is expected of an
    /// article that nobody knows.
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
