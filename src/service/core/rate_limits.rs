//! The limits and subjects that each kind of call is charged to.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        Error, Result,
        id::{ArticleId, SiteId},
        pseudonym::Pseudonym,
        rate_limit::{Allowance, Charge, ChargeWeight, LimitName, Quotas},
        submission::Sender,
    },
    keyring::{Keyring, PseudonymSubject},
    limiter::Limiter,
};

/// A call that is limited. Before a captcha is checked, the reader's limits are only looked at. An answer that may be
/// wrong is not charged, and without a right answer, no reader can use up an article's quota.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) enum LimitedCall<'a> {
    /// A look at the limits of submits and wrong answers.
    BeforeSubmit,
    Submit(&'a ArticleId),
    /// A look at the limits of challenges and wrong answers.
    BeforeVerify,
    Challenge(&'a ArticleId),
    /// A wrong, expired or forged answer to a challenge.
    Failure,
    /// A look at the limits of reports.
    BeforeReport,
    /// A report of a comment on an article, or `None` when the comment does not exist.
    Report(Option<&'a ArticleId>),
}

/// The reader whose calls are limited.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct LimitedReader<'a> {
    pub(in crate::service) site: &'a SiteId,
    pub(in crate::service) sender: &'a Sender,
    /// Pseudonyms of the /56 and the /48 around an IPv6 address.
    pub(in crate::service) wider: Option<[Pseudonym; 2]>,
    /// Whether the device is known by its record: see [`is_known`](crate::domain::trust::Record::is_known).
    pub(in crate::service) known: bool,
    pub(in crate::service) now: DateTime<Utc>,
}

impl LimitedReader<'_> {
    fn is_known_device(&self) -> bool {
        self.known && self.sender.device.is_some()
    }
}

/// The limits of one kind of event for one reader: of the device, and of the prefixes from narrow to wide.
struct PerPerson {
    device: LimitName,
    prefixes: [LimitName; 3],
}

const SUBMITS: PerPerson = PerPerson {
    device: LimitName::SubmitsPerDevice,
    prefixes: [LimitName::SubmitsPerPrefix, LimitName::SubmitsPerPrefix56, LimitName::SubmitsPerPrefix48],
};
const CHALLENGES: PerPerson = PerPerson {
    device: LimitName::ChallengesPerDevice,
    prefixes: [LimitName::ChallengesPerPrefix, LimitName::ChallengesPerPrefix56, LimitName::ChallengesPerPrefix48],
};
const FAILURES: PerPerson = PerPerson {
    device: LimitName::FailuresPerDevice,
    prefixes: [LimitName::FailuresPerPrefix, LimitName::FailuresPerPrefix56, LimitName::FailuresPerPrefix48],
};
const REPORTS: PerPerson = PerPerson {
    device: LimitName::ReportsPerDevice,
    prefixes: [LimitName::ReportsPerPrefix, LimitName::ReportsPerPrefix56, LimitName::ReportsPerPrefix48],
};

/// The limits of this replica, local or shared through Redis.
pub(in crate::service) struct RateLimits {
    limiter: Limiter,
    keyring: Arc<Keyring>,
}

impl RateLimits {
    pub(in crate::service) const fn new(limiter: Limiter, keyring: Arc<Keyring>) -> Self {
        Self { limiter, keyring }
    }

    /// Replaces the quotas. Limits whose quota is unchanged keep their counts.
    pub(in crate::service) fn set_quotas(&self, quotas: Quotas) {
        self.limiter.set_quotas(quotas);
    }

    /// Checks whether the shared limits are unavailable, so that this replica counts by itself.
    pub(in crate::service) fn is_degraded(&self) -> bool {
        self.limiter.is_degraded()
    }

    /// Charges `event` to the reader's limits and, if it names an article, to those of the article and the site. It is
    /// charged to all of them or to none. Returns whether less than half of one of the reader's quotas is left.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; nothing is charged then.
    pub(in crate::service) async fn check(&self, event: LimitedCall<'_>, reader: LimitedReader<'_>) -> Result<bool> {
        match self.limiter.check(&self.charges(event, reader)).await {
            Allowance::Allowed { pressed } => Ok(pressed),
            Allowance::Denied { limit, retry_after } => Err(Error::RateLimited { limit, retry_after }),
        }
    }

    /// Charges `event` for a right answer that was checked without a look. If a limit denies it, a reader whom `look`
    /// denies too gets the denial of the look, as for a wrong answer. Otherwise a reader beyond their limits could
    /// learn from the limit that is named whether an answer is right, without spending the challenge.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; nothing is charged then.
    pub(in crate::service) async fn check_right_answer(
        &self,
        event: LimitedCall<'_>,
        look: LimitedCall<'_>,
        reader: LimitedReader<'_>,
    ) -> Result<()> {
        let Err(denied) = self.check(event, reader).await else { return Ok(()) };
        self.check(look, reader).await?;
        Err(denied)
    }

    fn charges(&self, event: LimitedCall<'_>, reader: LimitedReader<'_>) -> Vec<Charge> {
        use LimitName as Name;
        let (look, one) = (ChargeWeight::Look, ChargeWeight::One);
        // Every report costs a moderator's time, so known devices have the same limits as others.
        let as_unknown = LimitedReader { known: false, ..reader };
        match event {
            LimitedCall::BeforeSubmit => [person(reader, look, &SUBMITS), person(reader, look, &FAILURES)].concat(),
            LimitedCall::Submit(article) => {
                let place = self.place(reader, article, Name::SubmitsPerArticle, Name::SubmitsPerSite);
                // These charges cover all limits of `BeforeSubmit`, so a right answer can be charged without a look.
                [&person(reader, one, &SUBMITS)[..], &person(reader, look, &FAILURES), &place].concat()
            }
            LimitedCall::BeforeVerify => [person(reader, look, &CHALLENGES), person(reader, look, &FAILURES)].concat(),
            LimitedCall::Challenge(article) => {
                let place = self.place(reader, article, Name::ChallengesPerArticle, Name::ChallengesPerSite);
                // A reader who keeps answering wrongly gets harder challenges, and finally none. These charges cover
                // all limits of `BeforeVerify`.
                [&person(reader, one, &CHALLENGES)[..], &person(reader, look, &FAILURES), &place].concat()
            }
            LimitedCall::Failure => person(reader, one, &FAILURES),
            LimitedCall::BeforeReport => person(as_unknown, look, &REPORTS),
            LimitedCall::Report(None) => person(as_unknown, one, &REPORTS),
            LimitedCall::Report(Some(article)) => {
                let place = self.place(reader, article, Name::ReportsPerArticle, Name::ReportsPerSite);
                [&person(as_unknown, one, &REPORTS)[..], &place].concat()
            }
        }
    }

    /// Only known devices may use the reserve.
    fn place(
        &self,
        reader: LimitedReader<'_>,
        article: &ArticleId,
        per_article: LimitName,
        per_site: LimitName,
    ) -> [Charge; 2] {
        // The id is hashed, because it may contain any character, and braces have a meaning in Redis keys.
        let hash = self.keyring.pseudonym(reader.site, PseudonymSubject::Fingerprint, article.as_str().as_bytes());
        let weight = if reader.is_known_device() { ChargeWeight::One } else { ChargeWeight::OneBesideReserve };
        let charge = |limit, subject| Charge { limit, subject: subject_of(reader.site, subject), weight };
        [charge(per_article, hash), charge(per_site, [0; 16])]
    }
}

/// A known device is charged only to its own limit, so that other readers behind its address do not affect it. A new
/// device is also charged to its prefixes, because a bot could use a new device for each attempt. Readers without a
/// device have separate counts per prefix, so that bots that keep no cookie use up only each other's quota. IPv6
/// prefixes are nested, and each has its own quota.
fn person(reader: LimitedReader<'_>, weight: ChargeWeight, limits: &PerPerson) -> Vec<Charge> {
    let LimitedReader { site, sender, wider, .. } = reader;
    let own = sender.device.map(|device| (limits.device, subject_of(site, device)));
    let crowd = if sender.device.is_some() { ":device" } else { "" };
    let prefixes = sender.prefix.into_iter().chain(wider.into_iter().flatten());
    let prefixes = limits.prefixes.iter().zip(prefixes).filter(|_| !reader.is_known_device());
    let prefixes = prefixes.map(|(limit, prefix)| (*limit, subject_in(site, prefix, crowd)));
    own.into_iter().chain(prefixes).map(|(limit, subject)| Charge { limit, subject, weight }).collect()
}

fn subject_of(site: &SiteId, subject: Pseudonym) -> String {
    subject_in(site, subject, "")
}

/// Formats the subject of a limit's key. The suffix `crowd` separates the counts of readers with and without a device.
fn subject_in(site: &SiteId, subject: Pseudonym, crowd: &str) -> String {
    let mut digits = [0; 32];
    // Two digits for each byte always fit.
    let _ = hex::encode_to_slice(subject, &mut digits);
    [site.as_str(), "/", str::from_utf8(&digits).unwrap_or_default(), crowd].concat()
}
