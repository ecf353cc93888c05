//! Rendering of a statement's template as the SQL of one database.
//!
//! Templates are SQL with three additions:
//! - `:name` is the parameter that was bound with that name.
//! - `column in :name` takes a list, and `from :name alias` takes rows.
//! - `{postgres | sqlite}` is replaced by its left part in PostgreSQL and by its right part in SQLite. Either may be
//!   empty.

use super::value::{Kind, Rows, Value};

/// The two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Dialect {
    Postgres,
    Sqlite,
}

impl Dialect {
    /// Returns whether other transactions may write between the statements of a transaction.
    pub(in crate::store) const fn has_concurrent_writers(self) -> bool {
        matches!(self, Self::Postgres)
    }
}

/// The error of a template that cannot be rendered, which is a fault of the program.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum TemplateError {
    #[error("parameter :{0} is not bound")]
    Unbound(String),
    #[error("parameter :{0} is bound but not used")]
    Unused(&'static str),
    #[error("a brace is not closed, or has no bar")]
    Brace,
}

/// A rendered statement: the SQL, and the indexes of the values in the order of their parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) sql: String,
    pub(super) order: Vec<usize>,
}

/// Renders `template` with the parameters `values`, which are numbered from `first` on.
pub(super) fn render(
    dialect: Dialect,
    template: &str,
    values: &[(&'static str, Value<'_>)],
    first: usize,
) -> Result<Rendered, TemplateError> {
    let mut renderer = Renderer {
        dialect,
        values,
        sql: String::with_capacity(template.len() + 64),
        order: Vec::with_capacity(values.len()),
        numbers: vec![None; values.len()],
        next: first,
    };
    renderer.template(template)?;
    if let Some(unused) = renderer.numbers.iter().position(Option::is_none) {
        return Err(TemplateError::Unused(values[unused].0));
    }
    Ok(Rendered { sql: renderer.sql, order: renderer.order })
}

struct Renderer<'v> {
    dialect: Dialect,
    values: &'v [(&'static str, Value<'v>)],
    sql: String,
    order: Vec<usize>,
    /// The number of each value's first parameter, or `None` before its first use.
    numbers: Vec<Option<usize>>,
    next: usize,
}

impl Renderer<'_> {
    fn template(&mut self, mut rest: &str) -> Result<(), TemplateError> {
        while let Some(at) = rest.find([':', '{', '\'']) {
            self.sql.push_str(&rest[..at]);
            let special = &rest[at..];
            rest = match special.as_bytes()[0] {
                b'{' => self.alternative(&special[1..])?,
                b'\'' => self.literal(special),
                _ => self.parameter(special)?,
            };
        }
        self.sql.push_str(rest);
        Ok(())
    }

    /// Renders one side of a brace and returns the rest of the text.
    fn alternative<'t>(&mut self, text: &'t str) -> Result<&'t str, TemplateError> {
        let (inside, rest) = text.split_once('}').ok_or(TemplateError::Brace)?;
        let (postgres, sqlite) = inside.split_once('|').ok_or(TemplateError::Brace)?;
        self.template(match self.dialect {
            Dialect::Postgres => postgres.trim(),
            Dialect::Sqlite => sqlite.trim(),
        })?;
        Ok(rest)
    }

    /// Copies a quoted literal.
    fn literal<'t>(&mut self, text: &'t str) -> &'t str {
        let end = text[1..].find('\'').map_or(text.len(), |at| at + 2);
        self.sql.push_str(&text[..end]);
        &text[end..]
    }

    /// Renders a parameter, or copies the colons of a cast.
    fn parameter<'t>(&mut self, text: &'t str) -> Result<&'t str, TemplateError> {
        let after = &text[1..];
        let length = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        if length == 0 || self.sql.ends_with(':') {
            self.sql.push(':');
            return Ok(after);
        }
        let (name, rest) = after.split_at(length);
        let index = self.values.iter().position(|(bound, _)| *bound == name);
        let index = index.ok_or_else(|| TemplateError::Unbound(name.to_owned()))?;
        let number = self.number(index);
        match &self.values[index].1 {
            Value::List(list) => self.list(number, list.kind),
            Value::Rows(rows) => self.rows(number, rows),
            _ => self.placeholder(number),
        }
        Ok(rest)
    }

    /// Returns the number of a value's first parameter, and assigns it at the first use.
    fn number(&mut self, index: usize) -> usize {
        if let Some(number) = self.numbers[index] {
            return number;
        }
        let number = self.next;
        self.next += match (&self.values[index].1, self.dialect) {
            (Value::Rows(rows), Dialect::Postgres) => rows.names().count(),
            _ => 1,
        };
        self.numbers[index] = Some(number);
        self.order.push(index);
        number
    }

    fn placeholder(&mut self, number: usize) {
        self.sql.push('$');
        self.sql.push_str(&number.to_string());
    }

    /// Renders a list. In PostgreSQL, `= any (array)` replaces `in`.
    fn list(&mut self, number: usize, kind: Kind) {
        match self.dialect {
            Dialect::Postgres => {
                if let Some(before) = self.sql.strip_suffix("in ") {
                    let length = before.len();
                    self.sql.truncate(length);
                    self.sql.push_str("= any (");
                    self.placeholder(number);
                    self.sql.push(')');
                } else {
                    self.placeholder(number);
                }
            }
            Dialect::Sqlite => {
                self.sql.push_str("(select ");
                self.sql.push_str(&from_json(kind, "value"));
                self.sql.push_str(" from json_each(");
                self.placeholder(number);
                self.sql.push_str("))");
            }
        }
    }

    /// Renders rows as a subquery, which PostgreSQL's planner merges with the statement. The `limit` prevents the same
    /// in SQLite: in `update … from`, SQLite would read all rows of a site and parse the JSON again for each of them.
    fn rows(&mut self, number: usize, rows: &Rows<'_>) {
        match self.dialect {
            Dialect::Postgres => {
                let arrays = rows.names().enumerate();
                let arrays = arrays.map(|(at, (_, kind))| format!("${}::{}[]", number + at, sql_type(kind)));
                let names = rows.names().map(|(name, _)| name);
                self.sql.push_str("(select * from unnest(");
                self.sql.push_str(&arrays.collect::<Vec<_>>().join(", "));
                self.sql.push_str(") with ordinality as given (");
                self.sql.push_str(&names.collect::<Vec<_>>().join(", "));
                self.sql.push_str(", position))");
            }
            Dialect::Sqlite => {
                self.sql.push_str("(select key + 1 as position");
                for (at, (name, kind)) in rows.names().enumerate() {
                    self.sql.push_str(", ");
                    self.sql.push_str(&from_json(kind, &format!("value ->> {at}")));
                    self.sql.push_str(" as ");
                    self.sql.push_str(name);
                }
                self.sql.push_str(" from json_each(");
                self.placeholder(number);
                self.sql.push_str(") limit -1)");
            }
        }
    }
}

const fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Bytes => "bytea",
        Kind::Uuid => "uuid",
        Kind::Long => "bigint",
        Kind::Int => "integer",
        Kind::Real => "double precision",
        Kind::Flag => "boolean",
        Kind::Time => "timestamptz",
        Kind::Json => "jsonb",
    }
}

/// Returns the SQL that converts a JSON element to a value in SQLite.
fn from_json(kind: Kind, element: &str) -> String {
    match kind {
        Kind::Bytes | Kind::Uuid => format!("unhex({element})"),
        _ => element.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::value::List, *};

    fn both(template: &str, values: &[(&'static str, Value<'_>)]) -> [String; 2] {
        [Dialect::Postgres, Dialect::Sqlite].map(|dialect| render(dialect, template, values, 1).unwrap().sql)
    }

    #[test]
    fn parameters_are_numbered_by_their_first_use() {
        let values = [("a", Value::from(1_i64)), ("b", Value::from("x"))];
        let template = "select :b, :a, :b where t::text <> ':a'";
        assert_eq!(both(template, &values), ["select $1, $2, $1 where t::text <> ':a'"; 2]);
        assert_eq!(render(Dialect::Postgres, template, &values, 1).unwrap().order, [1, 0]);
        let later = render(Dialect::Sqlite, template, &values, 5).unwrap();
        assert_eq!((later.sql.as_str(), later.order), ("select $5, $6, $5 where t::text <> ':a'", vec![1, 0]));
    }

    #[test]
    fn each_database_gets_its_side_of_a_brace() {
        assert_eq!(
            both("select 1 {for update | limit 2}{| offset 3}", &[]),
            ["select 1 for update", "select 1 limit 2offset 3"]
        );
    }

    #[test]
    fn lists_and_rows_are_arrays_or_json() {
        let values = [
            ("ids", Value::from(List::uuids([uuid::Uuid::nil()]))),
            (
                "new",
                Value::from(Rows::new().column("id", List::uuids([uuid::Uuid::nil()])).column("n", List::ints([1]))),
            ),
        ];
        assert_eq!(
            both("select * from :new i where i.id in :ids", &values),
            [
                "select * from (select * from unnest($1::uuid[], $2::integer[]) with ordinality as given (id, n, position)) i \
                where i.id = any ($3)",
                "select * from (select key + 1 as position, unhex(value ->> 0) as id, value ->> 1 as n from json_each($1) limit -1) i \
                where i.id in (select unhex(value) from json_each($2))",
            ]
        );
    }

    #[test]
    fn a_mistake_in_a_template_is_an_error() {
        let values = [("a", Value::from(1_i64))];
        let render = |template| render(Dialect::Sqlite, template, &values, 1);
        assert_eq!(render("select 1"), Err(TemplateError::Unused("a")));
        assert_eq!(render("select :b"), Err(TemplateError::Unbound("b".into())));
        assert_eq!(render("select :a {for update"), Err(TemplateError::Brace));
    }
}
