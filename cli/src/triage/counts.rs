//! Counts of a session.

use chrono::{DateTime, Utc};
use serde::Serialize;

use duyet_locale::Locale;
use duyet_proto::v1;

/// Counts of a session. A decision counts from the key press on, and is subtracted if it fails or is reverted.
#[derive(Debug, Clone)]
pub(super) struct SessionCounts {
    pub(super) started: DateTime<Utc>,
    pub(super) approved: usize,
    pub(super) rejected: usize,
    pub(super) spam: usize,
    pub(super) skipped: usize,
    pub(super) reverted: usize,
    pub(super) conflicts: usize,
    /// Decisions that failed, other than by a conflict.
    pub(super) failed: usize,
    pub(super) bans: usize,
    pub(super) notes: usize,
}

/// The JSON of `--json`. The API has no message for a session, so the client defines this one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionSummary {
    decided: usize,
    approved: usize,
    rejected: usize,
    spam: usize,
    skipped: usize,
    reverted: usize,
    conflicts: usize,
    failed: usize,
    bans: usize,
    notes: usize,
    unsent: usize,
    #[serde(skip)]
    seconds: u32,
    minutes: f64,
    per_minute: f64,
}

impl SessionCounts {
    pub(super) const fn new(started: DateTime<Utc>) -> Self {
        Self {
            started,
            approved: 0,
            rejected: 0,
            spam: 0,
            skipped: 0,
            reverted: 0,
            conflicts: 0,
            failed: 0,
            bans: 0,
            notes: 0,
        }
    }

    pub(super) const fn decided(&self) -> usize {
        self.approved + self.rejected + self.spam
    }

    pub(super) const fn add(&mut self, action: v1::Action) {
        *self.of(action) += 1;
    }

    pub(super) const fn take_off(&mut self, action: v1::Action) {
        let count = self.of(action);
        *count = count.saturating_sub(1);
    }

    pub(super) fn per_minute(&self, now: DateTime<Utc>) -> f64 {
        f64::from(u32::try_from(self.decided()).unwrap_or(u32::MAX)) * 60.0 / f64::from(self.seconds(now))
    }

    /// Returns the length of the session in seconds, at least 1.
    fn seconds(&self, now: DateTime<Utc>) -> u32 {
        u32::try_from(now.signed_duration_since(self.started).num_seconds().max(1)).unwrap_or(u32::MAX)
    }

    pub(super) fn summary(&self, unsent: usize, now: DateTime<Utc>) -> SessionSummary {
        SessionSummary {
            decided: self.decided(),
            approved: self.approved,
            rejected: self.rejected,
            spam: self.spam,
            skipped: self.skipped,
            reverted: self.reverted,
            conflicts: self.conflicts,
            failed: self.failed,
            bans: self.bans,
            notes: self.notes,
            unsent,
            seconds: self.seconds(now),
            minutes: (f64::from(self.seconds(now)) / 0.6).round() / 100.0,
            per_minute: (self.per_minute(now) * 10.0).round() / 10.0,
        }
    }

    const fn of(&mut self, action: v1::Action) -> &mut usize {
        match action {
            v1::Action::Approve => &mut self.approved,
            v1::Action::Spam => &mut self.spam,
            _ => &mut self.rejected,
        }
    }
}

impl SessionSummary {
    pub(super) fn say(&self, locale: Locale) -> String {
        let time = if self.seconds < 60 {
            locale.text_with("triage-summary-seconds", &[("seconds", i64::from(self.seconds).into())])
        } else {
            let minutes = locale.decimal(f64::from(self.seconds) / 60.0, 1);
            locale.text_with("triage-summary-minutes", &[("minutes", minutes.into())])
        };
        let values = [
            ("decided", self.decided.into()),
            ("approved", self.approved.into()),
            ("rejected", self.rejected.into()),
            ("spam", self.spam.into()),
            ("conflicts", self.conflicts.into()),
            ("time", time.into()),
            ("rate", locale.decimal(self.per_minute, 1).into()),
        ];
        locale.text_with("triage-summary", &values)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_summary_has_rates_and_times() {
        let started = DateTime::UNIX_EPOCH;
        let said = |approved, seconds| {
            let counts = SessionCounts { approved, ..SessionCounts::new(started) };
            let said = counts.summary(0, started + TimeDelta::seconds(seconds)).say(Locale::Vi);
            said.split_once(':').unwrap().0.to_owned()
        };
        assert_eq!(said(1, 24), "Đã xử lý 1 bình luận trong 24 giây (2,5 mỗi phút)");
        assert_eq!(said(30, 90), "Đã xử lý 30 bình luận trong 1,5 phút (20,0 mỗi phút)");
        assert_eq!(said(0, 0), "Đã xử lý 0 bình luận trong 1 giây (0,0 mỗi phút)");
        let summary =
            SessionCounts { spam: 1, ..SessionCounts::new(started) }.summary(0, started + TimeDelta::seconds(3));
        let json = serde_json::to_value(summary).unwrap();
        assert_eq!((json["minutes"].as_f64(), json["perMinute"].as_f64()), (Some(0.05), Some(20.0)));
        assert!(json.get("seconds").is_none());
    }
}
