//! What an article is known by.

use super::id::ArticleId;

/// What an article is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleName {
    pub id: ArticleId,
    pub title: String,
}
