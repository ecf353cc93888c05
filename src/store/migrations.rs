//! The migrations of both databases, which `build.rs` embeds in the program. sqlx's own macro would compile sqlx and
//! SQLite a second time, as dependencies of the macro.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

#[expect(clippy::unreadable_literal, reason = "versions are dates and times")]
mod files {
    include!(concat!(env!("OUT_DIR"), "/migrations.rs"));
}

pub(super) fn sqlite() -> Migrator {
    migrator(files::SQLITE)
}

pub(super) fn postgres() -> Migrator {
    migrator(files::POSTGRES)
}

fn migrator(files: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = files.iter().map(|&(version, description, sql)| {
        // By sqlx's convention, a migration whose first line is this comment runs outside of a transaction.
        let no_tx = sql.starts_with("-- no-transaction");
        Migration::new(version, Cow::Borrowed(description), MigrationType::Simple, sql.into_sql_str(), no_tx)
    });
    Migrator::with_migrations(migrations.collect())
}
