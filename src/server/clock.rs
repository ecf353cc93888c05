use chrono::{DateTime, SubsecRound as _, Utc};

/// The clock of commands and background work: everything behind takes `now` as a parameter. In whole microseconds, which both
/// databases keep.
#[expect(clippy::disallowed_methods, reason = "the edge of background work")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
