//! The migrations of both dialects, which `build.rs` makes part of the program. sqlx's own macro for this would build sqlx and SQLite a
//! second time, for the macro.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

#[expect(clippy::unreadable_literal, reason = "versions are dates and times")]
mod files {
    include!(concat!(env!("OUT_DIR"), "/migrations.rs"));
}

/// Returns the SQLite schema's migrations.
pub(super) fn sqlite() -> Migrator {
    migrator(files::SQLITE)
}

/// Returns the PostgreSQL schema's migrations.
pub(super) fn postgres() -> Migrator {
    migrator(files::POSTGRES)
}

fn migrator(files: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = files.iter().map(|&(version, description, sql)| {
        // As sqlx's macro reads a file: the comment in the first line keeps the migration out of a transaction.
        let no_tx = sql.starts_with("-- no-transaction");
        Migration::new(version, Cow::Borrowed(description), MigrationType::Simple, sql.into_sql_str(), no_tx)
    });
    Migrator::with_migrations(migrations.collect())
}
