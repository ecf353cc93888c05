//! Statements with their parameters. Each is written once for both databases.

use std::panic::Location;

use super::{
    connection::Connection,
    dialect::{self, Dialect, Rendered},
    row::{Columns, Row},
    value::{Rows, Value},
};
use crate::domain::{Error, Result, id::SiteId};

/// SQL with named parameters. [`dialect`] describes the syntax of templates. The text comes from the program only, and
/// callers' values are always bound.
///
/// ```ignore
/// Statement::new("update articles set title = :title where site_id = :site and article_id = :article")
///     .bind("title", &title)
///     .bind("site", site)
///     .bind("article", article)
///     .execute(&mut *tx)
///     .await?;
/// ```
#[derive(Debug)]
pub(in crate::store) struct Statement<'q> {
    text: String,
    values: Vec<(&'static str, Value<'q>)>,
    planned_for_values: bool,
    /// The source location of the statement. A test explains every statement, and reports those that never ran.
    written_at: &'static Location<'static>,
}

impl<'q> Statement<'q> {
    #[track_caller]
    pub(in crate::store) fn new(text: &'static str) -> Self {
        Self::of(text.to_owned(), Vec::new())
    }

    #[track_caller]
    fn of(text: String, values: Vec<(&'static str, Value<'q>)>) -> Self {
        Self { text, values, planned_for_values: false, written_at: Location::caller() }
    }

    /// Appends SQL. A filter appends its condition only if it is set.
    pub(in crate::store) fn push(mut self, text: &'static str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Appends a limit as a literal, so that a generic plan knows how few rows there are.
    pub(super) fn limit(mut self, rows: usize) -> Self {
        self.text.push_str(" limit ");
        self.text.push_str(&rows.to_string());
        self
    }

    /// Appends the columns of the table `alias`, which [`Row::of`] reads.
    pub(in crate::store) fn columns(mut self, columns: &Columns, alias: &str) -> Self {
        columns.add_to(&mut self.text, alias);
        self
    }

    /// Appends the columns of the table `alias` under their own names, for rows that [`Row::starting`] reads.
    pub(super) fn plain_columns(mut self, columns: &Columns, alias: &str) -> Self {
        columns.add_plain_to(&mut self.text, alias);
        self
    }

    /// Returns `insert into table (columns) values (parameters)` with one column and one parameter for each value.
    #[track_caller]
    pub(in crate::store) fn insert(table: &'static str, values: Vec<(&'static str, Value<'q>)>) -> Self {
        let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
        let text = format!("insert into {table} ({}) values (:{})", names.join(", "), names.join(", :"));
        Self::of(text, values)
    }

    /// Returns `insert into table … select … from rows`. Every row gets the same `site_id`. The other columns are those
    /// of the rows.
    #[track_caller]
    pub(in crate::store) fn insert_rows(table: &'static str, site: &'q SiteId, rows: Rows<'q>) -> Self {
        let names: Vec<_> = rows.names().map(|(name, _)| name).collect();
        let names = names.join(", ");
        let text = format!("insert into {table} (site_id, {names}) select :site, {names} from :rows given where true");
        let values = vec![("site", site.into()), ("rows", rows.into())];
        Self::of(text, values)
    }

    /// Binds a parameter, which the text must use.
    pub(in crate::store) fn bind(mut self, name: &'static str, value: impl Into<Value<'q>>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// Appends a condition with its parameter if there is a value.
    pub(in crate::store) fn condition(
        self,
        text: &'static str,
        name: &'static str,
        value: Option<impl Into<Value<'q>>>,
    ) -> Self {
        match value {
            Some(value) => self.push(text).bind(name, value),
            None => self,
        }
    }

    /// Makes PostgreSQL plan the statement for its bound values each time it runs. Otherwise one generic plan is used
    /// for all values. SQLite never considers values when it plans.
    pub(in crate::store) const fn planned_for_values(mut self) -> Self {
        self.planned_for_values = true;
        self
    }

    pub(in crate::store) async fn fetch_all(self, on: impl Into<Connection<'_>>) -> Result<Vec<Row>> {
        Ok(on.into().run(&self).await?.0)
    }

    pub(in crate::store) async fn fetch_optional(self, on: impl Into<Connection<'_>>) -> Result<Option<Row>> {
        Ok(on.into().run(&self).await?.0.into_iter().next())
    }

    /// Fails with `Internal` if there is no row.
    pub(in crate::store) async fn fetch_one(self, on: impl Into<Connection<'_>>) -> Result<Row> {
        self.fetch_optional(on).await?.ok_or_else(|| Error::internal("a statement returned no row"))
    }

    pub(in crate::store) async fn execute(self, on: impl Into<Connection<'_>>) -> Result<u64> {
        Ok(on.into().run(&self).await?.1)
    }

    #[cfg(test)]
    pub(super) async fn sqlite_plan(mut self, on: impl Into<Connection<'_>>) -> Result<String> {
        self.text.insert_str(0, "explain query plan ");
        let steps = self.fetch_all(on).await?;
        steps.iter().map(|step| Ok(step.fields().get::<String>("detail")? + "\n")).collect()
    }

    /// Queues the statement in a transaction of SQLite: it runs before the next statement, or with the commit. In
    /// PostgreSQL it runs immediately.
    pub(super) async fn execute_later(self, on: impl Into<Connection<'_>>) -> Result<()> {
        on.into().run_later(&self).await
    }

    /// Renders the SQL, with parameters that are numbered from `first`, and traces it.
    pub(super) fn render(&self, dialect: Dialect, first: usize) -> Result<Rendered> {
        let rendered = dialect::render(dialect, &self.text, &self.values, first)
            .map_err(|error| Error::internal(format!("{error} in: {}", self.text)))?;
        trace(dialect, &rendered.sql, self.written_at);
        Ok(rendered)
    }

    pub(super) fn value(&self, index: usize) -> Option<&Value<'q>> {
        self.values.get(index).map(|(_, value)| value)
    }

    pub(super) const fn is_planned_for_values(&self) -> bool {
        self.planned_for_values
    }
}

/// Traces a statement before it runs, with its source location.
pub(in crate::store) fn trace(dialect: Dialect, sql: &str, written_at: &Location<'_>) {
    tracing::trace!(target: "duyetd::sql", ?dialect, file = written_at.file(), line = written_at.line(), sql);
}
