//! Conversion of columns to domain values, for both databases. A value that cannot be converted is a fault of the
//! program: `Error::Internal`.

use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::domain::{
    Error, Result,
    id::{ArticleId, SiteId},
    named_enum::UnknownName,
};

pub(super) fn named<T: FromStr<Err = UnknownName>>(text: &str) -> Result<T> {
    text.parse().map_err(Error::internal)
}

/// Does the same as [`named`] for a column that may be null.
pub(super) fn maybe_named<T: FromStr<Err = UnknownName>>(text: Option<&str>) -> Result<Option<T>> {
    text.map(named).transpose()
}

/// Returns the owner of a token: a site or the server.
pub(super) fn owner(text: &str) -> Result<SiteId> {
    SiteId::parse_owner(text).ok_or_else(|| Error::internal(format!("`{text}` is not a site id")))
}

pub(super) fn site(text: &str) -> Result<SiteId> {
    SiteId::parse(text).ok_or_else(|| Error::internal(format!("`{text}` is not a site id")))
}

pub(super) fn article_id(text: &str) -> Result<ArticleId> {
    ArticleId::stored(text).ok_or_else(|| Error::internal("a stored article id is invalid"))
}

pub(super) fn bytes<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Error::internal(format!("{} bytes where {N} were expected", bytes.len())))
}

/// Returns a time that SQLite stores as microseconds since 1970.
pub(super) fn time(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| Error::internal(format!("{micros} is not a time")))
}

/// Converts a count. All counts are capped far below the maximum of `i32`.
pub(super) fn small(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Converts a number of rows to the type of `limit`.
pub(super) fn limit(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Replaces NUL, which PostgreSQL's text cannot store, in a search text. No stored text contains the replacement.
pub(super) fn needle(text: &str) -> String {
    text.replace('\0', "\u{1}")
}
