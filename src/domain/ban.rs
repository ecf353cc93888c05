//! Bans: whose submits are denied or held.

use chrono::{DateTime, Datelike as _, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    audit::AuditEntry,
    decision::Settled,
    id::{CommentId, SiteId},
    key::KeyMark,
    reason::Reason,
    request::RequestRow,
    violation::{Problem, Violations},
};

named_enum! {
    /// What a ban is about.
    BanKind {
        Device = "DEVICE",
        /// A /24 or /64.
        IpPrefix = "IP_PREFIX",
        /// A text.
        Fingerprint = "FINGERPRINT",
        Author = "AUTHOR",
    }
}

impl BanKind {
    /// Longest ban in days. Prefixes change hands; nothing here is a verified person, so nothing is for ever.
    pub const fn max_days(self) -> i64 {
        match self {
            Self::IpPrefix => 30,
            Self::Device | Self::Fingerprint | Self::Author => 366,
        }
    }
}

named_enum! {
    /// What a ban does. The greater of two wins.
    BanEffect {
        /// Submits wait for a moderator.
        Hold = "HOLD",
        /// Submits are denied.
        Block = "BLOCK",
    }
}

/// Whom or what a ban is about: a keyed hash, or an author key's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BanSubject {
    pub kind: BanKind,
    pub key: Vec<u8>,
}

/// The subject of a ban under another key of the ring, and under the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BanMove {
    pub from: BanSubject,
    pub to: BanSubject,
}

/// A ban.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    pub id: Uuid,
    pub kind: BanKind,
    /// Of [`BanKind::Author`], else empty: no hash leaves the store with a ban.
    pub author: String,
    pub effect: BanEffect,
    pub reason: Reason,
    pub note: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// The comment it was made from.
    pub comment: Option<CommentId>,
    /// What was rejected or removed along with it.
    pub batch: Option<Uuid>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// Empty while it was not revoked.
    pub revoked_by: String,
}

impl Ban {
    /// True while it denies or holds.
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// How far back a ban reaches for what goes along, unless said otherwise, in days.
pub const ALONG_DAYS: i64 = 30;

/// What goes with a ban: the subject's newest comments since a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Along {
    pub reject_pending: bool,
    pub remove_published: bool,
    pub since: DateTime<Utc>,
    /// Names the batch; the ban's own entry is part of it.
    pub batch: Uuid,
}

impl Along {
    /// The id of the audit entry of the `nth` comment: ids in their order, made without randomness.
    pub const fn entry_id(&self, nth: usize) -> Uuid {
        Uuid::from_u128(self.batch.as_u128() + 1 + nth as u128)
    }
}

/// A ban to make. Its audit entry has the ban's id.
#[derive(Debug, Clone)]
pub struct NewBan {
    pub site: SiteId,
    pub subject: BanSubject,
    /// The key that the subject is keyed by. `None`: one of the keys that were recorded first.
    pub key: Option<KeyMark>,
    pub ban: Ban,
    pub along: Option<Along>,
    /// For replays; the response is filled in by the store.
    pub request: Option<RequestRow>,
}

/// A ban that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct BanMade {
    pub ban: Ban,
    /// What went with it.
    pub settled: Vec<Settled>,
    /// More matched than [`super::decision::MAX_ITEMS`].
    pub more: bool,
}

/// The end of a ban.
#[derive(Debug, Clone)]
pub struct Revocation {
    pub site: SiteId,
    pub ban: Uuid,
    /// The audit entry to write; its actor revokes.
    pub entry: AuditEntry,
    /// For replays; the response is filled in by the store.
    pub request: Option<RequestRow>,
}

/// How many months back a prefix ban may have been made from: its hash has the key of the comment's month, and the ban may
/// reach into the month after next, or one further across February.
pub const PREFIX_MONTHS: u32 = 4;

/// A time in each of the last [`PREFIX_MONTHS`] months, this one first: for the hashes that an address has had.
pub fn recent_months(now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut months = vec![now];
    for _ in 1..PREFIX_MONTHS {
        if let Some(month) = months.last().map(|at| *at - Duration::days(at.day().into())) {
            months.push(month);
        }
    }
    months
}

/// Whether a prefix ban made now from a comment of `created_at` holds for its whole term: the comment is of this month or the last.
pub fn prefix_is_recent(created_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let month = |at: DateTime<Utc>| i64::from(at.year()) * 12 + i64::from(at.month());
    month(now) - month(created_at) <= 1
}

/// Notes an end that is past or beyond the kind's longest term, and a look back that looks ahead. Without a kind the longest term of
/// all holds.
pub fn check_times(
    kind: Option<BanKind>,
    expires_at: DateTime<Utc>,
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    violations: &mut Violations,
) {
    let longest = Duration::days(kind.unwrap_or(BanKind::Author).max_days());
    if expires_at <= now || expires_at > now + longest {
        violations.add("expires_at", Problem::OutOfRange);
    }
    if since.is_some_and(|since| since > now) {
        violations.add("since", Problem::OutOfRange);
    }
}

/// True for an author key as cases show it: 16 hex digits, in lower case only, so that one key has one spelling.
pub fn is_author_key(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn recent_months_are_consecutive_whatever_their_length() {
        for (now, months) in [
            ("2026-11-23T10:00:00Z", ["2026-11", "2026-10", "2026-09", "2026-08"]),
            ("2026-03-31T23:59:59Z", ["2026-03", "2026-02", "2026-01", "2025-12"]),
            ("2027-01-01T00:00:00Z", ["2027-01", "2026-12", "2026-11", "2026-10"]),
        ] {
            let found: Vec<_> = recent_months(at(now)).iter().map(|at| at.format("%Y-%m").to_string()).collect();
            assert_eq!(found, months);
        }
    }

    #[test]
    fn a_prefix_ban_never_outlives_the_hashes_that_are_looked_up() {
        let mut now = at("2026-01-01T12:00:00Z");
        while now < at("2028-02-01T00:00:00Z") {
            let comment = now - Duration::days(i64::from(now.day()));
            assert!(prefix_is_recent(comment, now));
            let last_day = now + Duration::days(BanKind::IpPrefix.max_days());
            let month = |at: &DateTime<Utc>| at.format("%Y-%m").to_string();
            assert!(recent_months(last_day).iter().any(|known| month(known) == month(&comment)), "{now}");
            now += Duration::days(1);
        }
        assert!(!prefix_is_recent(at("2026-09-30T00:00:00Z"), at("2026-11-01T00:00:00Z")));
    }

    #[test]
    fn blocking_wins_over_holding() {
        assert!(BanEffect::Block > BanEffect::Hold);
    }

    #[test]
    fn a_ban_ends_in_the_future_and_within_its_kinds_term() {
        let now = at("2026-11-23T10:00:00Z");
        let fields = |kind, days, since| {
            let mut violations = Violations::default();
            check_times(kind, now + Duration::days(days), since, now, &mut violations);
            violations.fields()
        };
        for (kind, longest) in
            [(Some(BanKind::IpPrefix), 30), (Some(BanKind::Device), 366), (Some(BanKind::Author), 366), (None, 366)]
        {
            for (days, expected) in [(0, 1), (1, 0), (longest, 0), (longest + 1, 1)] {
                assert_eq!(fields(kind, days, Some(now)).len(), expected, "{kind:?} for {days} days");
            }
        }
        assert_eq!(fields(None, 1, Some(now + Duration::seconds(1))), ["since"]);
    }

    #[test]
    fn an_author_key_has_one_spelling() {
        assert!(is_author_key("00112233aabbccdd"));
        for other in ["", "00112233AABBCCDD", "00112233aabbccd", "00112233aabbccdde", "00112233aabbccdg", "ểểểểểa"]
        {
            assert!(!is_author_key(other), "{other}");
        }
    }
}
