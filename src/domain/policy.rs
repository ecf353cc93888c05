//! Whether an article takes comments, and where a new one starts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Error, Result,
    id::{ArticleId, SiteId},
    lifecycle::Status,
    request::RequestRow,
};

named_enum! {
    /// What happens to comments of an article.
    Mode {
        /// Every comment waits.
        Pre = "PRE",
        /// Comments appear at once unless they look bad.
        Post = "POST",
        /// By spam score.
        Hybrid = "HYBRID",
        /// Readable, takes none.
        Closed = "CLOSED",
        /// Shows none, takes none.
        Hidden = "HIDDEN",
    }
}

/// An article with its policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    pub id: ArticleId,
    pub title: String,
    pub url: String,
    /// `None` inherits the site's mode.
    pub mode: Option<Mode>,
    /// From then on it counts as closed.
    pub close_at: Option<DateTime<Utc>>,
    pub revision: i64,
    /// Public comments, changed in the same transaction as their status.
    pub public_count: i64,
}

impl Article {
    /// The mode in force at `now`. Closing never opens a hidden article.
    pub fn mode_at(&self, now: DateTime<Utc>, site_mode: Mode) -> Mode {
        let mode = self.mode.unwrap_or(site_mode);
        let closed = self.close_at.is_some_and(|end| now >= end);
        if closed && mode != Mode::Hidden { Mode::Closed } else { mode }
    }
}

/// The mode in force on an article that may not be known yet.
pub fn mode_of(article: Option<&Article>, now: DateTime<Utc>, site_mode: Mode) -> Mode {
    article.map_or(site_mode, |known| known.mode_at(now, site_mode))
}

/// # Errors
/// [`Error::ArticleClosed`] for a mode that takes no comments.
pub fn check_open(mode: Mode) -> Result<()> {
    match mode {
        Mode::Closed | Mode::Hidden => Err(Error::ArticleClosed { mode }),
        Mode::Pre | Mode::Post | Mode::Hybrid => Ok(()),
    }
}

/// Where scores begin to matter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Below: HYBRID publishes.
    pub low: f64,
    /// From here on: HYBRID marks as spam, POST holds.
    pub high: f64,
}

impl Default for Thresholds {
    /// One link scores 0.62, a link with a phone number 0.92, a clean text 0.12 (`spam::assess`).
    fn default() -> Self {
        Self { low: 0.3, high: 0.9 }
    }
}

/// Where a new comment starts. `degraded` (shared limits are gone) holds everything that would be published.
pub fn first_status(mode: Mode, score: f64, thresholds: Thresholds, degraded: bool) -> Result<Status> {
    check_open(mode)?;
    let status = match mode {
        Mode::Post if score < thresholds.high => Status::Approved,
        Mode::Hybrid if score < thresholds.low => Status::Approved,
        Mode::Hybrid if score >= thresholds.high => Status::Spam,
        _ => Status::Pending,
    };
    Ok(if degraded && status.is_public() { Status::Pending } else { status })
}

/// A change of an article's policy as it reaches the store: `None` leaves a field as it is.
#[derive(Debug, Clone)]
pub struct ArticleChange {
    /// Id of the audit row to write.
    pub audit_id: uuid::Uuid,
    pub site: SiteId,
    pub id: ArticleId,
    pub title: Option<String>,
    pub url: Option<String>,
    pub mode: Option<Option<Mode>>,
    pub close_at: Option<Option<DateTime<Utc>>>,
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
    /// [`Error::StaleArticle`] when it is not at the expected revision.
    pub fn apply(&self, current: Option<Article>) -> Result<Article> {
        let fresh = Article {
            id: self.id.clone(),
            title: String::new(),
            url: String::new(),
            mode: None,
            close_at: None,
            revision: 0,
            public_count: 0,
        };
        let mut article = current.unwrap_or(fresh);
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
        article.revision += 1;
        Ok(article)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(mode: Mode, score: f64) -> Status {
        first_status(mode, score, Thresholds::default(), false).unwrap()
    }

    #[test]
    fn pre_always_waits_and_post_publishes_unless_it_looks_bad() {
        assert_eq!(first(Mode::Pre, 0.0), Status::Pending);
        assert_eq!(first(Mode::Pre, 1.0), Status::Pending);
        assert_eq!(first(Mode::Post, 0.62), Status::Approved);
        assert_eq!(first(Mode::Post, 0.95), Status::Pending);
    }

    #[test]
    fn hybrid_goes_by_score() {
        assert_eq!([0.1, 0.5, 0.95].map(|s| first(Mode::Hybrid, s)), [Status::Approved, Status::Pending, Status::Spam]);
    }

    #[test]
    fn degraded_publishes_nothing() {
        let held = first_status(Mode::Post, 0.0, Thresholds::default(), true).unwrap();
        assert_eq!(held, Status::Pending);
    }

    #[test]
    fn closed_and_hidden_take_nothing() {
        for mode in [Mode::Closed, Mode::Hidden] {
            assert!(matches!(first_status(mode, 0.0, Thresholds::default(), false), Err(Error::ArticleClosed { .. })));
        }
    }

    #[test]
    fn closing_time_closes_but_never_shows_a_hidden_article() {
        let start = DateTime::UNIX_EPOCH;
        let mut article = Article {
            id: ArticleId::parse("a").unwrap(),
            title: String::new(),
            url: String::new(),
            mode: Some(Mode::Post),
            close_at: Some(start),
            revision: 1,
            public_count: 0,
        };
        assert_eq!(article.mode_at(start, Mode::Pre), Mode::Closed);
        assert_eq!(article.mode_at(start - chrono::Duration::seconds(1), Mode::Pre), Mode::Post);
        article.mode = Some(Mode::Hidden);
        assert_eq!(article.mode_at(start, Mode::Pre), Mode::Hidden);
    }
}
