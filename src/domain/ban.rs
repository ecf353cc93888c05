//! Bans, which deny submits or hold them for a moderator.

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
    /// The kind of subject that a ban applies to.
    BanKind {
        Device = "DEVICE",
        /// A network: a /24 of IPv4 or a /64 of IPv6.
        IpPrefix = "IP_PREFIX",
        /// A text, identified by its fingerprint.
        Fingerprint = "FINGERPRINT",
        Author = "AUTHOR",
    }
}

impl BanKind {
    /// No ban is permanent, because no subject is a verified person. Bans of prefixes are shorter, because providers
    /// reassign them.
    pub const fn max_days(self) -> i64 {
        match self {
            Self::IpPrefix => 30,
            Self::Device | Self::Fingerprint | Self::Author => 366,
        }
    }
}

named_enum! {
    /// The effect of a ban. If two bans apply, the greater effect wins.
    BanEffect {
        /// Submits are held for a moderator.
        Hold = "HOLD",
        /// Submits are denied.
        Block = "BLOCK",
    }
}

/// The subject of a ban: a keyed hash, or the bytes of an author key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BanSubject {
    pub kind: BanKind,
    pub key: Vec<u8>,
}

/// A move of a ban to the ring's first key: from the hash of its subject under another key to the hash under the first
/// key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BanMove {
    pub from: BanSubject,
    pub to: BanSubject,
}

/// A ban, in force or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    pub id: Uuid,
    pub kind: BanKind,
    /// The author key of a [`BanKind::Author`] ban, otherwise empty. The store returns no hash with a ban.
    pub author: String,
    pub effect: BanEffect,
    pub reason: Reason,
    pub note: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// The comment that the ban was created from.
    pub comment: Option<CommentId>,
    /// The batch of comments that were rejected or removed together with the ban.
    pub batch: Option<Uuid>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// Empty unless the ban was revoked.
    pub revoked_by: String,
}

impl Ban {
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// Default age limit, in days, of the comments that are rejected or removed together with a ban.
pub const ALONG_DAYS: i64 = 30;

/// The subject's newest comments since a time, to be rejected or removed together with a ban.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Along {
    pub reject_pending: bool,
    pub remove_published: bool,
    pub since: DateTime<Utc>,
    /// Id of the batch. The ban's own audit entry belongs to it.
    pub batch: Uuid,
}

impl Along {
    /// Derives the id of the audit entry of the `nth` comment. The ids are ordered, and need no randomness.
    pub const fn entry_id(&self, nth: usize) -> Uuid {
        Uuid::from_u128(self.batch.as_u128() + 1 + nth as u128)
    }
}

/// A ban to create. Its audit entry has the ban's id.
#[derive(Debug, Clone)]
pub struct NewBan {
    pub site: SiteId,
    pub subject: BanSubject,
    /// The key that hashed the subject. `None` means that it is one of the keys that were recorded first.
    pub key: Option<KeyMark>,
    pub ban: Ban,
    pub along: Option<Along>,
    /// Idempotency record for replays. The store fills in its response.
    pub request: Option<RequestRow>,
}

/// The result of creating a ban.
#[derive(Debug, Clone, PartialEq)]
pub struct BanMade {
    pub ban: Ban,
    /// The comments that were rejected or removed with it.
    pub settled: Vec<Settled>,
    /// True when more comments matched than [`super::decision::MAX_ITEMS`].
    pub more: bool,
}

/// A request to revoke a ban.
#[derive(Debug, Clone)]
pub struct Revocation {
    pub site: SiteId,
    pub ban: Uuid,
    /// The audit entry to write. Its actor is the one who revokes the ban.
    pub entry: AuditEntry,
    /// Idempotency record for replays. The store fills in its response.
    pub request: Option<RequestRow>,
}

/// Number of months whose salts are tried when a prefix ban is looked up. The ban's hash has the salt of the comment's
/// month, which is the month of the ban or the one before. A ban of 30 days may end in the next month or, across
/// February, in the month after that.
pub const PREFIX_MONTHS: u32 = 4;

/// Lists one time in each of the last [`PREFIX_MONTHS`] months, `now` first. They select the salts that an address
/// may have been hashed with.
pub fn recent_months(now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut months = vec![now];
    for _ in 1..PREFIX_MONTHS {
        if let Some(month) = months.last().map(|at| *at - Duration::days(at.day().into())) {
            months.push(month);
        }
    }
    months
}

/// Checks whether a prefix ban that is created now from a comment of `created_at` matches until it expires: the
/// comment must be of this month or the last.
pub fn prefix_is_recent(created_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let month = |at: DateTime<Utc>| i64::from(at.year()) * 12 + i64::from(at.month());
    month(now) - month(created_at) <= 1
}

/// Adds violations for an end that is past or beyond the kind's longest ban, and for a `since` in the future. Without a
/// kind, the longest ban of all kinds is the limit.
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

/// Checks whether the text is an author key as cases show it: 16 hex digits in lower case, so that one key has one
/// spelling.
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
    fn recent_months_are_consecutive_for_any_length_of_month() {
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
    fn a_ban_must_end_in_the_future_and_within_its_kinds_maximum() {
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
