use chrono::{DateTime, SubsecRound as _, Utc};

/// Returns the current time for commands and background work, in whole microseconds because that is the precision of
/// both databases. All other code takes `now` as a parameter.
#[expect(clippy::disallowed_methods, reason = "the outermost layer of background work")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
