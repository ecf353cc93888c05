//! How far a session is on its way out.

use chrono::{DateTime, Utc};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Working,
    /// After a signal: operations are sent until then.
    Draining {
        until: DateTime<Utc>,
    },
    Releasing {
        asked: bool,
        until: DateTime<Utc>,
    },
    Over,
}
