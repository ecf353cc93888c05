//! Sequential reading of a row's columns, for both databases.

use chrono::{DateTime, Utc};
use sqlx::{Postgres, Row as _, Sqlite, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use super::parse;
use crate::domain::Result;

/// A reader that takes the columns of a row from left to right.
pub(super) struct RowReader<'r, R> {
    row: &'r R,
    next: usize,
}

impl<'r, R> RowReader<'r, R> {
    pub(super) const fn new(row: &'r R) -> Self {
        Self { row, next: 0 }
    }
}

/// Sequential access to the columns of a row, with a method for each column type of the schema.
pub(super) trait Read {
    fn text(&mut self) -> Result<String>;
    fn maybe_text(&mut self) -> Result<Option<String>>;
    fn word(&mut self) -> Result<&str>;
    fn uuid(&mut self) -> Result<Uuid>;
    fn maybe_uuid(&mut self) -> Result<Option<Uuid>>;
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]>;
    fn long(&mut self) -> Result<i64>;
    fn int(&mut self) -> Result<i32>;
    fn real(&mut self) -> Result<f64>;
    fn flag(&mut self) -> Result<bool>;
    fn time(&mut self) -> Result<DateTime<Utc>>;
    fn maybe_time(&mut self) -> Result<Option<DateTime<Utc>>>;
    /// Reads a group of columns with `read`. If the first column is null, which means that an outer join found no row,
    /// it skips `columns` columns and returns `None`.
    fn joined<T>(&mut self, columns: usize, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>>;
}

macro_rules! readers {
    ($row:ty, $database:ty, $time:ty, $convert:expr) => {
        impl<'r> RowReader<'r, $row> {
            fn take<T: sqlx::Decode<'r, $database> + sqlx::Type<$database>>(&mut self) -> Result<T> {
                let at = self.next;
                self.next += 1;
                // Debug builds, and so the tests, check that each column has the type that is read. Release builds skip
                // the check to save time.
                let value = if cfg!(debug_assertions) { self.row.try_get(at) } else { self.row.try_get_unchecked(at) };
                Ok(value?)
            }
        }

        impl Read for RowReader<'_, $row> {
            fn text(&mut self) -> Result<String> {
                self.take()
            }
            fn maybe_text(&mut self) -> Result<Option<String>> {
                self.take()
            }
            fn word(&mut self) -> Result<&str> {
                self.take()
            }
            fn uuid(&mut self) -> Result<Uuid> {
                self.take()
            }
            fn maybe_uuid(&mut self) -> Result<Option<Uuid>> {
                self.take()
            }
            fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
                parse::bytes(self.take::<&[u8]>()?)
            }
            fn long(&mut self) -> Result<i64> {
                self.take()
            }
            fn int(&mut self) -> Result<i32> {
                self.take()
            }
            fn real(&mut self) -> Result<f64> {
                self.take()
            }
            fn flag(&mut self) -> Result<bool> {
                self.take()
            }
            fn time(&mut self) -> Result<DateTime<Utc>> {
                let time = self.take::<$time>()?;
                $convert(time)
            }
            fn maybe_time(&mut self) -> Result<Option<DateTime<Utc>>> {
                self.take::<Option<$time>>()?.map($convert).transpose()
            }
            fn joined<T>(&mut self, columns: usize, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
                use sqlx::ValueRef as _;
                if self.row.try_get_raw(self.next)?.is_null() {
                    self.next += columns;
                    return Ok(None);
                }
                read(self).map(Some)
            }
        }
    };
}

readers!(PgRow, Postgres, DateTime<Utc>, Ok);
readers!(SqliteRow, Sqlite, i64, parse::time);
