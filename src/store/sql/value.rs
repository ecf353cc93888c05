//! The values of statements' parameters, for both databases.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::domain::{
    Error, Result,
    id::{ArticleId, CommentId, SiteId},
};

/// One parameter. `None` is null. Each variant has the name of a column type of the schema.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) enum Value<'q> {
    Text(Option<Cow<'q, str>>),
    /// `bytea` in PostgreSQL, a blob in SQLite.
    Bytes(Option<Cow<'q, [u8]>>),
    Uuid(Option<Uuid>),
    Long(Option<i64>),
    Int(Option<i32>),
    Real(Option<f64>),
    Flag(Option<bool>),
    /// `timestamptz` in PostgreSQL, microseconds since 1970 in SQLite.
    Time(Option<DateTime<Utc>>),
    /// `jsonb` in PostgreSQL, text in SQLite.
    Json(Option<serde_json::Value>),
    /// For `column in :name`.
    List(List<'q>),
    /// For `from :name alias`.
    Rows(Rows<'q>),
}

/// The type of a list's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    Text,
    Bytes,
    Uuid,
    Long,
    Int,
    Real,
    Flag,
    Time,
    Json,
}

/// Values of one type. They are an array in PostgreSQL and a JSON array in SQLite.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct List<'q> {
    pub(super) kind: Kind,
    pub(super) items: Vec<Value<'q>>,
}

/// Rows that a statement selects from, given as columns of equal length. They get an additional column `position`,
/// which counts from 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::store) struct Rows<'q> {
    pub(super) columns: Vec<(&'static str, List<'q>)>,
}

impl<'q> List<'q> {
    pub(in crate::store) fn texts<T: Into<Option<&'q str>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Text, items, |item| Value::Text(item.into().map(Cow::Borrowed)))
    }

    pub(in crate::store) fn owned_texts(items: impl IntoIterator<Item = String>) -> Self {
        Self::of(Kind::Text, items, Value::from)
    }

    pub(in crate::store) fn bytes<T: Into<Option<&'q [u8]>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Bytes, items, |item| Value::Bytes(item.into().map(Cow::Borrowed)))
    }

    pub(in crate::store) fn uuids<T: Into<Option<Uuid>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Uuid, items, |item| Value::Uuid(item.into()))
    }

    pub(in crate::store) fn comments<'c>(ids: impl IntoIterator<Item = &'c CommentId>) -> Self {
        Self::uuids(ids.into_iter().map(|id| id.0))
    }

    pub(in crate::store) fn longs<T: Into<Option<i64>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Long, items, |item| Value::Long(item.into()))
    }

    pub(in crate::store) fn ints<T: Into<Option<i32>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Int, items, |item| Value::Int(item.into()))
    }

    /// Creates a list of finite numbers. JSON has no others.
    pub(in crate::store) fn reals<T: Into<Option<f64>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Real, items, |item| Value::Real(item.into()))
    }

    pub(in crate::store) fn flags<T: Into<Option<bool>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Flag, items, |item| Value::Flag(item.into()))
    }

    pub(in crate::store) fn times<T: Into<Option<DateTime<Utc>>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Time, items, |item| Value::Time(item.into()))
    }

    /// Creates a list of JSON values. Fails with `Internal` if a value cannot be written as JSON.
    pub(in crate::store) fn jsons<T: Serialize>(items: impl IntoIterator<Item = Option<T>>) -> Result<Self> {
        let items = items.into_iter().map(|item| Value::maybe_json(item.as_ref())).collect::<Result<_>>()?;
        Ok(Self { kind: Kind::Json, items })
    }

    fn of<T>(kind: Kind, items: impl IntoIterator<Item = T>, value: impl Fn(T) -> Value<'q>) -> Self {
        Self { kind, items: items.into_iter().map(value).collect() }
    }
}

impl<'q> Rows<'q> {
    pub(in crate::store) fn new() -> Self {
        Self::default()
    }

    /// Adds a column. All columns must have the same number of values.
    pub(in crate::store) fn column(mut self, name: &'static str, values: List<'q>) -> Self {
        self.columns.push((name, values));
        self
    }

    pub(super) fn names(&self) -> impl Iterator<Item = (&'static str, Kind)> {
        self.columns.iter().map(|(name, values)| (*name, values.kind))
    }
}

impl Value<'_> {
    /// Creates a JSON value. Fails with `Internal` if the value cannot be written as JSON.
    pub(in crate::store) fn json(value: &impl Serialize) -> Result<Self> {
        Self::maybe_json(Some(value))
    }

    /// Creates a JSON value or null. Fails with `Internal` if the value cannot be written as JSON.
    pub(in crate::store) fn maybe_json(value: Option<&impl Serialize>) -> Result<Self> {
        value.map(serde_json::to_value).transpose().map(Self::Json).map_err(Error::internal)
    }
}

/// Implements the conversion of a type and its `Option` to a variant.
macro_rules! from {
    ($($type:ty => $variant:ident($convert:expr)),+ $(,)?) => {$(
        impl<'q> From<$type> for Value<'q> {
            fn from(value: $type) -> Self {
                Self::from(Some(value))
            }
        }

        impl<'q> From<Option<$type>> for Value<'q> {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map($convert))
            }
        }
    )+};
}

from! {
    &'q str => Text(Cow::Borrowed),
    &'q String => Text(|text| Cow::Borrowed(text.as_str())),
    String => Text(Cow::Owned),
    &'q SiteId => Text(|id| Cow::Borrowed(id.as_str())),
    &'q ArticleId => Text(|id| Cow::Borrowed(id.as_str())),
    &'q [u8] => Bytes(Cow::Borrowed),
    Vec<u8> => Bytes(Cow::Owned),
    Uuid => Uuid(std::convert::identity),
    CommentId => Uuid(|id| id.0),
    i64 => Long(std::convert::identity),
    i32 => Int(std::convert::identity),
    f64 => Real(std::convert::identity),
    bool => Flag(std::convert::identity),
    DateTime<Utc> => Time(std::convert::identity),
}

impl<'q, const N: usize> From<&'q [u8; N]> for Value<'q> {
    fn from(bytes: &'q [u8; N]) -> Self {
        Self::from(&bytes[..])
    }
}

impl<'q, const N: usize> From<Option<&'q [u8; N]>> for Value<'q> {
    fn from(bytes: Option<&'q [u8; N]>) -> Self {
        Self::from(bytes.map(|bytes| &bytes[..]))
    }
}

impl<'q> From<List<'q>> for Value<'q> {
    fn from(list: List<'q>) -> Self {
        Self::List(list)
    }
}

impl<'q> From<Rows<'q>> for Value<'q> {
    fn from(rows: Rows<'q>) -> Self {
        Self::Rows(rows)
    }
}
