//! The phase of a session.

use chrono::{DateTime, Utc};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Working,
    /// After a signal: operations are sent until this time.
    Draining {
        until: DateTime<Utc>,
    },
    Releasing {
        asked: bool,
        until: DateTime<Utc>,
    },
    Over,
}
