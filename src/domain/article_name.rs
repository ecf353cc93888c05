//! Names of articles, for lists and suggestions.

use super::id::ArticleId;

/// An article's id and title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleName {
    pub id: ArticleId,
    pub title: String,
}
