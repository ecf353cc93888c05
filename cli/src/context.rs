//! The context of a command: output, language, time and connection.

use chrono::{DateTime, Utc};
use tonic::Status;

use super::{
    connection::{Connection, DEADLINE},
    exit::{Exit, Failure},
    login::{self, Access},
    moment::{self, Point, Span},
    output::Output,
};
use duyet_locale::{Locale, Value};

/// The context of a command.
pub(super) struct Context<'a> {
    pub(super) output: &'a Output,
    pub(super) locale: Locale,
    /// The time at which the command started.
    pub(super) now: DateTime<Utc>,
    /// The address given on the command line or in the environment, if any.
    pub(super) addr: Option<String>,
}

impl Context<'_> {
    /// Connects with the stored or configured access.
    pub(super) async fn connect(&self) -> Result<Connection, Failure> {
        let access = login::access(self.addr.as_deref(), self.locale)?;
        if let Some(warning) = login::warning(self.locale) {
            self.output.talk(&warning);
        }
        self.connect_as(&access).await
    }

    /// Connects with an access that is not stored yet.
    pub(super) async fn connect_as(&self, access: &Access) -> Result<Connection, Failure> {
        Connection::open(access, self.locale).await
    }

    /// Converts a status of the service to a failure.
    pub(super) fn failure(&self, connection: &Connection, status: &Status) -> Failure {
        Failure::from_status(status, self.locale, &connection.addr, DEADLINE)
    }

    /// Returns the end time given on the command line, if any.
    ///
    /// # Errors
    /// `Usage` if the time has passed.
    pub(super) fn end(&self, point: Option<Point>, span: Option<Span>) -> Result<Option<DateTime<Utc>>, Failure> {
        if point.is_none() && span.is_none() {
            return Ok(None);
        }
        let end = moment::ahead(point, span, self.now);
        end.map(Some).ok_or_else(|| Failure::new(Exit::Usage, self.locale.text("cli-past-time")))
    }

    /// Prints a message to stderr.
    pub(super) fn talk(&self, key: &str, values: &[(&str, Value)]) {
        self.output.talk(&self.locale.text_with(key, values));
    }
}
