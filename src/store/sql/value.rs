//! The values that statements bind, the same for both databases.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::{Arguments as _, error::BoxDynError, postgres::PgArguments, sqlite::SqliteArguments, types::Json};
use uuid::Uuid;

use crate::domain::{
    Error, Result,
    id::{ArticleId, CommentId, SiteId},
};

/// One parameter. `None` is null; each variant names the column type of the schema.
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

/// Values of one type. PostgreSQL gets an array, SQLite a JSON array.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct List<'q> {
    kind: Kind,
    items: Vec<Value<'q>>,
}

/// Rows that a statement selects from, given as columns of equal length. A column `position`, which counts from 1, is added.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::store) struct Rows<'q> {
    columns: Vec<(&'static str, List<'q>)>,
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

    /// Finite numbers only: JSON has no others.
    pub(in crate::store) fn reals<T: Into<Option<f64>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Real, items, |item| Value::Real(item.into()))
    }

    pub(in crate::store) fn flags<T: Into<Option<bool>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Flag, items, |item| Value::Flag(item.into()))
    }

    pub(in crate::store) fn times<T: Into<Option<DateTime<Utc>>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of(Kind::Time, items, |item| Value::Time(item.into()))
    }

    /// Fails with `Internal` when a value cannot be written as JSON.
    pub(in crate::store) fn jsons<T: Serialize>(items: impl IntoIterator<Item = Option<T>>) -> Result<Self> {
        let items = items.into_iter().map(|item| Value::maybe_json(item.as_ref())).collect::<Result<_>>()?;
        Ok(Self { kind: Kind::Json, items })
    }

    fn of<T>(kind: Kind, items: impl IntoIterator<Item = T>, value: impl Fn(T) -> Value<'q>) -> Self {
        Self { kind, items: items.into_iter().map(value).collect() }
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    fn add_to_postgres(&self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        let items = self.items.iter();
        match self.kind {
            Kind::Text => arguments.add(items.map(Value::text).collect::<Vec<_>>()),
            Kind::Bytes => arguments.add(items.map(Value::bytes).collect::<Vec<_>>()),
            Kind::Uuid => arguments.add(items.map(Value::uuid).collect::<Vec<_>>()),
            Kind::Long => arguments.add(items.map(Value::long).collect::<Vec<_>>()),
            Kind::Int => arguments.add(items.map(Value::int).collect::<Vec<_>>()),
            Kind::Real => arguments.add(items.map(Value::real).collect::<Vec<_>>()),
            Kind::Flag => arguments.add(items.map(Value::flag).collect::<Vec<_>>()),
            Kind::Time => arguments.add(items.map(Value::time).collect::<Vec<_>>()),
            Kind::Json => arguments.add(items.map(|item| item.as_json().map(Json)).collect::<Vec<_>>()),
        }
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

    /// Returns the rows as a JSON array of arrays, as SQLite's `json_each` reads them.
    fn as_json(&self) -> serde_json::Value {
        let length = self.columns.first().map_or(0, |(_, values)| values.items.len());
        let row = |at| self.columns.iter().map(|(_, values)| values.items.get(at).map(Value::in_json)).collect();
        serde_json::Value::Array((0..length).map(row).collect())
    }
}

impl<'q> Value<'q> {
    /// Fails with `Internal` when the value cannot be written as JSON.
    pub(in crate::store) fn json(value: &impl Serialize) -> Result<Self> {
        Self::maybe_json(Some(value))
    }

    /// Fails with `Internal` when the value cannot be written as JSON.
    pub(in crate::store) fn maybe_json(value: Option<&impl Serialize>) -> Result<Self> {
        value.map(serde_json::to_value).transpose().map(Self::Json).map_err(Error::internal)
    }

    /// Adds the value as PostgreSQL's next parameters: one, or one for each column of rows.
    pub(super) fn add_to_postgres(&self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        match self {
            Self::Text(_) => arguments.add(self.text()),
            Self::Bytes(_) => arguments.add(self.bytes()),
            Self::Uuid(value) => arguments.add(value),
            Self::Long(value) => arguments.add(value),
            Self::Int(value) => arguments.add(value),
            Self::Real(value) => arguments.add(value),
            Self::Flag(value) => arguments.add(value),
            Self::Time(value) => arguments.add(value),
            Self::Json(_) => arguments.add(self.as_json().map(Json)),
            Self::List(list) => list.add_to_postgres(arguments),
            Self::Rows(rows) => rows.columns.iter().try_for_each(|(_, values)| values.add_to_postgres(arguments)),
        }
    }

    /// Adds the value as SQLite's next parameter.
    pub(super) fn add_to_sqlite(&self, arguments: &mut SqliteArguments) -> Result<(), BoxDynError> {
        match self {
            Self::Text(_) => arguments.add(self.text()),
            Self::Bytes(_) => arguments.add(self.bytes()),
            Self::Uuid(value) => arguments.add(value),
            Self::Long(value) => arguments.add(value),
            Self::Int(value) => arguments.add(value),
            Self::Real(value) => arguments.add(value),
            Self::Flag(value) => arguments.add(value),
            Self::Time(value) => arguments.add(value.map(|at| at.timestamp_micros())),
            Self::Json(value) => arguments.add(value.as_ref().map(ToString::to_string)),
            Self::List(list) => {
                let items = list.items.iter().map(Self::in_json).collect();
                arguments.add(serde_json::Value::Array(items).to_string())
            }
            Self::Rows(rows) => arguments.add(rows.as_json().to_string()),
        }
    }

    /// Returns the value as SQLite's statements expect it within JSON: bytes as hex, times as microseconds, JSON as text.
    fn in_json(&self) -> serde_json::Value {
        match self {
            Self::Text(value) => json!(value),
            Self::Bytes(value) => json!(value.as_deref().map(hex::encode)),
            Self::Uuid(value) => json!(value.map(|id| hex::encode(id.as_bytes()))),
            Self::Long(value) => json!(value),
            Self::Int(value) => json!(value),
            Self::Real(value) => json!(value),
            Self::Flag(value) => json!(value),
            Self::Time(value) => json!(value.map(|at| at.timestamp_micros())),
            Self::Json(value) => json!(value.as_ref().map(ToString::to_string)),
            Self::List(_) | Self::Rows(_) => serde_json::Value::Null,
        }
    }

    fn text(&self) -> Option<&str> {
        if let Self::Text(value) = self { value.as_deref() } else { None }
    }

    fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(value) = self { value.as_deref() } else { None }
    }

    const fn uuid(&self) -> Option<Uuid> {
        if let Self::Uuid(value) = self { *value } else { None }
    }

    const fn long(&self) -> Option<i64> {
        if let Self::Long(value) = self { *value } else { None }
    }

    const fn int(&self) -> Option<i32> {
        if let Self::Int(value) = self { *value } else { None }
    }

    const fn real(&self) -> Option<f64> {
        if let Self::Real(value) = self { *value } else { None }
    }

    const fn flag(&self) -> Option<bool> {
        if let Self::Flag(value) = self { *value } else { None }
    }

    const fn time(&self) -> Option<DateTime<Utc>> {
        if let Self::Time(value) = self { *value } else { None }
    }

    const fn as_json(&self) -> Option<&serde_json::Value> {
        if let Self::Json(value) = self { value.as_ref() } else { None }
    }
}

/// Converts a type and its `Option` into a variant.
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
