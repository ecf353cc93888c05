//! `GetStats`.

use chrono::{DateTime, Utc};
use duyet_proto::v1;

use super::ModerationGrpc;
use crate::{
    domain::{
        Result,
        spam::{Thresholds, thresholds::MIN_DECISIONS},
        stats::{self, ModeratorStats},
        violation::Violations,
    },
    grpc::{
        call::Call,
        convert::values::{from_time, to_duration, to_status, to_time},
    },
    service::SiteStats,
};

impl ModerationGrpc {
    pub(super) async fn get_stats(&self, call: &Call, request: &v1::GetStatsRequest) -> Result<v1::GetStatsResponse> {
        let mut violations = Violations::default();
        let since = from_time(request.since, "since", &mut violations);
        let since = stats::check_since(since, call.now, &mut violations);
        violations.into_result()?;
        let stats = self.moderation.stats(&call.caller, since, call.now).await?;
        Ok(stats.convert(|stats| to_stats(stats, since)))
    }
}

fn to_stats(stats: SiteStats, since: DateTime<Utc>) -> v1::GetStatsResponse {
    let learned = to_learned(&stats);
    let stats = stats.numbers;
    let count = |(status, count)| v1::StatusCount { status: to_status(status).into(), count };
    v1::GetStatsResponse {
        since: Some(to_time(since)),
        submitted: stats.submitted.into_iter().map(count).collect(),
        waiting: stats.waiting,
        waiting_age_p50: stats.waiting_age_p50.map(to_duration),
        waiting_age_p95: stats.waiting_age_p95.map(to_duration),
        moderators: stats.moderators.into_iter().map(to_moderator).collect(),
        takedowns: stats.takedowns,
        overdue: stats.overdue,
        learned: Some(learned),
    }
}

fn to_learned(stats: &SiteStats) -> v1::LearnedScore {
    let Thresholds { low, high, auto_spam } = stats.thresholds;
    let learned = stats.learned.as_ref();
    let (ham, spam) = learned.map_or((0, 0), |learned| learned.model.counts());
    v1::LearnedScore {
        decisions: long(ham + spam),
        approved: long(ham),
        spam: long(spam),
        version: learned.map_or(0, |learned| learned.head.version),
        low,
        high,
        auto_spam,
        decisions_needed: long(MIN_DECISIONS),
    }
}

fn long(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn to_moderator(stats: ModeratorStats) -> v1::ModeratorStats {
    v1::ModeratorStats {
        decisions: stats.decisions,
        decisions_per_hour: ratio(stats.decisions, stats.active_hours),
        overturned: stats.overturned,
        overturn_rate: ratio(stats.overturned, stats.decisions),
        moderator: stats.moderator,
    }
}

/// Returns `part / whole`, or 0 when `whole` is 0.
#[expect(clippy::cast_precision_loss, reason = "2^52 decisions are not expected")]
fn ratio(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
