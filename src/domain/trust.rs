//! Trust levels, which decide the challenge that a reader gets. They never decide whether a comment is published:
//! policy and text rules apply to every comment in the same way.

use chrono::{DateTime, Duration, Utc};

use super::{challenge::ChallengeKind, challenge_level::Level};

/// Period of a device's record, in days. It equals the longest ban of an address prefix.
pub const RECORD_DAYS: i64 = 30;

/// Time in which a high spam score lowers a device's trust level, in hours. Moderators review the comment in that time.
pub const SUSPICION_HOURS: i64 = 24;

/// Number of approved comments, with none rejected, that make a device trusted. Forums with trust levels use similar
/// numbers.
const TRUSTED_APPROVALS: i64 = 5;

/// Results of a device's newest 100 comments within [`RECORD_DAYS`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Record {
    /// Number of public comments that a person approved, each by a decision on it alone.
    pub approved: i64,
    /// Number of comments that are rejected, removed or spam. Expired ones do not count.
    pub rejected: i64,
    /// Highest spam score within [`SUSPICION_HOURS`] among comments that no person approved.
    pub worst_score: f64,
}

impl Record {
    /// Returns the time from which comments count.
    pub fn since(now: DateTime<Utc>) -> DateTime<Utc> {
        now - Duration::days(RECORD_DAYS)
    }

    /// Returns the time from which a high spam score counts.
    pub fn suspected_since(now: DateTime<Utc>) -> DateTime<Utc> {
        now - Duration::hours(SUSPICION_HOURS)
    }

    /// Checks whether moderators approved more of the device's comments than they rejected. Only the device's own
    /// limits apply to a known device, not those of its prefix, which it may share with a whole carrier. Only a
    /// person's decision makes a device known, so bots cannot.
    pub const fn is_known(&self) -> bool {
        self.approved > self.rejected
    }

    const fn is_trusted(&self) -> bool {
        self.approved >= TRUSTED_APPROVALS && self.rejected == 0
    }
}

/// The facts that a reader's trust level depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Signs {
    pub record: Record,
    /// Spam score from which a comment is suspect.
    pub suspected_from: f64,
    /// True when less than half of the quota of challenges or of wrong answers is left.
    pub pressed: bool,
    /// True when the site is under attack, which lowers every reader's level by one.
    pub alarm: bool,
}

named_enum! {
    /// The trust level of a reader.
    TrustLevel {
        /// Enough comments of this device were approved, and none was rejected.
        Trusted = "TRUSTED",
        /// Not enough is known for another level.
        Ordinary = "ORDINARY",
        /// Wrong answers, many attempts, rejected comments or a high spam score.
        Suspect = "SUSPECT",
    }
}

impl TrustLevel {
    pub fn of(signs: &Signs) -> Self {
        let Record { approved, rejected, worst_score } = signs.record;
        let suspect = signs.pressed || rejected > approved || worst_score >= signs.suspected_from;
        match (suspect, signs.record.is_trusted(), signs.alarm) {
            (true, ..) | (_, false, true) => Self::Suspect,
            (_, true, false) => Self::Trusted,
            _ => Self::Ordinary,
        }
    }

    /// Lists the challenges for this level in order of preference. A proof of work comes first, because people do not
    /// notice it. A suspect reader gets an image in addition, or a harder one.
    const fn preferences(self) -> &'static [(ChallengeKind, Level)] {
        use ChallengeKind::{AltchaPow, AltchaPowWithImage, Image, NoneNeeded};
        use Level::{Hard, Light, Normal};
        match self {
            Self::Trusted => &[(NoneNeeded, Light), (AltchaPow, Light), (Image, Normal), (AltchaPowWithImage, Light)],
            Self::Ordinary => &[(AltchaPow, Normal), (Image, Normal), (AltchaPowWithImage, Normal)],
            Self::Suspect => &[(AltchaPowWithImage, Hard), (Image, Hard), (AltchaPow, Hard)],
        }
    }

    /// Selects the first preferred challenge among the `kinds` that the portal accepts. If the portal accepts none of
    /// them, the reader gets an image: [`ChallengeKind::NoneNeeded`] alone must not let an unknown reader pass.
    pub fn challenge(self, kinds: &[ChallengeKind]) -> (ChallengeKind, Level) {
        let preferred = self.preferences().iter().copied().find(|(kind, _)| kinds.contains(kind));
        let image = self.preferences().iter().copied().find(|(kind, _)| *kind == ChallengeKind::Image);
        preferred.or(image).unwrap_or((ChallengeKind::Image, Level::Normal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChallengeKind::{AltchaPow, AltchaPowWithImage, Image, NoneNeeded};

    fn record(approved: i64, rejected: i64) -> Signs {
        let record = Record { approved, rejected, worst_score: 0.0 };
        Signs { record, suspected_from: 0.9, ..Signs::default() }
    }

    #[test]
    fn five_approved_and_none_rejected_make_a_trusted_reader() {
        assert_eq!(TrustLevel::of(&record(5, 0)), TrustLevel::Trusted);
        for (approved, rejected) in [(0, 0), (4, 0), (50, 1), (2, 2)] {
            assert_eq!(TrustLevel::of(&record(approved, rejected)), TrustLevel::Ordinary, "{approved} {rejected}");
        }
        assert_eq!(TrustLevel::of(&record(2, 3)), TrustLevel::Suspect);
    }

    #[test]
    fn low_quota_and_spam_make_any_reader_suspect() {
        for signs in [
            Signs { pressed: true, ..record(9, 0) },
            Signs { record: Record { worst_score: 0.9, ..record(9, 0).record }, ..record(9, 0) },
        ] {
            assert_eq!(TrustLevel::of(&signs), TrustLevel::Suspect);
        }
        let below = Record { worst_score: 0.89, ..record(9, 0).record };
        assert_eq!(TrustLevel::of(&Signs { record: below, ..record(9, 0) }), TrustLevel::Trusted);
    }

    #[test]
    fn an_alarm_lowers_every_level_by_one() {
        assert_eq!(TrustLevel::of(&Signs { alarm: true, ..record(9, 0) }), TrustLevel::Ordinary);
        assert_eq!(TrustLevel::of(&Signs { alarm: true, ..record(0, 0) }), TrustLevel::Suspect);
        assert_eq!(TrustLevel::of(&Signs { alarm: true, ..record(0, 9) }), TrustLevel::Suspect);
    }

    #[test]
    fn only_approval_makes_a_device_known() {
        assert!(record(1, 0).record.is_known() && record(5, 4).record.is_known());
        assert!(!record(0, 0).record.is_known() && !record(4, 4).record.is_known());
    }

    #[test]
    fn proof_of_work_comes_before_images_and_suspects_get_both() {
        let all = [Image, AltchaPow, AltchaPowWithImage, NoneNeeded];
        assert_eq!(TrustLevel::Trusted.challenge(&all), (NoneNeeded, Level::Light));
        assert_eq!(TrustLevel::Ordinary.challenge(&all), (AltchaPow, Level::Normal));
        assert_eq!(TrustLevel::Suspect.challenge(&all), (AltchaPowWithImage, Level::Hard));
        let without_widget = [Image, NoneNeeded];
        assert_eq!(TrustLevel::Ordinary.challenge(&without_widget), (Image, Level::Normal));
        assert_eq!(TrustLevel::Suspect.challenge(&without_widget), (Image, Level::Hard));
        assert_eq!(TrustLevel::Trusted.challenge(&[AltchaPow, Image]), (AltchaPow, Level::Light));
        assert_eq!(TrustLevel::Suspect.challenge(&[AltchaPow]), (AltchaPow, Level::Hard));
        assert_eq!(TrustLevel::Ordinary.challenge(&[AltchaPowWithImage]), (AltchaPowWithImage, Level::Normal));
    }

    #[test]
    fn only_trusted_readers_may_skip_the_challenge() {
        for trust in [TrustLevel::Ordinary, TrustLevel::Suspect] {
            for kinds in [&[NoneNeeded][..], &[]] {
                assert_eq!(trust.challenge(kinds).0, Image);
            }
        }
    }
}
