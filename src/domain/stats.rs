//! Numbers for a newsroom, and what background work measures.

use chrono::{DateTime, Duration, Utc};

use super::{
    id::SiteId,
    lifecycle::Status,
    violation::{Problem, Violations},
};

/// How far back numbers begin when nobody says, in hours.
const DEFAULT_HOURS: i64 = 24;

/// How far back they may begin, in days: a quarter.
const MAX_DAYS: i64 = 92;

/// A caller reckons by its own clock, and its request takes its time, in minutes.
const GRACE_MINUTES: i64 = 60;

/// Returns when numbers asked for at `now` begin: with the clock hour of `since`. The future and what is too long ago are violations.
pub fn check_since(since: Option<DateTime<Utc>>, now: DateTime<Utc>, violations: &mut Violations) -> DateTime<Utc> {
    let since = since.unwrap_or(now - Duration::hours(DEFAULT_HOURS));
    if since > now || since < now - Duration::days(MAX_DAYS) - Duration::minutes(GRACE_MINUTES) {
        violations.add("since", Problem::OutOfRange);
    }
    hour_of(since)
}

/// Returns the beginning of a time's clock hour, in UTC.
pub fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    beginning(at, 3_600)
}

/// Returns the beginning of a time's day, in UTC.
pub fn day_of(at: DateTime<Utc>) -> DateTime<Utc> {
    beginning(at, 86_400)
}

/// Returns the beginning of a time's 30 days, counted from 1970.
pub fn month_of(at: DateTime<Utc>) -> DateTime<Utc> {
    beginning(at, 30 * 86_400)
}

fn beginning(at: DateTime<Utc>, period: i64) -> DateTime<Utc> {
    let seconds = at.timestamp();
    DateTime::from_timestamp(seconds - seconds.rem_euclid(period), 0).unwrap_or(at)
}

/// Returns the first hour whose numbers are kept at `now`: one day before the first that may be asked for.
pub fn kept_since(now: DateTime<Utc>) -> DateTime<Utc> {
    hour_of(now - Duration::days(MAX_DAYS + 1))
}

named_enum! {
    /// What a bucket of the statistics counts.
    StatsKind {
        /// Comments in the queue, by the hour of their submission and their status.
        Waiting = "WAITING",
        /// Comments in the queue, by the day of their submission.
        WaitingDay = "WAITING_DAY",
        /// Comments in the queue, by the 30 days of their submission.
        WaitingMonth = "WAITING_MONTH",
        /// Comments that are not in the queue, by the hour of their submission and their status.
        Settled = "SETTLED",
        /// Decisions, by their hour and their actor.
        Decisions = "DECISIONS",
        /// Decisions that another person overturned, by their hour and their actor.
        Overturned = "OVERTURNED",
    }
}

/// Numbers of one site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// Comments submitted since the beginning, by their status now, in the order of [`Status::ALL`]. Only statuses that occur.
    pub submitted: Vec<(Status, i64)>,
    /// In the queue now.
    pub waiting: i64,
    /// Age of those that wait, counted from their submission, by nearest rank: the youngest age that so many of 100 do not exceed.
    /// `None` when nothing waits.
    pub waiting_age_p50: Option<Duration>,
    pub waiting_age_p95: Option<Duration>,
    /// Most decisions first, then by name. Without [`super::actor::SYSTEM`].
    pub moderators: Vec<ModeratorStats>,
    /// Takedowns whose clock runs.
    pub takedowns: i64,
    /// Those of them that are due, the very moment included.
    pub overdue: i64,
}

/// What one moderator did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModeratorStats {
    pub moderator: String,
    /// Approvals, rejections, spam decisions and requeues that changed something, looks at what is on the page included.
    pub decisions: i64,
    /// Clock hours (UTC) with at least one decision.
    pub active_hours: i64,
    /// Decisions that somebody else reverted, or after which somebody else was the next to change the comment's status; a look that left it
    /// on the page is overturned by taking it down. What becomes of a requeued comment overturns nothing: it was sent back for that.
    pub overturned: i64,
}

/// Comments that a site's gauge counts up to: a tenth of a second or two of one core, however many more wait. A flood is seen long before,
/// and counting all of a million would take from readers what the flood left them.
pub const GAUGED: i64 = 100_000;

/// What waits on a site, for the queue's gauges.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueGauge {
    pub site: SiteId,
    /// In the queue: PENDING, or put back into it; counted as far as was asked.
    pub pending: i64,
    /// Since when the one waits that waits longest: since it was submitted, or put back. `None` when nothing waits.
    pub oldest: Option<DateTime<Utc>>,
    /// Takedowns whose clock runs.
    pub takedowns: i64,
    /// `None` when no clock runs.
    pub next_due: Option<DateTime<Utc>>,
}

impl QueueGauge {
    /// Nothing waits.
    pub const fn empty(site: SiteId) -> Self {
        Self { site, pending: 0, oldest: None, takedowns: 0, next_due: None }
    }
}

/// How far stored public counts are from a recount: sums of absolute differences. Both must be 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CountDrift {
    /// Of articles.
    pub comments: i64,
    /// Of roots.
    pub replies: i64,
}

named_enum! {
    /// Background work that one replica does for all.
    Job {
        /// Rejects what was not reviewed in time.
        ExpirePending = "EXPIRE_PENDING",
        /// Compares public counts with the comments themselves.
        Recount = "RECOUNT",
        /// Empties what was kept long enough, and forgets the salts of old addresses.
        Purge = "PURGE",
        /// Learns from decisions; asked for whenever there are new ones.
        Learn = "LEARN",
        /// Goes on with erasures that outlived their calls; asked for whenever there are some.
        Erase = "ERASE",
        /// Puts terms on trial that hold too much.
        StandDown = "STAND_DOWN",
        /// Indexes the words of new comments; asked for whenever there are some.
        Index = "INDEX",
    }
}

/// The hour of the nightly jobs, in UTC: three in the morning in Vietnam.
const NIGHT_HOUR: i64 = 20;

impl Job {
    /// Those that are due by the clock.
    pub const PERIODIC: [Self; 4] = [Self::ExpirePending, Self::Recount, Self::Purge, Self::StandDown];

    /// How long a run is held without a sign of life: so long a crash holds it up. Shorter than any job's period.
    pub const fn lease(self) -> Duration {
        match self {
            // A person waits for it, and its runs give a sign every few seconds.
            Self::Erase => Duration::seconds(30),
            // Searches look through what is not indexed, so the next replica should soon go on.
            Self::Index => Duration::minutes(1),
            Self::ExpirePending | Self::Recount | Self::Purge | Self::Learn | Self::StandDown => Duration::minutes(15),
        }
    }

    /// When it is due again after a run that ended at `now`.
    pub fn next_after(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::ExpirePending | Self::StandDown => now + Duration::hours(1),
            Self::Learn | Self::Erase | Self::Index => now,
            Self::Recount | Self::Purge => {
                let into_the_day = Duration::seconds(now.timestamp().rem_euclid(86_400));
                let tonight = now - into_the_day + Duration::hours(NIGHT_HOUR);
                let tonight = tonight - Duration::nanoseconds(tonight.timestamp_subsec_nanos().into());
                if now < tonight { tonight } else { tonight + Duration::days(1) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nightly_job_is_due_at_three_in_the_morning_in_vietnam() {
        let next = |text: &str| Job::Recount.next_after(text.parse().unwrap()).to_rfc3339();
        assert_eq!(next("2026-11-24T19:59:59.999999Z"), "2026-11-24T20:00:00+00:00");
        assert_eq!(next("2026-11-24T20:00:00Z"), "2026-11-25T20:00:00+00:00");
        assert_eq!(next("2026-11-24T20:04:59.5Z"), "2026-11-25T20:00:00+00:00");
    }

    #[test]
    fn numbers_begin_within_a_quarter_and_never_in_the_future() {
        let now = DateTime::UNIX_EPOCH + Duration::days(20_000);
        let check = |since| {
            let mut violations = Violations::default();
            (check_since(since, now, &mut violations), violations.fields().is_empty())
        };
        assert_eq!(check(None), (now - Duration::hours(24), true));
        for (ago, fits) in [
            (Duration::seconds(-1), false),
            (Duration::zero(), true),
            (Duration::days(92) + Duration::minutes(1), true),
            (Duration::days(92) + Duration::minutes(61), false),
        ] {
            assert_eq!(check(Some(now - ago)), (hour_of(now - ago), fits), "{ago}");
        }
    }

    #[test]
    fn numbers_begin_with_their_clock_hour_and_are_kept_longer_than_they_are_asked_for() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let mut violations = Violations::default();
        let since = check_since(Some(at("2026-11-24T18:59:59.999999Z")), at("2026-11-24T20:10:00Z"), &mut violations);
        assert_eq!(since, at("2026-11-24T18:00:00Z"));
        assert_eq!(hour_of(at("2026-11-24T19:00:00Z")), at("2026-11-24T19:00:00Z"));
        assert_eq!(day_of(at("2026-11-24T23:59:59.5Z")), at("2026-11-24T00:00:00Z"));
        assert_eq!(hour_of(at("1969-12-31T23:59:59Z")), at("1969-12-31T23:00:00Z"));
        let now = at("2026-11-24T20:10:00Z");
        let oldest = now - Duration::days(92) - Duration::minutes(60);
        assert!(kept_since(now) < check_since(Some(oldest), now, &mut violations));
        assert!(violations.fields().is_empty());
    }
}
