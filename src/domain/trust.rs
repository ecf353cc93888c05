//! How much a reader has to do before a comment is taken, by how they behaved. It never says that a comment is published: policy
//! and text rules judge every comment alike.

use chrono::{DateTime, Duration, Utc};

use super::{challenge::ChallengeKind, challenge_level::Level};

/// How far back a device's record goes, in days: as far as pseudonyms of addresses and bans.
pub const RECORD_DAYS: i64 = 30;

/// How long a high spam score is held against a device, in hours: until moderators have seen the comment.
pub const SUSPICION_HOURS: i64 = 24;

/// So many comments approved and none rejected make a device trusted (Boards with trust levels ask for as many).
const TRUSTED_APPROVALS: i64 = 5;

/// What became of a device's comments within [`RECORD_DAYS`], over the newest 100.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Record {
    /// Public comments that a person approved, each by a decision on it alone.
    pub approved: i64,
    /// Rejected, removed or spam, but not expired.
    pub rejected: i64,
    /// Highest spam score within [`SUSPICION_HOURS`] of what no person approved.
    pub worst_score: f64,
}

impl Record {
    /// From when on comments count.
    pub fn since(now: DateTime<Utc>) -> DateTime<Utc> {
        now - Duration::days(RECORD_DAYS)
    }

    /// From when on a high score counts.
    pub fn suspected_since(now: DateTime<Utc>) -> DateTime<Utc> {
        now - Duration::hours(SUSPICION_HOURS)
    }

    /// Moderators approved more of it than they rejected. A device that is known answers for itself alone: its prefix, which it may
    /// share with a whole carrier, is not counted. Only a person's decision makes it so, so bots cannot.
    pub const fn is_known(&self) -> bool {
        self.approved > self.rejected
    }

    const fn is_trusted(&self) -> bool {
        self.approved >= TRUSTED_APPROVALS && self.rejected == 0
    }
}

/// What speaks for and against a reader who asks for a challenge.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Signs {
    pub record: Record,
    /// Spam score from which a comment counts as suspected.
    pub suspected_from: f64,
    /// Less than half of some quota is left: of challenges, or of wrong answers.
    pub pressed: bool,
    /// The site is under attack: everybody is taken for one worse.
    pub alarm: bool,
}

named_enum! {
    /// What a reader is to be taken for.
    TrustLevel {
        /// Comments of this device were approved, and none rejected.
        Trusted = "TRUSTED",
        /// Nothing is known, or nothing that matters.
        Ordinary = "ORDINARY",
        /// Wrong answers, many tries, rejected comments or a high spam score.
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

    /// What this reader is asked for: the first of these that the portal accepts. A proof of work comes first, because people do
    /// not notice it; whoever is suspect gets an image on top, or a harder one.
    const fn wishes(self) -> &'static [(ChallengeKind, Level)] {
        use ChallengeKind::{AltchaPow, AltchaPowWithImage, Image, NoneNeeded};
        use Level::{Hard, Light, Normal};
        match self {
            Self::Trusted => &[(NoneNeeded, Light), (AltchaPow, Light), (Image, Normal), (AltchaPowWithImage, Light)],
            Self::Ordinary => &[(AltchaPow, Normal), (Image, Normal), (AltchaPowWithImage, Normal)],
            Self::Suspect => &[(AltchaPowWithImage, Hard), (Image, Hard), (AltchaPow, Hard)],
        }
    }

    /// The challenge for a reader of this trust, where the portal accepts `kinds`. One that accepts nothing but
    /// [`ChallengeKind::NoneNeeded`] cannot ask a stranger for anything: then it is an image.
    pub fn challenge(self, kinds: &[ChallengeKind]) -> (ChallengeKind, Level) {
        let wish = self.wishes().iter().copied().find(|(kind, _)| kinds.contains(kind));
        let image = self.wishes().iter().copied().find(|(kind, _)| *kind == ChallengeKind::Image);
        wish.or(image).unwrap_or((ChallengeKind::Image, Level::Normal))
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
    fn five_approved_and_none_rejected_are_trust() {
        assert_eq!(TrustLevel::of(&record(5, 0)), TrustLevel::Trusted);
        for (approved, rejected) in [(0, 0), (4, 0), (50, 1), (2, 2)] {
            assert_eq!(TrustLevel::of(&record(approved, rejected)), TrustLevel::Ordinary, "{approved} {rejected}");
        }
        assert_eq!(TrustLevel::of(&record(2, 3)), TrustLevel::Suspect);
    }

    #[test]
    fn pressure_and_spam_make_a_suspect_of_anybody() {
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
    fn an_alarm_takes_everybody_for_one_worse() {
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
    fn work_comes_before_images_and_suspects_get_both() {
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
    fn nobody_gets_off_without_the_trust_for_it() {
        for trust in [TrustLevel::Ordinary, TrustLevel::Suspect] {
            for kinds in [&[NoneNeeded][..], &[]] {
                assert_eq!(trust.challenge(kinds).0, Image);
            }
        }
    }
}
