//! Conversion of driver errors: either the caller may retry the call, or the error is a fault of the program.

use sqlx::{error::DatabaseError, migrate::MigrateError, postgres::PgDatabaseError, sqlite::SqliteError};

use crate::domain::Error;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_transient(&error) { Self::StorageUnavailable(Box::new(error)) } else { Self::Internal(Box::new(error)) }
    }
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(version) => Self::internal(format!(
                "the database has migration {version}, which only newer versions of this program know"
            )),
            other => Self::Internal(Box::new(other)),
        }
    }
}

/// The error of a transaction that lost a race: a concurrent transaction committed the same request, or created the row
/// that this one was to create.
#[derive(Debug, thiserror::Error)]
#[error("a concurrent transaction committed first")]
struct Overtaken;

/// Returns the error that makes a transaction start again, so that it sees what the concurrent transaction wrote.
pub(super) fn overtaken() -> Error {
    Error::StorageUnavailable(Box::new(Overtaken))
}

/// Converts a violation of a unique key, which a concurrent transaction caused, into the error of [`overtaken`]. The
/// transaction then starts again and sees the other one's row. Returns other errors unchanged.
pub(super) fn retried_if_unique(error: Error) -> Error {
    let unique = match &error {
        Error::Internal(source) => source.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error),
        _ => None,
    };
    if unique.is_some_and(DatabaseError::is_unique_violation) { overtaken() } else { error }
}

/// Returns whether a concurrent transaction caused the error (serialization failure, deadlock or lock timeout), so that
/// this transaction may be retried immediately.
pub(super) fn is_conflict(error: &Error) -> bool {
    let Error::StorageUnavailable(source) = error else { return false };
    let code =
        source.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error).and_then(DatabaseError::code);
    source.is::<Overtaken>() || matches!(code.as_deref(), Some("40001" | "40P01" | "55P03"))
}

/// An error and the database in which it occurred, which the driver's errors do not name.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {cause}")]
struct AtPlace {
    place: String,
    cause: Box<dyn std::error::Error + Send + Sync>,
}

/// Adds the database to an error. A permanent error, which retries do not resolve, becomes [`Error::Internal`].
pub(super) fn at_place(error: Error, place: String) -> Error {
    match error {
        Error::StorageUnavailable(cause) if is_permanent(&*cause) => {
            Error::Internal(Box::new(AtPlace { place, cause }))
        }
        Error::StorageUnavailable(cause) => Error::StorageUnavailable(Box::new(AtPlace { place, cause })),
        Error::Internal(cause) => Error::Internal(Box::new(AtPlace { place, cause })),
        other => other,
    }
}

/// Error messages of poolers. Poolers send them with the code of a protocol violation, where PostgreSQL has a code for
/// each.
const POOLER_REFUSALS: [&str; 7] = [
    "unsupported startup parameter",
    "no such database",
    "does not exist",
    "no such user",
    "password authentication failed",
    "SASL authentication failed",
    "SSL required",
];

/// Returns whether an operator must fix the cause: a wrong user, password or database, a start-up parameter that is not
/// accepted, or missing TLS.
fn is_permanent(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    match cause.downcast_ref() {
        Some(sqlx::Error::Tls(_)) => true,
        Some(sqlx::Error::Database(error)) => {
            let code = error.code().unwrap_or_default();
            let by_pooler = code == "08P01" && POOLER_REFUSALS.iter().any(|words| error.message().contains(words));
            by_pooler || code.starts_with("28") || code == "3D000"
        }
        _ => false,
    }
}

fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        // The protocol state of this connection is broken, but another connection works.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            if error.try_downcast_ref::<PgDatabaseError>().is_some() {
                is_transient_sqlstate(&code)
            } else if error.try_downcast_ref::<SqliteError>().is_some() {
                code.parse().is_ok_and(is_transient_sqlite)
            } else {
                false
            }
        }
        _ => false,
    }
}

/// Returns whether the same call may succeed later. The classes are from appendix A of PostgreSQL's manual: 08
/// connection, 28 authorization, 53 resources, 57P shutdown. The single codes are an unknown database, a read-only
/// transaction, a serialization failure, a deadlock, and the timeouts of transactions, locks and statements.
fn is_transient_sqlstate(code: &str) -> bool {
    ["08", "28", "53", "57P"].iter().any(|class| code.starts_with(class))
        || matches!(code, "3D000" | "25006" | "25P03" | "40001" | "40P01" | "55P03" | "57014")
}

/// The low byte of a code is SQLite's primary result code: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN or PROTOCOL.
fn is_transient_sqlite(code: u32) -> bool {
    matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14 | 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_without_connections_may_be_asked_again() {
        assert!(matches!(Error::from(sqlx::Error::PoolTimedOut), Error::StorageUnavailable(_)));
        assert!(matches!(Error::from(sqlx::Error::RowNotFound), Error::Internal(_)));
    }

    #[test]
    fn the_table_of_sqlstates_is_complete() {
        for code in
            ["08006", "28P01", "3D000", "53100", "53300", "57P01", "57P03", "25006", "40001", "40P01", "55P03", "57014"]
        {
            assert!(is_transient_sqlstate(code), "{code}");
        }
        for code in ["23505", "42P01", "22021", "57000", "P0001"] {
            assert!(!is_transient_sqlstate(code), "{code}");
        }
    }

    #[test]
    fn extended_codes_of_sqlite_count_as_their_primary_code() {
        assert!([5, 261, 517, 13, 8, 1032, 14, 10, 4874].into_iter().all(is_transient_sqlite));
        assert!(![1, 19, 2067, 11, 26].into_iter().any(is_transient_sqlite));
    }

    #[test]
    fn a_newer_schema_has_a_message_of_its_own() {
        let error = Error::from(MigrateError::VersionMissing(7));
        assert!(matches!(error, Error::Internal(source) if source.to_string().contains("newer")));
    }
}
