//! What lies between the service and PostgreSQL, and how our settings get there.
//!
//! A direct session has the settings from its start-up options. A transaction pooler such as `PgBouncer` refuses or drops those options,
//! and gives each transaction another server session: there every transaction sets them for itself.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, PgPool, Row as _, error::DatabaseError, postgres::PgConnectOptions};
use tokio::sync::OnceCell;

/// Whether sessions are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// A connection is a session of the server's, with our settings and with the statements that it prepared.
    Direct,
    /// Each transaction may run in another session.
    Pooled,
}

/// How a transaction begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Begin {
    ReadCommitted,
    /// For reading with filters whose conditions may be absent: each statement is planned for its arguments.
    PlannedAnew,
}

/// Declares the settings of our sessions once, as start-up options and as commands of a transaction.
macro_rules! settings {
    ($($(#[doc = $why:literal])* $name:literal = $value:literal,)+) => {
        /// As `pg_settings` spells them; times are milliseconds.
        pub(super) const SETTINGS: &[(&str, &str)] = &[$(($name, $value)),+];

        impl Begin {
            /// The commands that begin a transaction, in one round trip.
            pub(super) const fn sql(self, link: Link) -> &'static str {
                match (link, self) {
                    (Link::Direct, Self::ReadCommitted) => "begin isolation level read committed",
                    (Link::Direct, Self::PlannedAnew) => concat!("begin read only; ", planned_anew!()),
                    (Link::Pooled, Self::ReadCommitted) => concat!(
                        "begin isolation level read committed", $("; set local ", $name, " = ", $value),+
                    ),
                    (Link::Pooled, Self::PlannedAnew) => concat!(
                        "begin read only", $("; set local ", $name, " = ", $value,)+ "; ", planned_anew!()
                    ),
                }
            }
        }
    };
}

settings! {
    "statement_timeout" = "2000",
    // More than PostgreSQL's `deadlock_timeout` (1 s), so that a deadlock is detected and reported as one, and less than
    // `statement_timeout`, so that a wait for a lock can be told from a slow statement.
    "lock_timeout" = "1600",
    "idle_in_transaction_session_timeout" = "5000",
    // Every statement has its index. A plan that was made while a table was empty would read it whole long after.
    "enable_seqscan" = "off",
    // Left to itself, PostgreSQL plans statements that take arrays anew each time, because it does not know their length, and a
    // submit's statements take longer to plan than to run.
    "plan_cache_mode" = "force_generic_plan",
}

/// A setting of our own among the start-up options. A session that does not know it never got the options.
const MARK: (&str, &str) = ("duyet.direct", "on");

const IS_MARKED: &str = "select coalesce(current_setting('duyet.direct', true), '') = 'on'";

/// Least time to find the link, which takes up to two connections and two statements. It is found once, before the first call.
const FIND_LIMIT: Duration = Duration::from_millis(2_500);

/// Connections to one database, and what they go through.
#[derive(Debug)]
pub(super) struct Links {
    options: PgConnectOptions,
    patience: Duration,
    found: OnceCell<Link>,
}

impl Links {
    pub(super) fn new(options: PgConnectOptions, patience: Duration) -> Self {
        // PostgreSQL has its highest value since version 12, and poolers refuse it.
        let options = options.application_name("duyet").extra_float_digits(None);
        Self { options, patience, found: OnceCell::new() }
    }

    /// The options of a session that has nothing of ours.
    pub(super) const fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// The options of a session of ours, with `settings`.
    pub(super) fn with(&self, settings: &[(&str, &str)]) -> PgConnectOptions {
        // An empty list would still be sent, and refused by a pooler.
        if settings.is_empty() { self.options.clone() } else { self.options.clone().options(settings.iter().copied()) }
    }

    pub(super) fn direct(&self) -> PgConnectOptions {
        self.with(SETTINGS).options([MARK])
    }

    /// The link, if it was found already.
    pub(super) fn known(&self) -> Option<Link> {
        self.found.get().copied()
    }

    /// Finds out by a connection of its own, once. Connections of `pool` are made accordingly from then on.
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
            Err(error) if refuses_options(&error) => PgConnection::connect_with(&self.options).await?,
            connected => connected?,
        };
        let marked: bool = sqlx::raw_sql(IS_MARKED).fetch_one(&mut connection).await?.try_get(0)?;
        let link = if marked { Link::Direct } else { Link::Pooled };
        tell(link, &settings_of(&mut connection).await?);
        connection.close().await.ok();
        Ok(link)
    }
}

/// The error of a pooler that does not know a start-up parameter.
fn refuses_options(error: &sqlx::Error) -> bool {
    let refused = |error: &dyn DatabaseError| {
        error.code().as_deref() == Some("08P01") && error.message().contains("unsupported startup parameter")
    };
    error.as_database_error().is_some_and(refused)
}

const READ_BACK: &str = "select name, setting from pg_settings where name in
    ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'enable_seqscan', 'plan_cache_mode')";

/// The names of those of our settings that the session does not have.
async fn settings_of(connection: &mut PgConnection) -> Result<Vec<&'static str>, sqlx::Error> {
    let rows = sqlx::raw_sql(READ_BACK).fetch_all(connection).await?;
    let mut missing: Vec<_> = SETTINGS.to_vec();
    for row in &rows {
        let (name, value): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        missing.retain(|(ours, wanted)| *ours != name || *wanted != value);
    }
    Ok(missing.into_iter().map(|(name, _)| name).collect())
}

fn tell(link: Link, missing: &[&str]) {
    let missing = missing.join(", ");
    match link {
        Link::Direct if missing.is_empty() => {}
        Link::Direct => tracing::warn!(missing, "PostgreSQL did not take these settings of our sessions"),
        Link::Pooled => tracing::warn!(
            missing,
            "a connection pooler drops these settings of our sessions: every transaction sets them, and no statement stays prepared"
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
            for begin in [Begin::ReadCommitted, Begin::PlannedAnew] {
                let set = format!("set local {name} = {value}");
                assert!(begin.sql(Link::Pooled).contains(&set) && !begin.sql(Link::Direct).contains(&set), "{name}");
            }
        }
    }
}
