//! Columns into domain values, for both databases. A value that does not fit is a fault of ours: `Error::Internal`.

use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::domain::{
    Error, Result,
    id::{ArticleId, SiteId},
    named_enum::UnknownName,
};

/// A closed enum by its name.
pub(super) fn named<T: FromStr<Err = UnknownName>>(text: &str) -> Result<T> {
    text.parse().map_err(Error::internal)
}

/// As [`named`], for a column that may be null.
pub(super) fn maybe_named<T: FromStr<Err = UnknownName>>(text: Option<&str>) -> Result<Option<T>> {
    text.map(named).transpose()
}

/// Who a token belongs to: a site, or the server.
pub(super) fn owner(text: &str) -> Result<SiteId> {
    SiteId::parse_owner(text).ok_or_else(|| Error::internal(format!("`{text}` is no site")))
}

pub(super) fn site(text: &str) -> Result<SiteId> {
    SiteId::parse(text).ok_or_else(|| Error::internal(format!("`{text}` is no site")))
}

pub(super) fn article_id(text: &str) -> Result<ArticleId> {
    ArticleId::stored(text).ok_or_else(|| Error::internal("an article id does not fit"))
}

/// A hash of fixed length.
pub(super) fn bytes<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Error::internal(format!("{} bytes where {N} were expected", bytes.len())))
}

/// A time as SQLite stores it.
pub(super) fn time(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| Error::internal(format!("{micros} is no time")))
}

/// Counts that are capped far below the limit of `i32`.
pub(super) fn small(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

pub(super) fn limit(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// What a reader or moderator searches for, without the one character that PostgreSQL's text cannot hold; no stored
/// text has the character in its place.
pub(super) fn needle(text: &str) -> String {
    text.replace('\0', "\u{1}")
}

/// The words of a query; each must be found.
pub(super) fn words(query: Option<&str>) -> Vec<String> {
    query.unwrap_or_default().split_whitespace().map(needle).collect()
}

/// A list as the JSON array that SQLite's `json_each` reads.
pub(super) fn json_list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| serde_json::Value::from(item.as_ref())).collect();
    serde_json::Value::from(items).to_string()
}
