use chrono::{DateTime, Utc};

/// The clock of a stream that outlives its call; the gRPC layer provides it.
pub type Clock = fn() -> DateTime<Utc>;

/// The clock of a background run, read before every step because a run may take long.
pub(super) type Now<'a> = &'a (dyn Fn() -> DateTime<Utc> + Send + Sync);
