use chrono::{DateTime, Utc};

/// Tells the time to a stream that outlives its call; the edge has the clock.
pub type Clock = fn() -> DateTime<Utc>;

/// The clock of a run, read before every step: a run may take long.
pub(super) type Now<'a> = &'a (dyn Fn() -> DateTime<Utc> + Send + Sync);
