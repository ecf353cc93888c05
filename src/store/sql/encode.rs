//! Encoding of values as the parameters of each driver.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{Arguments as _, error::BoxDynError, postgres::PgArguments, sqlite::SqliteArguments, types::Json};
use uuid::Uuid;

use super::value::{Kind, List, Rows, Value};

impl Value<'_> {
    /// Adds the value as PostgreSQL's next parameters: one parameter, or for rows one for each column.
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

    /// Returns the value in the form that SQLite's statements expect within JSON: bytes as hex, times as microseconds,
    /// JSON as text.
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

impl List<'_> {
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

impl Rows<'_> {
    /// Returns the rows as a JSON array of arrays for SQLite's `json_each`.
    fn as_json(&self) -> serde_json::Value {
        let length = self.columns.first().map_or(0, |(_, values)| values.items.len());
        let row = |at| self.columns.iter().map(|(_, values)| values.items.get(at).map(Value::in_json)).collect();
        serde_json::Value::Array((0..length).map(row).collect())
    }
}
