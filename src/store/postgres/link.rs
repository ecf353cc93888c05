//! Detection of a transaction pooler between the service and PostgreSQL, and the settings of sessions.
//!
//! A direct session has its settings from the start-up options. A transaction pooler such as `PgBouncer` rejects or
//! drops those options and gives each transaction another server session. Behind a pooler, every transaction therefore
//! sets them with `set local`.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, PgPool, Row as _, error::DatabaseError, postgres::PgConnectOptions};
use tokio::sync::OnceCell;

/// The kind of connection to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// A connection is one server session, which keeps its settings and prepared statements.
    Direct,
    /// Each transaction may run in another server session.
    Pooled,
}

/// How a transaction begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Begin {
    ReadCommitted,
    /// A read-only transaction whose statements are each planned for their values, for filters whose conditions may be
    /// absent.
    PlannedForValues,
}

/// Declares the settings of sessions once, as start-up options and as commands of a transaction.
macro_rules! settings {
    ($($(#[doc = $why:literal])* $name:literal = $value:literal,)+) => {
        /// Names and values as in `pg_settings`. Times are milliseconds.
        pub(super) const SETTINGS: &[(&str, &str)] = &[$(($name, $value)),+];

        impl Begin {
            /// Returns the commands that begin a transaction, in one round trip.
            pub(super) const fn sql(self, link: Link) -> &'static str {
                match (link, self) {
                    (Link::Direct, Self::ReadCommitted) => "begin isolation level read committed",
                    (Link::Direct, Self::PlannedForValues) => concat!("begin read only; ", planned_for_values!()),
                    (Link::Pooled, Self::ReadCommitted) => concat!(
                        "begin isolation level read committed", $("; set local ", $name, " = ", $value),+
                    ),
                    (Link::Pooled, Self::PlannedForValues) => concat!(
                        "begin read only", $("; set local ", $name, " = ", $value,)+ "; ", planned_for_values!()
                    ),
                }
            }
        }
    };
}

settings! {
    "statement_timeout" = "2000",
    // Longer than PostgreSQL's `deadlock_timeout` (1 s), so that a deadlock is detected and reported as one, and
    // shorter than `statement_timeout`, so that a lock timeout is distinguishable from a slow statement.
    "lock_timeout" = "1600",
    "idle_in_transaction_session_timeout" = "5000",
    // Every statement has an index. A plan that was made while a table was empty would scan it long after it has grown.
    "enable_seqscan" = "off",
    // By default PostgreSQL plans statements with arrays at each use, because it does not know their lengths. The
    // statements of a submit take longer to plan than to run.
    "plan_cache_mode" = "force_generic_plan",
}

/// A custom setting among the start-up options. A session without it did not receive the options.
const MARK: (&str, &str) = ("duyet.direct", "on");

const IS_MARKED: &str = "select coalesce(current_setting('duyet.direct', true), '') = 'on'";

/// Minimum time allowed for the detection, which takes up to two connections and two statements. It runs once, before
/// the first call.
const FIND_LIMIT: Duration = Duration::from_millis(2_500);

/// Connect options of one database, and the detected link.
#[derive(Debug)]
pub(super) struct Links {
    options: PgConnectOptions,
    patience: Duration,
    found: OnceCell<Link>,
}

impl Links {
    pub(super) fn new(options: PgConnectOptions, patience: Duration) -> Self {
        // PostgreSQL uses the highest precision by default since version 12, and poolers reject the option.
        let options = options.application_name("duyet").extra_float_digits(None);
        Self { options, patience, found: OnceCell::new() }
    }

    pub(super) const fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    pub(super) fn with(&self, settings: &[(&str, &str)]) -> PgConnectOptions {
        // An empty list would still be sent, and a pooler would reject it.
        if settings.is_empty() { self.options.clone() } else { self.options.clone().options(settings.iter().copied()) }
    }

    pub(super) fn direct(&self) -> PgConnectOptions {
        self.with(SETTINGS).options([MARK])
    }

    pub(super) fn known(&self) -> Option<Link> {
        self.found.get().copied()
    }

    /// Detects the link on its own connection, once. Later connections of `pool` are made accordingly.
    pub(super) async fn get(&self, pool: &PgPool) -> Result<Link, sqlx::Error> {
        if let Some(link) = self.known() {
            return Ok(link);
        }
        let find = async {
            let link = self.find().await?;
            if link == Link::Pooled {
                pool.set_connect_options(self.options.clone());
            }
            Ok(link)
        };
        let found = tokio::time::timeout(self.patience.max(FIND_LIMIT), self.found.get_or_try_init(|| find)).await;
        found.unwrap_or(Err(sqlx::Error::PoolTimedOut)).copied()
    }

    async fn find(&self) -> Result<Link, sqlx::Error> {
        let mut connection = match PgConnection::connect_with(&self.direct()).await {
            Err(error) if rejects_options(&error) => PgConnection::connect_with(&self.options).await?,
            connected => connected?,
        };
        let marked: bool = sqlx::raw_sql(IS_MARKED).fetch_one(&mut connection).await?.try_get(0)?;
        let link = if marked { Link::Direct } else { Link::Pooled };
        log_link(link, &missing_settings(&mut connection).await?);
        connection.close().await.ok();
        Ok(link)
    }
}

/// Returns `true` for the error of a pooler that does not know a start-up parameter.
fn rejects_options(error: &sqlx::Error) -> bool {
    let rejected = |error: &dyn DatabaseError| {
        error.code().as_deref() == Some("08P01") && error.message().contains("unsupported startup parameter")
    };
    error.as_database_error().is_some_and(rejected)
}

const READ_BACK: &str = "select name, setting from pg_settings where name in
    ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'enable_seqscan', 'plan_cache_mode')";

async fn missing_settings(connection: &mut PgConnection) -> Result<Vec<&'static str>, sqlx::Error> {
    let rows = sqlx::raw_sql(READ_BACK).fetch_all(connection).await?;
    let mut missing: Vec<_> = SETTINGS.to_vec();
    for row in &rows {
        let (name, value): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        missing.retain(|(ours, wanted)| *ours != name || *wanted != value);
    }
    Ok(missing.into_iter().map(|(name, _)| name).collect())
}

/// Logs the link, unless all sessions have their settings.
fn log_link(link: Link, missing: &[&str]) {
    let missing = missing.join(", ");
    match link {
        Link::Direct if missing.is_empty() => {}
        Link::Direct => tracing::warn!(missing, "PostgreSQL did not apply these session settings"),
        Link::Pooled => tracing::warn!(
            missing,
            "a connection pooler drops these session settings, so every transaction sets them, and no statement stays prepared"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_named_wherever_they_are_set_and_read() {
        for (name, value) in SETTINGS {
            assert!(READ_BACK.contains(&format!("'{name}'")), "{name}");
            for begin in [Begin::ReadCommitted, Begin::PlannedForValues] {
                let set = format!("set local {name} = {value}");
                assert!(begin.sql(Link::Pooled).contains(&set) && !begin.sql(Link::Direct).contains(&set), "{name}");
            }
        }
    }
}
