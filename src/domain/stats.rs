//! Statistics of a site, and the background jobs with their schedules.

use chrono::{DateTime, Duration, Utc};

use super::{
    id::SiteId,
    lifecycle::Status,
    violation::{Problem, Violations},
};

/// Default period of the statistics, in hours.
const DEFAULT_HOURS: i64 = 24;

/// Longest period of the statistics, in days: a quarter.
const MAX_DAYS: i64 = 92;

/// Tolerance for the caller's clock and for the duration of the request, in minutes.
const GRACE_MINUTES: i64 = 60;

/// Returns the start of the statistics: the clock hour of `since`. Adds a violation if `since` is in the future or more
/// than `MAX_DAYS` and `GRACE_MINUTES` ago.
pub fn check_since(since: Option<DateTime<Utc>>, now: DateTime<Utc>, violations: &mut Violations) -> DateTime<Utc> {
    let since = since.unwrap_or(now - Duration::hours(DEFAULT_HOURS));
    if since > now || since < now - Duration::days(MAX_DAYS) - Duration::minutes(GRACE_MINUTES) {
        violations.add("since", Problem::OutOfRange);
    }
    hour_of(since)
}

/// Rounds a time down to its clock hour, in UTC.
pub fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    beginning(at, 3_600)
}

/// Rounds a time down to its day, in UTC.
pub fn day_of(at: DateTime<Utc>) -> DateTime<Utc> {
    beginning(at, 86_400)
}

/// Returns the first day, in UTC, that starts at `at` or later.
pub fn first_day_from(at: DateTime<Utc>) -> DateTime<Utc> {
    let day = day_of(at);
    if day < at { day + Duration::days(1) } else { day }
}

/// Rounds a time down to its period of 30 days, counted from 1970.
pub fn month_of(at: DateTime<Utc>) -> DateTime<Utc> {
    beginning(at, 30 * 86_400)
}

fn beginning(at: DateTime<Utc>, period: i64) -> DateTime<Utc> {
    let seconds = at.timestamp();
    DateTime::from_timestamp(seconds - seconds.rem_euclid(period), 0).unwrap_or(at)
}

/// Computes the first hour whose counts are still stored at `now`. Counts are stored for one day longer than a caller
/// may request.
pub fn kept_since(now: DateTime<Utc>) -> DateTime<Utc> {
    hour_of(now - Duration::days(MAX_DAYS + 1))
}

named_enum! {
    /// The kind of count that a bucket of the statistics stores.
    StatsKind {
        /// Comments in the queue, by the hour of their submission and their status.
        Waiting = "WAITING",
        /// Comments in the queue, by the day of their submission.
        WaitingDay = "WAITING_DAY",
        /// Comments in the queue, by the 30-day period of their submission (see [`month_of`]).
        WaitingMonth = "WAITING_MONTH",
        /// Comments that are not in the queue, by the hour of their submission and their status.
        Settled = "SETTLED",
        /// Decisions, by their hour and their actor.
        Decisions = "DECISIONS",
        /// Decisions that another person overturned, by their hour and their actor.
        Overturned = "OVERTURNED",
        /// Comments by the day of their submission and their status.
        SubmittedDay = "SUBMITTED_DAY",
        /// Decisions, by their day and their actor.
        DecisionsDay = "DECISIONS_DAY",
        /// Decisions that another person overturned, by their day and their actor.
        OverturnedDay = "OVERTURNED_DAY",
        /// Hours in which an actor decided, by their day and the actor.
        ActiveHours = "ACTIVE_HOURS",
    }
}

impl StatsKind {
    /// Returns the kind that sums up this kind by day under the same name, or `None`. `Waiting` and `Settled` are
    /// summed up together.
    pub const fn by_day(self) -> Option<Self> {
        match self {
            Self::Waiting | Self::Settled => Some(Self::SubmittedDay),
            Self::Decisions => Some(Self::DecisionsDay),
            Self::Overturned => Some(Self::OverturnedDay),
            Self::WaitingDay
            | Self::WaitingMonth
            | Self::SubmittedDay
            | Self::DecisionsDay
            | Self::OverturnedDay
            | Self::ActiveHours => None,
        }
    }
}

/// The statistics of one site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// Numbers of comments submitted in the period by their present status, in the order of [`Status::ALL`]. Statuses
    /// without comments are left out.
    pub submitted: Vec<(Status, i64)>,
    /// Number of comments in the queue now.
    pub waiting: i64,
    /// Median (p50) age of the comments in the queue since their submission, by the nearest-rank method. `None` if the
    /// queue is empty.
    pub waiting_age_p50: Option<Duration>,
    /// 95th percentile (p95) of the same ages.
    pub waiting_age_p95: Option<Duration>,
    /// Sorted by number of decisions, most first, then by name. [`super::actor::SYSTEM`] is left out.
    pub moderators: Vec<ModeratorStats>,
    /// Number of open takedowns, including those whose deadline has been reached.
    pub takedowns: i64,
    /// Number of takedowns whose deadline has been reached.
    pub overdue: i64,
}

/// The statistics of one moderator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModeratorStats {
    pub moderator: String,
    /// Number of approvals, rejections, spam decisions and requeues that changed something. A review that left a public
    /// comment unchanged counts too.
    pub decisions: i64,
    /// Number of clock hours (UTC) with at least one decision.
    pub active_hours: i64,
    /// Number of decisions that another person reverted, or after which another person made the next change of the
    /// comment's status. Removing a comment overturns the review that left it public. A requeue is never overturned,
    /// because its purpose is another decision.
    pub overturned: i64,
}

/// Largest number that a site's gauge counts to. Counting that many comments takes one or two tenths of a second of one
/// core. A flood is visible long before, and counting a million would take resources from readers during the flood.
pub const GAUGED: i64 = 100_000;

/// State of a site's queue, for the gauges.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueGauge {
    pub site: SiteId,
    /// Number of comments in the queue, counted up to the caller's limit.
    pub pending: i64,
    /// When the comment that has waited longest entered the queue, by its submission or by being put back. `None` if
    /// the queue is empty.
    pub oldest: Option<DateTime<Utc>>,
    /// Number of open takedowns, including those whose deadline has been reached.
    pub takedowns: i64,
    /// The earliest deadline; `None` if there is no open takedown.
    pub next_due: Option<DateTime<Utc>>,
}

impl QueueGauge {
    pub const fn empty(site: SiteId) -> Self {
        Self { site, pending: 0, oldest: None, takedowns: 0, next_due: None }
    }
}

/// Drift of the stored public counts: sums of the absolute differences from a recount. Both must be 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CountDrift {
    /// Drift of the articles' counts.
    pub comments: i64,
    /// Drift of the roots' reply counts.
    pub replies: i64,
}

named_enum! {
    /// A background job that one replica at a time runs for all replicas.
    Job {
        /// Rejects pending comments that no moderator reviewed in time.
        ExpirePending = "EXPIRE_PENDING",
        /// Compares public counts with the comments themselves.
        Recount = "RECOUNT",
        /// Erases texts whose retention period is over, and deletes the salts of old addresses.
        Purge = "PURGE",
        /// Trains the model with decisions. It is requested whenever there are new ones.
        Learn = "LEARN",
        /// Continues erasures that were not finished by their calls. It is requested whenever there are some.
        Erase = "ERASE",
        /// Puts terms into SHADOW if they match too many comments.
        StandDown = "STAND_DOWN",
        /// Indexes the words of new comments. It is requested whenever there are some.
        Index = "INDEX",
    }
}

/// Hour of the nightly jobs in UTC, which is three in the morning in Vietnam.
const NIGHT_HOUR: i64 = 20;

impl Job {
    /// The jobs that run by the clock.
    pub const PERIODIC: [Self; 4] = [Self::ExpirePending, Self::Recount, Self::Purge, Self::StandDown];

    /// Returns how long a run keeps the job after its start or its last heartbeat. A crash delays the job by at most
    /// this time, which is shorter than the period of any periodic job.
    pub const fn lease(self) -> Duration {
        match self {
            // A person waits for the result, and each run sends a heartbeat every few seconds.
            Self::Erase => Duration::seconds(30),
            // Searches read the text of comments that are not indexed, so another replica should soon continue.
            Self::Index => Duration::minutes(1),
            Self::ExpirePending | Self::Recount | Self::Purge | Self::Learn | Self::StandDown => Duration::minutes(15),
        }
    }

    /// Computes when the job is due again after a run that ended at `now`.
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
    fn statistics_start_within_a_quarter_and_not_in_the_future() {
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
    fn statistics_start_at_a_clock_hour_and_are_kept_longer_than_they_can_be_requested() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let mut violations = Violations::default();
        let since = check_since(Some(at("2026-11-24T18:59:59.999999Z")), at("2026-11-24T20:10:00Z"), &mut violations);
        assert_eq!(since, at("2026-11-24T18:00:00Z"));
        assert_eq!(hour_of(at("2026-11-24T19:00:00Z")), at("2026-11-24T19:00:00Z"));
        assert_eq!(day_of(at("2026-11-24T23:59:59.5Z")), at("2026-11-24T00:00:00Z"));
        assert_eq!(first_day_from(at("2026-11-24T00:00:00Z")), at("2026-11-24T00:00:00Z"));
        assert_eq!(first_day_from(at("2026-11-24T00:00:00.5Z")), at("2026-11-25T00:00:00Z"));
        assert_eq!(hour_of(at("1969-12-31T23:59:59Z")), at("1969-12-31T23:00:00Z"));
        let now = at("2026-11-24T20:10:00Z");
        let oldest = now - Duration::days(92) - Duration::minutes(60);
        assert!(kept_since(now) < check_since(Some(oldest), now, &mut violations));
        assert!(violations.fields().is_empty());
    }
}
