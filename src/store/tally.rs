//! Rows of numbers into domain values, once for both databases.

use chrono::{DateTime, Duration, Utc};

use super::{parse, rows::Read};
use crate::domain::{
    Result,
    lifecycle::Status,
    stats::{ModeratorStats, Stats},
};

/// Of `status, count`.
pub(super) fn status_count(columns: &mut impl Read) -> Result<(Status, i64)> {
    Ok((parse::named(&columns.text()?)?, columns.long()?))
}

/// Of how many wait, and when those came that stand at half and at 95 of 100 of them by age.
pub(super) fn waiting(columns: &mut impl Read, now: DateTime<Utc>, stats: &mut Stats) -> Result<()> {
    // Another replica's clock may be ahead.
    let age = |at: Option<DateTime<Utc>>| at.map(|at| (now - at).max(Duration::zero()));
    stats.waiting = columns.long()?;
    stats.waiting_age_p50 = age(columns.maybe_time()?);
    stats.waiting_age_p95 = age(columns.maybe_time()?);
    Ok(())
}

/// Of `running, due`.
pub(super) fn takedowns(columns: &mut impl Read, stats: &mut Stats) -> Result<()> {
    stats.takedowns = columns.long()?;
    stats.overdue = columns.long()?;
    Ok(())
}

/// Of `actor, decisions, active hours, overturned`.
pub(super) fn moderator(columns: &mut impl Read) -> Result<ModeratorStats> {
    Ok(ModeratorStats {
        moderator: columns.text()?,
        decisions: columns.long()?,
        active_hours: columns.long()?,
        overturned: columns.long()?,
    })
}
