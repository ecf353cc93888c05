//! Rows of either database, read by the names of their columns.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use sqlx::{Column as _, Row as _, ValueRef as _, postgres::PgRow, sqlite::SqliteRow, types::Json};
use uuid::Uuid;

use crate::{
    domain::{
        Error, Result,
        id::{ArticleId, CommentId, SiteId},
        named_enum::UnknownName,
    },
    store::parse,
};

/// A row of a result.
#[derive(Debug)]
pub(in crate::store) enum Row {
    Postgres(PgRow),
    Sqlite(SqliteRow),
}

/// The columns of a table that are read together, in the order of the select list.
#[derive(Debug)]
pub(in crate::store) struct Columns {
    plain: &'static [&'static str],
    /// Names and SQL expressions of computed columns. In the SQL, `@` is the table's alias.
    computed: &'static [(&'static str, &'static str)],
}

/// The columns of a row, or of one table in it.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Fields<'r> {
    row: &'r Row,
    /// The columns of one table, and the index of the first of them in the row.
    group: Option<(&'static Columns, usize)>,
}

impl Columns {
    /// Creates a list of columns. The first column must not be nullable, because [`Row::joined`] uses it to detect a
    /// missing row.
    pub(in crate::store) const fn new(plain: &'static [&'static str]) -> Self {
        Self { plain, computed: &[] }
    }

    /// Adds computed columns. In their SQL, `@` is the table.
    pub(in crate::store) const fn with(self, computed: &'static [(&'static str, &'static str)]) -> Self {
        Self { computed, ..self }
    }

    pub(super) const fn len(&self) -> usize {
        self.plain.len() + self.computed.len()
    }

    /// Appends the columns of the table `alias` to the text of a `select`, each under the name `alias.column`.
    pub(super) fn add_to(&self, text: &mut String, alias: &str) {
        let mut between = "";
        for &name in self.plain {
            text.extend([between, alias, ".", name, " as \"", alias, ".", name, "\""]);
            between = ", ";
        }
        for &(name, sql) in self.computed {
            text.extend([between, &sql.replace('@', alias), " as \"", alias, ".", name, "\""]);
            between = ", ";
        }
    }

    /// Does the same as [`Columns::add_to`], but each column has its own name. No column may be computed.
    pub(super) fn add_plain_to(&self, text: &mut String, alias: &str) {
        let mut between = "";
        for &name in self.plain {
            text.extend([between, alias, ".", name]);
            between = ", ";
        }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.plain.iter().copied().chain(self.computed.iter().map(|(name, _)| *name))
    }
}

impl Row {
    pub(in crate::store) const fn fields(&self) -> Fields<'_> {
        Fields { row: self, group: None }
    }

    /// Returns the columns of the table `alias`, which [`Columns::add_to`] added to the statement.
    pub(in crate::store) fn of(&self, columns: &'static Columns, alias: &str) -> Result<Fields<'_>> {
        let first = columns.names().next().unwrap_or_default();
        let place = self.place(&format!("{alias}.{first}"))?;
        Ok(Fields { row: self, group: Some((columns, place)) })
    }

    /// Does the same as [`Row::of`]. Returns `None` if the first column is null, because the outer join found no row.
    pub(in crate::store) fn joined(&self, columns: &'static Columns, alias: &str) -> Result<Option<Fields<'_>>> {
        let fields = self.of(columns, alias)?;
        let place = fields.group.map_or(0, |(_, place)| place);
        Ok((!self.is_null(place)?).then_some(fields))
    }

    /// Returns the columns that begin at the index `first` of the row, regardless of their names in the statement.
    pub(super) const fn starting(&self, columns: &'static Columns, first: usize) -> Fields<'_> {
        Fields { row: self, group: Some((columns, first)) }
    }

    fn place(&self, name: &str) -> Result<usize> {
        let place = match self {
            Self::Postgres(row) => row.try_column(name)?.ordinal(),
            Self::Sqlite(row) => row.try_column(name)?.ordinal(),
        };
        Ok(place)
    }

    fn is_null(&self, place: usize) -> Result<bool> {
        Ok(match self {
            Self::Postgres(row) => row.try_get_raw(place)?.is_null(),
            Self::Sqlite(row) => row.try_get_raw(place)?.is_null(),
        })
    }
}

/// Reads a column. Debug builds, and so the tests, check the type of the column. Release builds skip the check to save
/// time.
macro_rules! column {
    ($row:expr, $place:expr) => {
        if cfg!(debug_assertions) { $row.try_get($place) } else { $row.try_get_unchecked($place) }
    };
}

impl Fields<'_> {
    /// Fails with `Internal` if the row has no such column or its value has another type.
    pub(in crate::store) fn get<T: Field>(self, name: &str) -> Result<T> {
        T::read(self.row, self.place(name)?)
    }

    pub(in crate::store) fn named<T: FromStr<Err = UnknownName>>(self, name: &str) -> Result<T> {
        self.maybe_named(name)?.ok_or_else(|| Error::internal(format!("column {name} is null")))
    }

    /// Does the same as [`Fields::named`] for a column that may be null.
    pub(in crate::store) fn maybe_named<T: FromStr<Err = UnknownName>>(self, name: &str) -> Result<Option<T>> {
        let place = self.place(name)?;
        let stored: Option<&str> = match self.row {
            Row::Postgres(row) => column!(row, place)?,
            Row::Sqlite(row) => column!(row, place)?,
        };
        parse::maybe_named(stored)
    }

    pub(in crate::store) fn json<T: DeserializeOwned>(self, name: &str) -> Result<T> {
        self.maybe_json(name)?.ok_or_else(|| Error::internal(format!("column {name} is null")))
    }

    pub(in crate::store) fn maybe_json<T: DeserializeOwned>(self, name: &str) -> Result<Option<T>> {
        let place = self.place(name)?;
        let json: Option<Json<T>> = match self.row {
            Row::Postgres(row) => row.try_get(place)?,
            Row::Sqlite(row) => row.try_get(place)?,
        };
        Ok(json.map(|json| json.0))
    }

    pub(in crate::store) fn is_null(self, name: &str) -> Result<bool> {
        self.row.is_null(self.place(name)?)
    }

    fn place(self, name: &str) -> Result<usize> {
        let Some((columns, first)) = self.group else { return self.row.place(name) };
        let at = columns.names().position(|column| column == name);
        at.map(|at| first + at).ok_or_else(|| Error::internal(format!("column {name} is not selected")))
    }
}

/// A type that a column can be read as.
pub(in crate::store) trait Field: Sized {
    /// Reads the column with the index `place`.
    fn read(row: &Row, place: usize) -> Result<Self>;
}

/// Implements [`Field`] for types that both drivers support.
macro_rules! fields {
    ($($type:ty),+ $(,)?) => {$(
        impl Field for $type {
            fn read(row: &Row, place: usize) -> Result<Self> {
                Ok(match row {
                    Row::Postgres(row) => column!(row, place)?,
                    Row::Sqlite(row) => column!(row, place)?,
                })
            }
        }
    )+};
}

fields!(
    String,
    Option<String>,
    Vec<u8>,
    Option<Vec<u8>>,
    Uuid,
    Option<Uuid>,
    i64,
    Option<i64>,
    i32,
    Option<i32>,
    f64,
    Option<f64>,
    bool,
    Option<bool>,
);

impl Field for Option<DateTime<Utc>> {
    fn read(row: &Row, place: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => Ok(row.try_get(place)?),
            Row::Sqlite(row) => row.try_get::<Option<i64>, _>(place)?.map(parse::time).transpose(),
        }
    }
}

impl Field for DateTime<Utc> {
    fn read(row: &Row, place: usize) -> Result<Self> {
        Option::read(row, place)?.ok_or_else(|| Error::internal("a time is null"))
    }
}

impl<const N: usize> Field for [u8; N] {
    fn read(row: &Row, place: usize) -> Result<Self> {
        parse::bytes(&Vec::read(row, place)?)
    }
}

impl<const N: usize> Field for Option<[u8; N]> {
    fn read(row: &Row, place: usize) -> Result<Self> {
        Option::<Vec<u8>>::read(row, place)?.map(|bytes| parse::bytes(&bytes)).transpose()
    }
}

impl Field for CommentId {
    fn read(row: &Row, place: usize) -> Result<Self> {
        Uuid::read(row, place).map(Self)
    }
}

impl Field for Option<CommentId> {
    fn read(row: &Row, place: usize) -> Result<Self> {
        Ok(Option::<Uuid>::read(row, place)?.map(CommentId))
    }
}

impl Field for ArticleId {
    fn read(row: &Row, place: usize) -> Result<Self> {
        parse::article_id(&String::read(row, place)?)
    }
}

impl Field for Option<ArticleId> {
    fn read(row: &Row, place: usize) -> Result<Self> {
        Option::<String>::read(row, place)?.as_deref().map(parse::article_id).transpose()
    }
}

impl Field for SiteId {
    fn read(row: &Row, place: usize) -> Result<Self> {
        parse::site(&String::read(row, place)?)
    }
}
