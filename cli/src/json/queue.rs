//! The queue: a page of it, what happens to it, how it is doing.

use serde::Serialize;

use super::{Case, present, rfc3339};
use crate::names;
use duyet_proto::v1;

/// A page of the queue.
#[derive(Debug, Serialize)]
pub(crate) struct Queue {
    pub(crate) cases: Vec<Case>,
    pub(crate) next_page_token: Option<String>,
    /// Exact up to 10,000; 10,001 means more.
    pub(crate) total: i64,
}

/// One line of `watch`.
#[derive(Debug, Serialize)]
pub(crate) struct QueueEvent {
    event: Option<&'static str>,
    comment_id: Option<String>,
    case: Option<Case>,
    /// In heartbeats only.
    total: Option<i64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Stats {
    since: Option<String>,
    submitted: Submitted,
    waiting: i64,
    waiting_age_p50_seconds: Option<i64>,
    waiting_age_p95_seconds: Option<i64>,
    takedowns: i64,
    overdue: i64,
    learned: Option<LearnedScore>,
    moderators: Vec<ModeratorStats>,
}

#[derive(Debug, Serialize)]
pub(super) struct LearnedScore {
    decisions: i64,
    approved: i64,
    spam: i64,
    version: i64,
    low: f64,
    high: f64,
    auto_spam: bool,
    decisions_needed: i64,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct Submitted {
    pending: i64,
    approved: i64,
    rejected: i64,
    spam: i64,
    removed: i64,
    erased: i64,
}

#[derive(Debug, Serialize)]
pub(super) struct ModeratorStats {
    moderator: String,
    decisions: i64,
    decisions_per_hour: f64,
    overturned: i64,
    overturn_rate: f64,
}

impl From<v1::WatchQueueResponse> for QueueEvent {
    fn from(event: v1::WatchQueueResponse) -> Self {
        let beats = event.event() == v1::QueueEvent::Heartbeat;
        Self {
            event: names::event(event.event),
            comment_id: present(event.comment_id),
            case: event.case.map(Case::from),
            total: beats.then_some(event.total),
        }
    }
}

impl From<v1::GetStatsResponse> for Stats {
    fn from(stats: v1::GetStatsResponse) -> Self {
        let mut submitted = Submitted::default();
        for one in &stats.submitted {
            submitted.add(one.status(), one.count);
        }
        Self {
            since: rfc3339(stats.since.as_ref()),
            submitted,
            waiting: stats.waiting,
            waiting_age_p50_seconds: stats.waiting_age_p50.map(|age| age.seconds),
            waiting_age_p95_seconds: stats.waiting_age_p95.map(|age| age.seconds),
            takedowns: stats.takedowns,
            overdue: stats.overdue,
            learned: stats.learned.map(LearnedScore::from),
            moderators: stats.moderators.into_iter().map(ModeratorStats::from).collect(),
        }
    }
}

impl From<v1::LearnedScore> for LearnedScore {
    fn from(score: v1::LearnedScore) -> Self {
        let v1::LearnedScore { decisions, approved, spam, version, low, high, auto_spam, decisions_needed } = score;
        Self { decisions, approved, spam, version, low, high, auto_spam, decisions_needed }
    }
}

impl Submitted {
    const fn add(&mut self, status: v1::CommentStatus, count: i64) {
        use v1::CommentStatus as Status;
        let place = match status {
            Status::Unspecified => return,
            Status::Pending => &mut self.pending,
            Status::Approved => &mut self.approved,
            Status::Rejected => &mut self.rejected,
            Status::Spam => &mut self.spam,
            Status::Removed => &mut self.removed,
            Status::Erased => &mut self.erased,
        };
        *place += count;
    }
}

impl From<v1::ModeratorStats> for ModeratorStats {
    fn from(stats: v1::ModeratorStats) -> Self {
        let v1::ModeratorStats { moderator, decisions, decisions_per_hour, overturned, overturn_rate } = stats;
        Self { moderator, decisions, decisions_per_hour, overturned, overturn_rate }
    }
}
